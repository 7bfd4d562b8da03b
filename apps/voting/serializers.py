from rest_framework import serializers

from apps.catalog.music import MAX_INSTRUMENT, MAX_PARTS
from apps.core.strict import Strict
from apps.jams.attendees import LONGEST_NAME
from apps.jams.models import Attendee, JamSong
from apps.jams.serializers import ShortText, SongState
from apps.voting.undo import UNDOABLE


class Nothing(Strict):
    """Who votes for what stands in the token and the address; a body has no say."""


class TallyOutput(serializers.Serializer):
    """`votes` is null where counts are hidden."""

    id = serializers.IntegerField()
    votes = serializers.IntegerField(allow_null=True)
    voted = serializers.BooleanField()
    revision = serializers.IntegerField()


class MySong(serializers.Serializer):
    id = serializers.IntegerField()
    title = ShortText(source="song.title")
    artist = ShortText(source="song.artist")
    status = serializers.CharField()


class Me(serializers.Serializer):
    id = serializers.IntegerField()
    display_name = serializers.CharField()
    state = serializers.ChoiceField(Attendee.State.choices)
    instruments = serializers.ListField(child=serializers.CharField(), help_text="What I play.")
    remembered = serializers.BooleanField(help_text="Whether the venue remembers me.")
    votes = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of jam songs.")
    votes_left = serializers.IntegerField(allow_null=True, help_text="null: no limit.")
    suggestions_left = serializers.IntegerField()
    songs = MySong(many=True, help_text="What I suggested, at most the last 100.")


class MyVote(serializers.Serializer):
    jam_song = serializers.IntegerField(source="jam_song_id")
    title = ShortText(source="jam_song.song.title")
    artist = ShortText(source="jam_song.song.artist")
    status = serializers.ChoiceField(JamSong.Status.choices, source="jam_song.status")
    voted_at = serializers.DateTimeField(source="created_at")


class MeInput(Strict):
    display_name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    instruments = serializers.ListField(
        child=serializers.CharField(max_length=MAX_INSTRUMENT), max_length=MAX_PARTS, required=False,
        help_text="What you play, as slots name it.",
    )  # fmt: skip


class LineUp(serializers.Serializer):
    """What a host's bulk of songs came to."""

    added = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of jam songs.")
    skipped = serializers.ListField(child=serializers.IntegerField(), help_text="Ids of songs that are in the jam.")


class Cluster(serializers.Serializer):
    attendees = serializers.ListField(child=serializers.IntegerField(), help_text="Their ids.")
    since = serializers.DateTimeField(help_text="When the first of them joined.")
    until = serializers.DateTimeField(help_text="When the last of them joined.")
    songs = serializers.ListField(child=serializers.CharField(), help_text="What they vote for, by title.")
    votes = serializers.IntegerField(help_text="That they have out, all together.")


class Clusters(serializers.Serializer):
    clusters = Cluster(many=True)


class VoidInput(Strict):
    attendees = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=1000
    )


class MergeInput(Strict):
    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The jam song that stays.")


class SongMergeInput(Strict):
    into = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The song of the library that stays.")


class UndoInput(Strict):
    """Which action is meant, so that no other is undone; left out: the last one, whatever it was."""

    action = serializers.ChoiceField(UNDOABLE, required=False)
    song = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="The jam song that it was about."
    )


class UndoOutput(serializers.Serializer):
    """What is undone."""

    action = serializers.ChoiceField(UNDOABLE)
    song = SongState(allow_null=True, help_text="That it was about, as it stands now.")
    attendees = serializers.IntegerField(help_text="How many people are back.")
    votes = serializers.IntegerField(help_text="How many votes are back with them.")
    sign_ups = serializers.IntegerField(help_text="How many of their sign-ups are as they were.")
    sign_ups_lost = serializers.IntegerField(help_text="How many are not: somebody else has the slot, or it is over.")


class VoidOutput(serializers.Serializer):
    attendees = serializers.IntegerField(help_text="How many were taken off.")
    votes = serializers.IntegerField(help_text="How many votes went with them.")
