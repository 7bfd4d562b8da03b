"""What the API says of webhooks, and what it takes. Secrets are said by the answer that makes them, and by no other."""

from typing import Any

from rest_framework import serializers

from apps.core.formats import LONGEST, cut
from apps.core.strict import Strict
from apps.webhooks.endpoints import MOST_HOURS
from apps.webhooks.kinds import Kind
from apps.webhooks.models import LONGEST_NAME, LONGEST_URL, Attempt, Delivery, Endpoint, Inbox, Received

SECRET = "Shown this once: `whsec_…`, as Standard Webhooks has it."  # noqa: S105


class EndpointOutput(serializers.ModelSerializer):
    venue = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    jam = serializers.SlugRelatedField("slug", read_only=True, allow_null=True)  # type: ignore[var-annotated]
    types = serializers.ListField(child=serializers.ChoiceField(Kind.choices))

    class Meta:
        model = Endpoint
        fields: tuple[str, ...] = (
            "id", "name", "venue", "jam", "url", "types", "enabled", "disabled_reason", "failing_since",
            "old_secret_until", "created_at",
        )  # fmt: skip


class NewEndpoint(EndpointOutput):
    secret = serializers.CharField(help_text=SECRET)

    class Meta(EndpointOutput.Meta):
        fields = (*EndpointOutput.Meta.fields, "secret")


class EndpointFields(Strict):
    name = serializers.CharField(required=False, max_length=LONGEST_NAME, help_text="Else the host of its address.")
    url = serializers.CharField(max_length=LONGEST_URL, help_text="Public, and https.")
    types = serializers.ListField(child=serializers.ChoiceField(Kind.choices), allow_empty=False)


class EndpointInput(EndpointFields):
    venue = serializers.SlugField(required=False, help_text="Of all its jams. One of venue and jam.")
    jam = serializers.SlugField(required=False, max_length=90)


class EndpointChange(EndpointFields):
    enabled = serializers.BooleanField(required=False)


class EndpointQuery(serializers.Serializer):
    venue = serializers.CharField(required=False, help_text="Slug: those of a venue.")
    jam = serializers.CharField(required=False, help_text="Slug: those of a jam.")


class RotationInput(Strict):
    hours = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_HOURS, help_text="That the old secret holds on."
    )


class NewSecret(serializers.Serializer):
    secret = serializers.CharField(help_text=SECRET)
    old_secret_until = serializers.DateTimeField(allow_null=True)


class AttemptOutput(serializers.ModelSerializer):
    class Meta:
        model = Attempt
        fields: tuple[str, ...] = ("at", "status", "ms", "error")


class TestOutput(AttemptOutput):
    answer = serializers.CharField(allow_blank=True, help_text="The beginning of what came back.")

    class Meta(AttemptOutput.Meta):
        fields = (*AttemptOutput.Meta.fields, "answer")


class DeliveryOutput(serializers.ModelSerializer):
    """`answer` is of the last attempt; of `attempts` the last ten are shown, the last first."""

    event = serializers.CharField(source="event.key")
    type = serializers.CharField(source="event.type")
    jam = serializers.SerializerMethodField()
    attempts = AttemptOutput(many=True, source="last_attempts")
    answer = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = ("id", "event", "type", "jam", "revision", "state", "tries", "created_at", "ended_at", "attempts",
                  "answer")  # fmt: skip

    def get_jam(self, delivery: Delivery) -> str | None:
        return delivery.event.jam.slug if delivery.event.jam else None

    def get_answer(self, delivery: Any) -> str:
        return cut(delivery.last_attempts[0].answer, LONGEST) if delivery.last_attempts else ""


class SentAgain(serializers.ModelSerializer):
    event = serializers.CharField(source="event.key")

    class Meta:
        model = Delivery
        fields = ("id", "event", "state", "tries")


class InboxOutput(serializers.ModelSerializer):
    venue = serializers.SlugRelatedField("slug", read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Inbox
        fields: tuple[str, ...] = ("id", "name", "venue", "url", "enabled", "old_secret_until", "created_at")


class NewInbox(InboxOutput):
    secret = serializers.CharField(help_text=SECRET)

    class Meta(InboxOutput.Meta):
        fields = (*InboxOutput.Meta.fields, "secret")


class InboxInput(Strict):
    venue = serializers.SlugField()
    name = serializers.CharField(max_length=LONGEST_NAME, help_text="What it is for.")


class InboxChange(Strict):
    name = serializers.CharField(required=False, max_length=LONGEST_NAME)
    enabled = serializers.BooleanField(required=False)


class InboxQuery(serializers.Serializer):
    venue = serializers.CharField(required=False, help_text="Slug: those of a venue.")


class ReceivedOutput(serializers.ModelSerializer):
    result = serializers.DictField(help_text="What came of it: ids of songs and sign-ups.")

    class Meta:
        model = Received
        fields = ("id", "event", "type", "happened_at", "state", "code", "reason", "result", "received_at", "ended_at")
