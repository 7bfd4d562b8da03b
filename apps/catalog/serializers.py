"""Venues and songs as the API shows and takes them."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.catalog.flags import FLAGS
from apps.catalog.models import LONGEST_REASON, LibrarySong, Song, Venue, sheet_state
from apps.catalog.music import MAX_COUNT, MAX_INSTRUMENT, MAX_PARTS, MAX_TAG, MAX_TAGS
from apps.core.formats import cut
from apps.core.strict import Strict
from apps.core.times import DAYS_BETWEEN


class VenueSerializer(Strict, serializers.ModelSerializer[Venue]):
    url = serializers.CharField(source="get_absolute_url", read_only=True, help_text="The page of the venue.")

    class Meta:
        model = Venue
        fields: ClassVar[list[str]] = [
            "slug", "name", "address", "town", "time_zone", "description", "accent", "capacity", *FLAGS, "url",
            "created_at",
        ]  # fmt: skip
        read_only_fields: ClassVar[list[str]] = ["slug", "created_at"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "slug": {"help_text": "Made from the name, once; it stays when the name changes."},
            "accent": {"help_text": "`#rrggbb`, or empty."},
            "capacity": {"help_text": "So many people join a jam without the room code."},
            "time_zone": {"help_text": "As in the IANA database: `Europe/London`."},
            "takes_suggestions": {"help_text": "false: suggestions are closed in all its jams."},
            "approve_suggestions": {"help_text": "true: in all its jams suggestions wait for a host."},
            "max_suggestions": {"help_text": "No jam allows a person more open ones. null: as the jam says."},
            "max_votes": {"help_text": "No jam allows a person more votes out at once. null: as the jam says."},
            "sign_ups": {"help_text": "false: in none of its jams performers sign up."},
            "max_sign_ups": {"help_text": "No jam allows a performer more at once. null: as the jam says."},
            "counts": {"help_text": "No jam shows more of its counts than this."},
        }


VENUE_COLUMNS = tuple(name for name in VenueSerializer.Meta.fields if name != "url")


def venue_output(row: dict[str, Any], *, longest: int | None = None) -> dict[str, Any]:
    """What VenueSerializer says, of a row of `values(*VENUE_COLUMNS)`."""
    changed = {
        "description": cut(row["description"], longest),
        "url": f"/venues/{row['slug']}",
    }
    return {**row, **changed}


class PartSerializer(Strict):
    instrument = serializers.CharField(max_length=MAX_INSTRUMENT)
    count = serializers.IntegerField(min_value=1, max_value=MAX_COUNT, default=1)
    required: Any = serializers.BooleanField(default=True)


class SongSerializer(Strict, serializers.ModelSerializer[Song]):
    tags = serializers.ListField(child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, required=False)
    parts = serializers.ListField(child=PartSerializer(), max_length=MAX_PARTS, required=False)
    chord_sheet_state = serializers.ChoiceField(
        ["", *Song.Sheet.values],
        read_only=True,
        help_text="What was found when it was last looked at; empty without a chord sheet.",
    )
    url = serializers.CharField(source="get_absolute_url", read_only=True, help_text="The page of the song.")

    class Meta:
        model = Song
        fields: ClassVar[list[str]] = [
            "id", "title", "artist", "year", "key", "tempo", "duration", "style", "tags", "chord_sheet_url",
            "chord_sheet_state", "parts", "popularity", "times_played", "last_played", "url", "created_at",
        ]  # fmt: skip
        read_only_fields: ClassVar[list[str]] = ["times_played", "last_played", "created_at"]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "key": {"help_text": "`E♭m`; other spellings are taken and stored as this. Empty when not known."},
            "tempo": {"help_text": "Beats a minute."},
            "duration": {"help_text": "Seconds."},
            "popularity": {"help_text": "The higher, the better known; without a unit."},
            "chord_sheet_url": {"help_text": "http or https, without a name and password in it."},
        }


SONG_COLUMNS = (
    *(name for name in SongSerializer.Meta.fields if name not in {"chord_sheet_state", "url"}),
    "chord_sheet_checked_url",
    "chord_sheet_found",
)


def song_output(row: dict[str, Any]) -> dict[str, Any]:
    """What SongSerializer says, of a row of `values(*SONG_COLUMNS)`."""
    state = sheet_state(row["chord_sheet_url"], row.pop("chord_sheet_checked_url"), row.pop("chord_sheet_found"))
    return {**row, "chord_sheet_state": state, "url": f"/songs/{row['id']}"}


class WantedQuery(serializers.Serializer):
    since = serializers.DateField(required=False, validators=DAYS_BETWEEN, help_text="The first day, in UTC.")
    until = serializers.DateField(required=False, validators=DAYS_BETWEEN, help_text="The last day; it counts.")


class Wanted(serializers.Serializer):
    text = serializers.CharField(help_text="As it is compared: in small letters, without accents.")
    searched = serializers.IntegerField(help_text="How often it was looked for and not found.")
    written_in = serializers.IntegerField(source="times_written_in", help_text="How often it was suggested as new.")
    last = serializers.DateField(help_text="The last day of those.")


class WantedOutput(serializers.Serializer):
    since = serializers.DateField()
    until = serializers.DateField()
    wanted = Wanted(many=True, help_text="At most 100, the most wanted first.")


class LibrarySongOutput(serializers.ModelSerializer[LibrarySong]):
    """A venue's own view of a song."""

    title = serializers.CharField(source="song.title")
    artist = serializers.CharField(source="song.artist")
    banned = serializers.SerializerMethodField(help_text="Why the venue does not play it; null: it does.")

    class Meta:
        model = LibrarySong
        fields: ClassVar[list[str]] = [
            "song", "title", "artist", "key", "note", "banned", "banned_at", "times_played", "last_played",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "key": {"help_text": "In which it is played here; empty: as the song has it."},
            "times_played": {"help_text": "Here."},
            "last_played": {"help_text": "Here."},
        }

    def get_banned(self, row: LibrarySong) -> str | None:
        return row.why or None


class LibrarySongInput(Strict):
    key = serializers.CharField(max_length=16, allow_blank=True, required=False)
    note = serializers.CharField(max_length=500, allow_blank=True, required=False)
    banned = serializers.CharField(
        max_length=LONGEST_REASON,
        allow_null=True,
        required=False,
        help_text="Why: it leaves the venue's jams and comes into none. null: it is played again.",
    )
