"""What the API says of a jam, and what it takes."""

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Song, Venue
from apps.catalog.music import MAX_INSTRUMENT
from apps.catalog.statistics import LONGEST_SEARCH
from apps.core.formats import LONGEST_TITLE, cut
from apps.core.strict import Strict
from apps.jams import rules
from apps.jams.attendees import LONGEST_NAME
from apps.jams.door import CLOSED, CODE, OPEN
from apps.jams.models import Attendee, Invitation, Jam, JamHost, JamSong, suggestions_of, voting_of


class VenueBrief(serializers.ModelSerializer):
    class Meta:
        model = Venue
        fields = ("slug", "name", "town", "time_zone")


class JamOutput(serializers.ModelSerializer):
    """What stays as it is when people come and vote: for that, see the snapshot. `jam_output` makes it of columns."""

    venue = VenueBrief()
    voting = serializers.ChoiceField(["open", "paused", "closed"])
    suggestions = serializers.ChoiceField(["open", "paused", "closed"])
    background = serializers.URLField(allow_null=True)
    url = serializers.CharField()

    class Meta:
        model = Jam
        fields = (
            "slug", "name", "code", "url", "venue", "description", "background", "starts_at", "ends_at",
            "voting_closes_at", "status", "voting", "suggestions", "voting_paused", "suggestions_paused",
            "approve_suggestions", "max_votes", "max_suggestions", "sign_ups", "max_sign_ups", "counts", "counts_top",
            "door", "revision", "created_at", "ended_at",
        )  # fmt: skip


JAM_COLUMNS = (
    "slug", "name", "code", "venue__slug", "venue__name", "venue__town", "venue__time_zone", "description",
    "background", "starts_at", "ends_at", "voting_closes_at", "status", "voting_paused", "suggestions_paused",
    "takes_suggestions", "approve_suggestions", "max_votes", "max_suggestions", "sign_ups", "max_sign_ups",
    "counts", "counts_top", "door", "revision", "created_at", "ended_at",
)  # fmt: skip


def jam_output(row: dict[str, Any], *, longest: int | None = None) -> dict[str, Any]:
    """A JamOutput of a row of `values(*JAM_COLUMNS)`; a description beyond `longest` is cut."""
    voting = voting_of(row["status"], row["voting_closes_at"], paused=row["voting_paused"])
    return {
        "slug": row["slug"],
        "name": row["name"],
        "code": row["code"],
        "url": f"/jams/{row['slug']}",
        "venue": {name: row[f"venue__{name}"] for name in ("slug", "name", "town", "time_zone")},
        "description": cut(row["description"], longest),
        "background": f"{settings.PUBLIC_URL}{default_storage.url(row['background'])}" if row["background"] else None,
        "starts_at": row["starts_at"],
        "ends_at": row["ends_at"],
        "voting_closes_at": row["voting_closes_at"],
        "status": row["status"],
        "voting": voting,
        "suggestions": suggestions_of(
            row["status"], voting, paused=row["suggestions_paused"], taken=row["takes_suggestions"]
        ),
        "voting_paused": row["voting_paused"],
        "suggestions_paused": row["suggestions_paused"],
        "approve_suggestions": row["approve_suggestions"],
        "max_votes": row["max_votes"],
        "max_suggestions": row["max_suggestions"],
        "sign_ups": row["sign_ups"],
        "max_sign_ups": row["max_sign_ups"],
        "counts": row["counts"],
        "counts_top": row["counts_top"],
        "door": row["door"],
        "revision": row["revision"],
        "created_at": row["created_at"],
        "ended_at": row["ended_at"],
    }


class JamInput(Strict):
    name = serializers.CharField(max_length=80)
    description = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    voting_closes_at = serializers.DateTimeField(allow_null=True, required=False)
    approve_suggestions = serializers.BooleanField(required=False)
    max_votes = serializers.IntegerField(min_value=1, max_value=1000, allow_null=True, required=False)
    max_suggestions = serializers.IntegerField(min_value=0, max_value=100, required=False)
    sign_ups = serializers.BooleanField(required=False)
    max_sign_ups = serializers.IntegerField(min_value=0, max_value=100, required=False)
    counts = serializers.ChoiceField(Jam.Counts.choices, required=False)
    counts_top = serializers.IntegerField(min_value=1, max_value=100, required=False)
    door = serializers.ChoiceField(Jam.Door.choices, required=False)


