from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.strict import Strict
from apps.core.times import DAYS_BETWEEN
from apps.reports.models import Report
from apps.tasks.models import Task

ABOUT = r"^(jam|venue):[-\w]{1,90}$|^host:(me|\d{1,18})$"


class PeriodQuery(serializers.Serializer):
    since = serializers.DateField(
        required=False, validators=DAYS_BETWEEN, help_text="The first day, by the venue's clock."
    )
    until = serializers.DateField(required=False, validators=DAYS_BETWEEN, help_text="The last day; it counts.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return in_order(attrs)


class ReportInput(Strict):
    about = serializers.RegexField(
        ABOUT, help_text="`jam:{slug}`, `venue:{slug}`, `host:me`; staff also `host:{id}`.", max_length=100
    )
    since = serializers.DateField(required=False, allow_null=True, validators=DAYS_BETWEEN)
    until = serializers.DateField(required=False, allow_null=True, validators=DAYS_BETWEEN)
    format = serializers.ChoiceField(Report.Format.choices, default=Report.Format.CSV)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return in_order(attrs)


def in_order(attrs: dict[str, Any]) -> dict[str, Any]:
    if attrs.get("since") and attrs.get("until") and attrs["since"] > attrs["until"]:
        raise serializers.ValidationError({"until": _("This is before the first day.")})
    return attrs


class ReportState(serializers.Serializer):
    """A report that is made in the background."""

    id = serializers.IntegerField()
    about = serializers.CharField()
    name = serializers.CharField()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    format = serializers.ChoiceField(Report.Format.choices)
    state = serializers.ChoiceField(Task.State.choices)
    percent = serializers.IntegerField()
    file = serializers.SerializerMethodField(help_text="Where it is, once it is made; null before.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    def get_file(self, report: Report) -> str | None:
        return f"/reports/{report.pk}/file" if report.file else None


# The report itself ------------------------------------------------------------------------------------


class About(serializers.Serializer):
    kind = serializers.ChoiceField(["jam", "venue", "host"])
    slug = serializers.CharField(allow_blank=True, help_text="Of a jam or venue.")
    name = serializers.CharField()
    time_zone = serializers.CharField()


class Before(serializers.Serializer):
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    nights = serializers.IntegerField()


class Figure(serializers.Serializer):
    value = serializers.IntegerField()
    before = serializers.IntegerField(
        allow_null=True,
        help_text="Of the nights before: of one night on average, of days together. null: there are none.",
    )


class Figures(serializers.Serializer):
    nights = Figure()
    people = Figure(help_text="Who joined; one who came to two nights counts twice.")
    per_night = Figure(help_text="People, on average.")
    voters = Figure(help_text="Of the people, who voted for something.")
    votes = Figure(help_text="For what the room saw.")
    performances = Figure()
    performers = Figure(help_text="Night by night.")
    seconds = Figure(help_text="Played altogether.")


class VotesAt(serializers.Serializer):
    at = serializers.CharField(help_text="The quarter of an hour that begins then, by the venue's clock.")
    votes = serializers.IntegerField(help_text="Of all nights and songs together.")


class NightOutput(serializers.Serializer):
    jam = serializers.CharField()
    name = serializers.CharField()
    venue = serializers.CharField(allow_blank=True, help_text="In a host's report.")
    starts_at = serializers.DateTimeField()
    people = serializers.IntegerField()
    voters = serializers.IntegerField()
    votes = serializers.IntegerField()
    songs = serializers.IntegerField(help_text="That the room saw.")
    performances = serializers.IntegerField()
    performers = serializers.IntegerField()
    seconds = serializers.IntegerField()


class SongRow(serializers.Serializer):
    song = serializers.IntegerField(help_text="Of the library.")
    title = serializers.CharField()
    artist = serializers.CharField()
    votes = serializers.IntegerField(help_text="Of all nights; where it was played most, when it was.")
    nights = serializers.IntegerField(help_text="On which somebody wanted it.")
    played = serializers.IntegerField(help_text="Times.")


class Minutes(serializers.Serializer):
    since = serializers.IntegerField()
    below = serializers.IntegerField(allow_null=True)
    number = serializers.IntegerField()


class Waits(serializers.Serializer):
    number = serializers.IntegerField()
    median = serializers.IntegerField(allow_null=True, help_text="Minutes.")
    longest = serializers.IntegerField(allow_null=True, help_text="Minutes.")
    minutes = Minutes(many=True)


class Waiting(serializers.Serializer):
    songs = Waits(help_text="From when it came in until it was played.")
    performers = Waits(help_text="From a sign-up until its song was played.")
    in_vain = serializers.IntegerField(help_text="People who signed up and did not play that night.")


class InstrumentRow(serializers.Serializer):
    instrument = serializers.CharField()
    people = serializers.IntegerField()
    times = serializers.IntegerField()


class PerformerRow(serializers.Serializer):
    name = serializers.CharField()
    jam = serializers.CharField()
    night = serializers.DateField()
    instruments = serializers.ListField(child=serializers.CharField())
    songs = serializers.IntegerField()
    seconds = serializers.IntegerField()


class ReportOutput(serializers.Serializer):
    about = About()
    since = serializers.DateField(allow_null=True)
    until = serializers.DateField(allow_null=True)
    before = Before(allow_null=True, help_text="What it is compared with.")
    made_at = serializers.DateTimeField()
    figures = Figures()
    songs_played = serializers.IntegerField(help_text="Different ones.")
    votes_early = serializers.IntegerField(help_text="More than an hour before the start; not in votes_over_time.")
    votes_over_time = VotesAt(many=True)
    nights = NightOutput(many=True, help_text="The last first.")
    more_nights = serializers.IntegerField(help_text="That are counted and not listed here.")
    most_wanted = SongRow(many=True)
    most_played = SongRow(many=True)
    never_played = SongRow(many=True, help_text="Wanted, and played on none of these nights.")
    waiting = Waiting()
    instruments = InstrumentRow(many=True)
    performers = PerformerRow(many=True, help_text="Who played most, each on one night, while names are kept.")
