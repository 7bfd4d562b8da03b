"""A song that comes from elsewhere, by the rules of imports: read as a row of a file, known by its names, and not
changed where it is known, unless staff stand for the inbox. `venue_key` and `note` are the venue's own."""

from typing import Any

from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog.cells import READERS
from apps.catalog.csv_records import Record
from apps.catalog.imports import Batch, Near, Options, store
from apps.catalog.library import change_library_song
from apps.catalog.models import Song
from apps.catalog.near import near
from apps.catalog.reader import digest, identity
from apps.catalog.rows import Outcome, Row, read_row
from apps.core.errors import NotAllowed
from apps.webhooks.errors import NotTaken
from apps.webhooks.models import Received

OWN = {"venue_key": "key", "note": "note"}
LISTS = {"tags": "; ", "parts": "; "}


def upsert(received: Received, actor: User) -> dict[str, Any]:
    """Raises NotTaken with the reasons, NotAllowed, NotAVenueManager, Invalid."""
    if not may(Right.ADD_SONG, roles_of(actor)):
        raise NotAllowed
    data, row = received.payload, row_of(received.payload)
    batch, columns = Batch([row]), [name for name in READERS if name in data]
    store(batch, columns, Options(update=may(Right.CHANGE_SONG, roles_of(actor)), near=Near.ASK))
    if batch.asked or not row.usable:
        raise NotTaken([problem.reason for problem in row.problems if problem.outcome != Outcome.WARNING])
    song = song_of(row)
    own = {column: str(data[name]) for name, column in OWN.items() if name in data}
    if own:
        change_library_song(venue=received.inbox.venue, song=song, by=actor, **own)
    return {"song": song.pk, "added": bool(batch.report.added)}


def row_of(data: dict[str, Any]) -> Row:
    """As a file would have it. Raises NotTaken."""
    names = [name for name in READERS if data.get(name) is not None or name in {"title", "artist"}]
    row = read_row(Record(1, [cell(name, data.get(name, "")) for name in names]), list(names))
    if row.has(Outcome.REJECTED):
        raise NotTaken([f"{problem.column} {problem.reason}" for problem in row.problems])
    row.digest = digest(identity(row))
    return row


def cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return LISTS.get(name, " ").join(map(str, value))
    return str(value)


def song_of(row: Row) -> Song:
    """The one that the row is now, whatever it is called in the library."""
    names = {"title": row.values["title"], "artist": row.values["artist"]}
    song = Song.objects.known_as(**names).first()
    if song is None:
        found = near(Song.objects.all(), **names, year=row.values.get("year"))
        song = Song.objects.filter(pk__in=[one.song for one in found[:1]]).first()
    if song is None:
        raise NotTaken([])
    return song
