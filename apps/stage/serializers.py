from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.catalog.music import MAX_INSTRUMENT
from apps.core.strict import Strict
from apps.core.times import DAYS_BETWEEN
from apps.jams.models import JamSong
from apps.jams.serializers import ShortText
from apps.stage.models import SignUp
from apps.stage.planning.algorithms import ALGORITHMS
from apps.stage.setlist import DEFAULT, MOST_QUEUED

ID: dict[str, Any] = {"min_value": 1, "max_value": 2**63 - 1}


class SlotOutput(serializers.Serializer):
    """A place on stage, as the room sees it."""

    id = serializers.IntegerField()
    jam_song = serializers.IntegerField(help_text="The id of the jam song.")
    title = ShortText(source="jam_song__song__title")
    instrument = serializers.CharField()
    number = serializers.IntegerField(help_text="2: the second guitar.")
    required: Any = serializers.BooleanField(help_text="Without it the song cannot be played.")
    holder = serializers.CharField(allow_null=True, help_text="The name of who has it, or has played it. null: free.")
    state = serializers.ChoiceField(
        [SignUp.State.CLAIMED, SignUp.State.CHECKED_IN, SignUp.State.PLAYED], allow_null=True,
        help_text="Of the holder; checked_in: they have said that they are here.",
    )  # fmt: skip
    waiting = serializers.IntegerField(help_text="How many wait in line for it.")
    playable = serializers.BooleanField(help_text="Whether every required slot of its song is filled.")
    revision = serializers.IntegerField(help_text="Of this slot: of two states the higher one is newer.")


SLOT_COLUMNS = tuple(str(field.source or name) for name, field in SlotOutput().fields.items())


class SlotInput(Strict):
    jam_song = serializers.IntegerField(**ID, help_text="The id of the jam song.")
    instrument = serializers.CharField(max_length=MAX_INSTRUMENT)
    required: Any = serializers.BooleanField(default=True)


class ByAlgorithm(serializers.Serializer):
    algorithm = serializers.ChoiceField(
        [*ALGORITHMS], default=DEFAULT, help_text="votes: as ranked. balanced: good to the performers too."
    )


class PlanQuery(ByAlgorithm):
    playable_only = serializers.BooleanField(default=False, help_text="Only songs whose required slots are filled.")


class PlanInput(Strict, PlanQuery):
    count = serializers.IntegerField(
        min_value=1, max_value=MOST_QUEUED, default=MOST_QUEUED, help_text="How many songs to queue, if they fit."
    )


class ArrangeInput(Strict, ByAlgorithm):
    pass


class ReasonOutput(serializers.Serializer):
    code = serializers.CharField(
        help_text="locked, pinned, votes, tie, waiting, rest, artist, tempo, more_votes, missing, ready, makes_room, "
        "placed; of what is left out no_time, not_playable."
    )
    params = serializers.DictField(help_text="What its words need: `votes`, `seconds`, `missing`, …")
    text = serializers.CharField(help_text="In words.")