class NewJamInput(JamInput):
    venue = serializers.SlugRelatedField("slug", queryset=Venue.objects.all(), help_text="The venue's slug.")


class DuplicateInput(Strict):
    starts_at = serializers.DateTimeField()


class RecurrenceInput(Strict):
    rule = serializers.RegexField(
        f"^({rules.RULE.pattern})$",
        max_length=rules.LONGEST,
        error_messages={"invalid": rules.REFUSAL},
        help_text="A part of RFC 5545: `FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH`, `FREQ=MONTHLY;BYDAY=1FR,-1FR`.",
    )
    until = serializers.DateField(required=False, allow_null=True, help_text="The last date, in the venue's zone.")
    opens = serializers.BooleanField(required=False, help_text="Whether each night takes votes as soon as it is made.")


class RecurrenceOutput(serializers.Serializer):
    """`rule` is empty where the jam does not come again."""

    rule = serializers.CharField(allow_blank=True)
    until = serializers.DateField(allow_null=True)
    opens = serializers.BooleanField()
    next = serializers.ListField(child=serializers.DateTimeField(), help_text="When the next five nights begin.")


class PauseInput(Strict):
    voting = serializers.BooleanField(required=False)
    suggestions = serializers.BooleanField(required=False)


class MoveInput(Strict):
    position = serializers.IntegerField(min_value=0, max_value=10_000, help_text="Counted from 0.")


class NameInput(Strict):
    display_name = serializers.CharField(
        max_length=LONGEST_NAME, allow_blank=True, required=False, default="", trim_whitespace=True
    )


class PersonInput(Strict):
    display_name = serializers.CharField(max_length=LONGEST_NAME)


class JoinInput(NameInput):
    room_code = serializers.CharField(
        max_length=20, allow_blank=True, required=False, default="",
        help_text="From the big screen, where the answer was `room_code_needed`.",
    )  # fmt: skip
    performer = serializers.CharField(
        max_length=200, required=False, help_text="Of `…/me/performer`: join as whom this venue remembers."
    )


class DoorInput(Strict):
    door = serializers.ChoiceField(Jam.Door.choices)


class Door(serializers.Serializer):
    """For hosts and for screens that a display link has opened."""

    door = serializers.ChoiceField(Jam.Door.choices, help_text="What the host has chosen.")
    state = serializers.ChoiceField([OPEN, CODE, CLOSED], help_text="How it stands now.")
    places = serializers.IntegerField(help_text="So many more can join without the room code.")
    room_code = serializers.CharField(allow_null=True, help_text="Where one is needed.")
    until = serializers.DateTimeField(
        allow_null=True, help_text="Then there is another code; this one is good for one minute more."
    )


class InvitationInput(Strict):
    role = serializers.ChoiceField(Invitation.Role.choices)


class AcceptInput(Strict):
    token = serializers.CharField(max_length=64)


class InvitationOutput(serializers.ModelSerializer):
    made_by = serializers.SerializerMethodField()

    class Meta:
        model = Invitation
        fields = ("id", "role", "made_by", "created_at", "expires_at")

    @extend_schema_field(str)
    def get_made_by(self, invitation: Invitation) -> str:
        return invitation.made_by.name if invitation.made_by else ""


class NewInvitation(InvitationOutput):
    """Its link and token are shown once."""

    url = serializers.CharField()
    token = serializers.CharField()

    class Meta:
        model = Invitation
        fields = (*InvitationOutput.Meta.fields, "url", "token")


class HostOutput(serializers.ModelSerializer):
    name = serializers.CharField(source="user.name")

    class Meta:
        model = JamHost
        fields = ("id", "name", "role")


