"""What the API says of what is promised."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.insight.models import Alert


class SlaQuery(serializers.Serializer):
    month = serializers.RegexField(
        r"^20[0-9]{2}-(0[1-9]|1[0-2])$", required=False, help_text="Like 2026-11; the one that runs, unless it is said."
    )
    night = serializers.SlugField(required=False, max_length=90, help_text="A jam's slug.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if {"month", "night"} <= attrs.keys():
            raise serializers.ValidationError({"night": _("Ask for a month or for a night.")})
        return attrs


def month_of(attrs: dict[str, Any]) -> date:
    return date.fromisoformat(f"{attrs['month']}-01") if "month" in attrs else timezone.now().date()


class ClassOutput(serializers.Serializer):
    """A class of endpoints: seconds, and shares of 1."""

    name = serializers.CharField()
    requests = serializers.IntegerField()
    failed = serializers.IntegerField()
    p50 = serializers.FloatField()
    p95 = serializers.FloatField()
    p99 = serializers.FloatField()
    target_p95 = serializers.FloatField()
    target_p99 = serializers.FloatField()
    within_target = serializers.FloatField(help_text="The share of requests that took no longer than target_p95.")
    met = serializers.BooleanField()


class LiveOutput(serializers.Serializer):
    changes = serializers.IntegerField()
    p95 = serializers.FloatField(help_text="Seconds from the commit of a change to the frame that tells the room.")


class IncidentOutput(serializers.Serializer):
    name = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(Alert.Severity.choices)
    raised_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class FiguresOutput(serializers.Serializer):
    promised = serializers.FloatField()
    availability = serializers.FloatField(allow_null=True, help_text="Null where nothing was asked for.")
    met = serializers.BooleanField()
    requests = serializers.IntegerField()
    failed = serializers.IntegerField()
    budget_used = serializers.FloatField(allow_null=True, help_text="1: as many requests failed as may.")
    minutes = serializers.IntegerField(help_text="In which anything was asked for.")
    bad_minutes = serializers.IntegerField(help_text="In which it was not as promised.")
    alerts = serializers.IntegerField()
    p95 = serializers.DictField(child=serializers.FloatField())


class BeforeOutput(FiguresOutput):
    name = serializers.CharField()


class SlaOutput(FiguresOutput):
    kind = serializers.ChoiceField(["month", "night"])
    name = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    classes = ClassOutput(many=True)
    live = LiveOutput(allow_null=True)
    incidents = IncidentOutput(many=True)
    before = BeforeOutput(allow_null=True, help_text="The month before; of a night null.")
