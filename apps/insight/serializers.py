"""What the API says of capacity: capacity/, as it is."""

from rest_framework import serializers


class ResourceOutput(serializers.Serializer):
    """Rates are requests a second, `demand` is seconds a request, the others are shares of 1."""

    name = serializers.CharField(help_text="A kind of process (web, live, worker), processor, memory or pool.")
    now = serializers.FloatField(help_text="In use in the last minute.")
    background = serializers.FloatField(help_text="Of this, what is not for requests.")
    demand = serializers.FloatField()
    full_at = serializers.FloatField(allow_null=True, help_text="At this rate nothing is left; null: at none.")
    limit = serializers.FloatField(help_text="More should not be in use.")
    limit_at = serializers.FloatField(allow_null=True)
    voters = serializers.IntegerField(allow_null=True, help_text="So many make that rate.")


class MonthsOutput(serializers.Serializer):
    soonest = serializers.FloatField()
    expected = serializers.FloatField()
    latest = serializers.FloatField()


class InstancesOutput(serializers.Serializer):
    """Of a type of process, for the busiest load of these hours with headroom."""

    kind = serializers.CharField()
    now = serializers.IntegerField()
    wanted = serializers.IntegerField()
    enough = serializers.BooleanField(help_text="No more are wanted than there may be.")


class RoomOutput(serializers.Serializer):
    used = serializers.FloatField(help_text="Bytes, or bytes a second.")
    size = serializers.FloatField()
    wanted = serializers.FloatField(help_text="With headroom.")
    months = serializers.FloatField(allow_null=True, help_text="Until it is full; null: that is not foreseen.")


class GrowthOutput(serializers.Serializer):
    months = MonthsOutput(allow_null=True, help_text="Until the first limit; 0: it is reached.")
    instances = InstancesOutput(many=True)
    storage = RoomOutput()
    network = RoomOutput(allow_null=True)


class CapacityOutput(serializers.Serializer):
    """All null or empty where nobody has asked for anything in these hours."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    voters = serializers.IntegerField(allow_null=True, help_text="So many fit; null where no sockets were open.")
    first_limit = serializers.CharField(allow_null=True, help_text="The resource that reaches its limit first.")
    peak = serializers.FloatField(allow_null=True, help_text="The most requests a second of any minute.")
    rate_of_a_voter = serializers.FloatField(allow_null=True, help_text="Requests a second.")
    resources = ResourceOutput(many=True, help_text="The first to reach its limit first.")
    plan = GrowthOutput(allow_null=True)