class ListedSong(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    status = serializers.ChoiceField(JamSong.Status.choices, help_text="queued or open.")
    locked = serializers.BooleanField()
    filled = serializers.IntegerField(help_text="How many of its required slots somebody has.")
    required: Any = serializers.IntegerField(help_text="How many those are.")


class PlannedSong(ListedSong):
    starts_at = serializers.DateTimeField(help_text="Expected: lengths, and a changeover after each song.")
    seconds = serializers.IntegerField()
    timed = serializers.BooleanField(help_text="Whether its length is known, or supposed.")
    reasons = ReasonOutput(many=True)


class LeftOutSong(ListedSong):
    reason = ReasonOutput()


class PlanOutput(serializers.Serializer):
    algorithm = serializers.CharField()
    songs = PlannedSong(many=True)
    left_out = LeftOutSong(many=True)


class PerformanceOutput(serializers.Serializer):
    """A song as it was played."""

    id = serializers.IntegerField()
    jam = serializers.SlugField(source="jam__slug", help_text="The jam's address.")
    jam_name = serializers.CharField(source="jam__name")
    venue = serializers.SlugField(source="jam__venue__slug", help_text="The venue's address.")
    song = serializers.IntegerField(help_text="Of the library.")
    title = ShortText(source="song__title")
    artist = ShortText(source="song__artist")
    votes = serializers.IntegerField(
        source="shown_votes", allow_null=True, help_text="null while the room of that jam may not see them."
    )
    instruments = serializers.ListField(
        source="line_up", child=serializers.CharField(), help_text="That were played by who had signed up."
    )
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


PERFORMANCE_COLUMNS = tuple(str(field.source or name) for name, field in PerformanceOutput().fields.items())


class StatisticsQuery(serializers.Serializer):
    since = serializers.DateField(
        required=False, validators=DAYS_BETWEEN, help_text="The first day, by the venue's clock."
    )
    until = serializers.DateField(required=False, validators=DAYS_BETWEEN, help_text="The last day; it counts.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "since" in attrs and "until" in attrs and attrs["since"] > attrs["until"]:
            raise serializers.ValidationError({"until": _("This is before the first day.")})
        return attrs


class MostPlayed(serializers.Serializer):
    song = serializers.IntegerField(help_text="Of the library.")
    title = serializers.CharField()
    artist = serializers.CharField()
    times = serializers.IntegerField()
    votes = serializers.IntegerField(help_text="Of all those times.")


class StatisticsOutput(serializers.Serializer):
    nights = serializers.IntegerField(help_text="That are over.")
    people = serializers.IntegerField(help_text="Who joined; one who came to two nights counts twice.")
    performances = serializers.IntegerField()
    songs = serializers.IntegerField(help_text="Different ones.")
    votes = serializers.IntegerField(help_text="For what was played.")
    performers = serializers.IntegerField(help_text="Who signed up and played, night by night.")
    seconds = serializers.IntegerField(help_text="Played altogether.")
    most_played = MostPlayed(many=True)


class ChangedPlan(PlanOutput):
    changed = serializers.ListField(
        child=serializers.IntegerField(), help_text="The songs that were queued, or have moved."
    )


class SignUpOutput(serializers.Serializer):
    id = serializers.IntegerField()
    slot = serializers.IntegerField(source="slot_id")
    jam_song = serializers.IntegerField(source="slot.jam_song_id")
    title = ShortText(source="slot.jam_song.song.title")
    status = serializers.ChoiceField(JamSong.Status.choices, source="slot.jam_song.status", help_text="Of the song.")
    instrument = serializers.CharField(source="slot.instrument")
    number = serializers.IntegerField(source="slot.number")
    attendee = serializers.IntegerField(source="attendee_id")
    display_name = serializers.CharField(source="attendee.display_name")
    state = serializers.ChoiceField(SignUp.State.choices)
    place = serializers.IntegerField(allow_null=True, help_text="In the line for the slot: 1 is the next.")
    signed_up_at = serializers.DateTimeField(source="created_at")


class SetSong(serializers.Serializer):
    """A sign-up of mine with what I need to play it."""

    sign_up = serializers.IntegerField(source="id")
    slot = serializers.IntegerField(source="slot_id")
    jam_song = serializers.IntegerField(source="slot.jam_song_id")
    title = ShortText(source="slot.jam_song.song.title")
    artist = ShortText(source="slot.jam_song.song.artist")
    key = serializers.CharField(allow_blank=True, help_text="As the venue plays it.")
    tempo = serializers.IntegerField(source="slot.jam_song.song.tempo", allow_null=True, help_text="Beats a minute.")
    duration = serializers.IntegerField(source="slot.jam_song.song.duration", allow_null=True, help_text="Seconds.")
    chord_sheet_url = serializers.CharField(source="chords", allow_blank=True, help_text="https; empty: there is none.")
    instrument = serializers.CharField(source="slot.instrument")
    number = serializers.IntegerField(source="slot.number")
    status = serializers.ChoiceField(JamSong.Status.choices, source="slot.jam_song.status", help_text="Of the song.")
    state = serializers.ChoiceField([SignUp.State.CLAIMED, SignUp.State.CHECKED_IN, SignUp.State.WAITING])
    place = serializers.IntegerField(allow_null=True, help_text="In the line for the slot: 1 is the next.")
    expected_at = serializers.DateTimeField(
        allow_null=True, help_text="If all goes as timed; null: it plays now, or is not on the set list yet."
    )


class MySet(serializers.Serializer):
    songs = SetSong(many=True, help_text="As they come: what plays, the set list, then what is not on it yet.")


class LineUpOutput(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the jam song.")
    filled = serializers.IntegerField()
    slots = serializers.IntegerField()
    missing = serializers.IntegerField(help_text="Required slots that nobody has; 0: the song is playable.")


class LineUpsOutput(serializers.Serializer):
    revision = serializers.IntegerField(help_text="Of each of them: of two states the higher one is newer.")
    songs = LineUpOutput(many=True, help_text="Of all songs on the board that have slots.")


class PlayableSong(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the jam song.")
    title = ShortText()
    artist = ShortText()


class NearlySong(PlayableSong):
    missing = serializers.CharField(help_text="The instrument that nobody is left for.")


class PlayableOutput(serializers.Serializer):
    people = serializers.IntegerField(help_text="How many in the room have said what they play.")
    songs = PlayableSong(many=True)
    nearly = NearlySong(many=True)


class SignUpInput(Strict):
    slot = serializers.IntegerField(**ID)