class SongInput(Strict):
    """Either a `song` of the library, or `title` and `artist`; hosts may also send `songs`, many at once."""

    song = serializers.PrimaryKeyRelatedField(queryset=Song.objects.listed(), required=False)
    title = serializers.CharField(max_length=200, required=False)
    artist = serializers.CharField(max_length=200, required=False)
    songs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=1, max_length=200, required=False
    )
    instrument = serializers.CharField(
        max_length=MAX_INSTRUMENT, required=False, help_text="Who suggests is signed up for it, too. Not for hosts."
    )
    insist = serializers.BooleanField(
        required=False, help_text="true: what is sent is meant, also where a song has nearly the same name (near_song)."
    )

    found_by = serializers.CharField(
        max_length=LONGEST_SEARCH, allow_blank=True, required=False,
        help_text="The search after which it was chosen, or written in: counted, without whose it was.",
    )  # fmt: skip

    def validate_songs(self, ids: list[int]) -> list[Song]:
        found = Song.objects.listed().in_bulk(ids)
        if unknown := sorted(set(ids) - set(found)):
            raise serializers.ValidationError(_("No song has the id %(id)d.") % {"id": unknown[0]})
        return [found[pk] for pk in ids]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) - {"instrument", "insist", "found_by"} not in ({"song"}, {"title", "artist"}, {"songs"}):
            raise serializers.ValidationError(_("Send song, or title and artist, or (hosts only) songs."))
        return attrs


class SongState(serializers.Serializer):
    """A song on the board. `votes` and `counted_at` are null where counts are hidden."""

    id = serializers.IntegerField(help_text="Of the jam song.")
    song = serializers.IntegerField(help_text="Of the song in the library.")
    title = serializers.CharField()
    artist = serializers.CharField()
    key = serializers.CharField()
    tempo = serializers.IntegerField(allow_null=True, help_text="bpm")
    duration = serializers.IntegerField(allow_null=True, help_text="seconds")
    status = serializers.ChoiceField(
        JamSong.Status.choices, help_text="pending and removed, which are on no board, are told to whoever acted."
    )
    pinned = serializers.BooleanField()
    position = serializers.IntegerField(allow_null=True, help_text="In the set list, from 1.")
    locked = serializers.BooleanField(help_text="Whether it keeps its place when the set list is arranged.")
    votes = serializers.IntegerField(allow_null=True)
    counted_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    revision = serializers.IntegerField(help_text="Of this row: of two states the higher one is newer.")


class Snapshot(serializers.Serializer):
    """The board; the frames of the socket have the same members, but only those that changed."""

    revision = serializers.IntegerField(help_text="The place in the stream of the jam.")
    jam_revision = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    code = serializers.CharField()
    status = serializers.ChoiceField(Jam.Status.choices)
    voting = serializers.ChoiceField(["open", "paused", "closed"])
    suggestions = serializers.ChoiceField(["open", "paused", "closed"])
    voting_closes_at = serializers.DateTimeField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    counts = serializers.ChoiceField(Jam.Counts.choices)
    people = serializers.IntegerField()
    now_playing = SongState(allow_null=True)
    songs = SongState(many=True)
    more_songs = serializers.IntegerField()
    now = serializers.DateTimeField(help_text="When this was read. What time it is now, the Date header says.")


class AttendeeOutput(serializers.ModelSerializer):
    class Meta:
        model = Attendee
        fields = ("id", "display_name", "state", "created_at", "last_seen")


class NewAttendee(serializers.Serializer):
    id = serializers.IntegerField()
    display_name = serializers.CharField()
    token = serializers.CharField(help_text="Shown once: send it as `Authorization: Bearer TOKEN`.")


class NewPerformer(serializers.Serializer):
    """Somebody whom the jam's venue remembers."""

    name = serializers.CharField()
    instruments = serializers.ListField(child=serializers.CharField())
    token = serializers.CharField(help_text="Shown once: send it as `performer` when you join a jam of this venue.")


class ShortText(serializers.CharField):
    """A title or artist as boards show it."""

    def to_representation(self, value: str) -> str:
        return cut(value, LONGEST_TITLE)


class DeskCount(serializers.Serializer):
    """What the room is not told of a song."""

    id = serializers.IntegerField(help_text="Of the jam song.")
    votes = serializers.IntegerField()
    counted_at = serializers.DateTimeField()
    revision = serializers.IntegerField()


class PendingSong(serializers.ModelSerializer):
    title = ShortText(source="song.title")
    artist = ShortText(source="song.artist")
    suggested_by = serializers.SerializerMethodField()

    class Meta:
        model = JamSong
        fields = ("id", "title", "artist", "suggested_by", "votes", "created_at")

    @extend_schema_field(str)
    def get_suggested_by(self, jam_song: JamSong) -> str:
        return str(jam_song.suggested_by or "")


class DeskOutput(serializers.Serializer):
    pending = PendingSong(many=True)
    attendees = AttendeeOutput(many=True)
    songs = DeskCount(many=True, help_text="Empty where the room sees the counts.")
