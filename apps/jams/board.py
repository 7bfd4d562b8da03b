"""What a page of a jam shows: the snapshot, and the states that frames carry. They share one shape.

What is hidden is not sent: with `counts` hidden, or shown for the first few only, other songs have no votes and
no time of counting, stand in the order in which they were added, and nobody but hosts hears that they were counted.
"""

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When, Window
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.compiled import GIVEN, Compiled
from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting, size_of
from apps.core.store import retire
from apps.jams.errors import JamGone
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.queries import RANK
from apps.live.changes import Change
from apps.live.layers import clock
from apps.live.streams import announce, revision_of

State = dict[str, Any]

FIELDS = (
    "id", "song_id", "song__title", "song__artist", "song__key", "song__tempo", "song__duration", "status", "pinned",
    "position", "votes", "counted_at", "started_at", "ended_at", "revision",
)  # fmt: skip

MOST_PENDING, MOST_PEOPLE = 200, 500  # on a host's desk

# What a frame says beyond its songs: each of these has a newest state of its own.
JAM, PEOPLE, TOP = range(3)
CHANGING = (
    "name", "status", "voting_paused", "suggestions_paused", "voting_closes_at", "starts_at", "ends_at", "counts",
    "counts_top", "revision",
)  # fmt: skip


def people_in_the_room() -> Any:
    people = Attendee.objects.in_the_room().filter(jam=OuterRef("pk")).order_by().values("jam")
    return Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0)


BOARD = Compiled(
    lambda: (
        Jam.objects.filter(slug=GIVEN).annotate(people=people_in_the_room()).values("id", "code", *CHANGING, "people")
    )
)


def staged_by(column: str) -> Case:
    """For the songs that are not open; those go by rank."""
    return Case(When(ranks=False, then=F(column)))


# What is on stage or was, the last first; then what is open, as it ranks.
SONGS = Compiled(
    lambda: (
        JamSong.objects.filter(jam_id=GIVEN)
        .public()
        .annotate(ranks=Q(status=JamSong.Status.OPEN), all_open=Window(Count("pk"), partition_by="status"))
        .order_by(
            "ranks", staged_by("ended_at").desc(nulls_first=True), staged_by("position").asc(nulls_first=True), *RANK
        )
        .values(*FIELDS, "ranks", "all_open")
    )
)


def snapshot(jam: Jam) -> State:
    """All that the room may see, in the order of the board: the same for everybody.

    `{revision, jam_revision, name, slug, code, status, voting, suggestions, voting_closes_at, starts_at, ends_at,
    counts, people, now_playing, songs, more_songs, now}`; at most BOARD_SIZE open songs and as many others, and no more
    than fit into MOST_BYTES. How many more open ones there are, `more_songs` says.
    """
    # Revision first: the rows are then at least as new as it claims.
    revision = revision_of(jam.stream)
    for row in BOARD(jam.slug, limit=1):
        vars(jam).update(row)
        break
    else:
        raise JamGone
    at = stamp(jam)
    ranked, others = songs_of(jam.pk)
    staged = fitting((song_state(row, at) for row in others), MOST_BYTES // 2)
    open_songs = fitting((song_state(row, at) for row in ranked), MOST_BYTES - size_of(staged))
    songs = in_order(hide(jam, open_songs), bare(jam, staged))
    return {
        "revision": revision,
        **jam_state(jam, songs),
        "name": jam.name,
        "slug": jam.slug,
        "code": jam.code,
        "starts_at": iso(jam.starts_at),
        "ends_at": iso(jam.ends_at),
        "people": row["people"],
        "songs": songs,
        "more_songs": ranked[0]["all_open"] - len(open_songs) if ranked else 0,
        "now": iso(timezone.now()),
    }


def songs_of(jam: int) -> tuple[list[State], list[State]]:
    """Rows of the open songs as they rank, and of the others; BOARD_SIZE of each."""
    size = settings.BOARD_SIZE
    rows = SONGS(jam, limit=3 * size)
    ranked = [row for row in rows if row["ranks"]]
    if len(ranked) < size and len(rows) == 3 * size:  # a night that never ends
        ranked = list(JamSong.objects.filter(jam=jam).ranked().with_open_count().values(*FIELDS, "all_open")[:size])
    return ranked[:size], [row for row in rows if not row["ranks"]][:size]


def desk_of(jam: Jam) -> State:
    """What only hosts see: `pending` suggestions, `attendees` in the room, `songs` where the room sees no counts."""
    at = stamp(jam)
    pending = jam.songs.pending().select_related("song", "suggested_by")
    attendees = Attendee.objects.filter(jam=jam).in_the_room().order_by("display_name", "pk")
    rows = [] if jam.shows_counts else jam.songs.board().values(*FIELDS)[: 2 * settings.BOARD_SIZE]
    return {
        "pending": list(pending[:MOST_PENDING]),
        "attendees": list(attendees[:MOST_PEOPLE]),
        "songs": [song_state(row, at) for row in rows],
    }


def jam_state(jam: Jam, songs: Iterable[State]) -> State:
    """What changes of the jam itself; `jam_revision` says which of two is newer."""
    return {
        "jam_revision": jam.revision,
        "status": jam.status,
        "voting": jam.voting,
        "suggestions": jam.suggestions,
        "voting_closes_at": iso(jam.voting_closes_at),
        "counts": "live" if jam.shows_counts else jam.counts,
        "now_playing": next((song for song in songs if song["status"] == JamSong.Status.PLAYING), None),
    }


def stamp(jam: Jam) -> int | None:
    """In place of the rows' revisions where counts are hidden: those go up with each vote, so they would tell.

    Read it before the rows, which are then at least as new.
    """
    return None if jam.shows_counts else clock()


def song_state(row: State, at: int | None = None) -> State:
    return {
        "id": row["id"],
        "song": row["song_id"],
        "title": cut(row["song__title"], LONGEST_TITLE),
        "artist": cut(row["song__artist"], LONGEST_TITLE),
        "key": row["song__key"],
        "tempo": row["song__tempo"],
        "duration": row["song__duration"],
        "status": row["status"],
        "pinned": row["pinned"],
        "position": row["position"],
        "votes": row["votes"],
        "counted_at": iso(row["counted_at"]),
        "started_at": iso(row["started_at"]),
        "ended_at": iso(row["ended_at"]),
        "revision": at or row["revision"],
    }


@functools.lru_cache(maxsize=4096)  # most of them are said again and again
def iso(moment: datetime | None) -> str | None:
    """UTC with all six decimals, so that two of them compare as text."""
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z" if moment else None


def hide(jam: Jam, ranked: list[State]) -> list[State]:
    """The open songs with the counts that the room may see; the rest as if nobody had counted."""
    if jam.shows_counts:
        return ranked
    shown = jam.counts_top if jam.counts == Jam.Counts.TOP else 0
    rest = sorted(ranked[shown:], key=lambda song: (not song["pinned"], song["id"]))
    return ranked[:shown] + bare(jam, rest)


def bare(jam: Jam, songs: list[State]) -> list[State]:
    """The songs without counts, unless all may see them."""
    return songs if jam.shows_counts else [song | {"votes": None, "counted_at": None} for song in songs]


def in_order(ranked: list[State], staged: list[State]) -> list[State]:
    """Playing, queued by place, open as ranked, played with the last one first."""
    of = {status: [s for s in staged if s["status"] == status] for status in ("playing", "queued", "played")}
    return of["playing"] + sorted(of["queued"], key=lambda s: (s["position"] or 0, s["id"])) + ranked + of["played"]


# Telling the room -------------------------------------------------------------------------------------


def publish(jam: Jam, songs: Iterable[int] = (), *, counted: Iterable[int] = (), desk: bool = False) -> None:
    """Tells the room how the jam stands now, these jam songs, and those of which only the count has changed.

    Call it after the commit. Hosts hear counts that the room may not, and `desk`: that what waits for them has changed.
    """
    jam.refresh_from_db(fields=CHANGING)
    at, rows = stamp(jam), JamSong.objects.filter(jam=jam, status=JamSong.Status.PLAYING)
    playing = bare(jam, [song_state(row, at) for row in rows.values(*FIELDS)])
    changes = [Change(jam_state(jam, playing), jam.revision, id=JAM), *song_changes(jam, songs, counted)]
    if desk:
        changes.append(Change({"desk": True}, jam.revision, to="host"))
    announce(jam.stream, *changes)


def publish_count(jam: Jam, jam_song: int) -> None:
    """A vote where counts are hidden."""
    announce(jam.stream, *song_changes(jam, (), [jam_song]))


def song_changes(jam: Jam, songs: Iterable[int], counted: Iterable[int]) -> list[Change]:
    """What the room hears of these songs, and what its hosts hear beyond that."""
    at, moved = stamp(jam), set(songs)
    rows = JamSong.objects.filter(jam=jam, pk__in=moved | set(counted))
    states = [song_state(row, at) for row in rows.values(*FIELDS)]
    public = [state for state in states if state["status"] in JamSong.PUBLIC]
    # Also a pending song of which the room knew nothing: an id says nothing about it.
    gone = [state for state in states if state["status"] not in JamSong.PUBLIC and state["id"] in moved]
    changes = [Change({"status": "removed"}, state["revision"], "songs", state["id"]) for state in gone]
    if jam.shows_counts:
        return changes + [change_of(state) for state in public]
    changes += [change_of(state) for state in bare(jam, [state for state in public if state["id"] in moved])]
    changes += [change_of(state, to="host") for state in public]
    return changes + (top_changes(jam, at) if jam.counts == Jam.Counts.TOP else [])


def top_changes(jam: Jam, at: int | None) -> list[Change]:
    """Where only the first few counts are shown: those, and `top`, their ids, because others have none any more."""
    rows = JamSong.objects.filter(jam=jam).ranked().values(*FIELDS)[: jam.counts_top]
    states = [song_state(row, at) for row in rows]
    top = Change({"top": [state["id"] for state in states]}, at or 0, id=TOP)
    return [top, *(change_of(state) for state in states)]


def change_of(state: State, to: str = "") -> Change:
    facts = {name: value for name, value in state.items() if name not in {"id", "revision"}}
    return Change(facts, state["revision"], "songs", state["id"], to)


def publish_people(jam: Jam) -> None:
    """Somebody came or left."""
    people = Attendee.objects.filter(jam=jam).in_the_room().count()
    retire("nights")
    announce(jam.stream, Change({"people": people}, 0, id=PEOPLE), Change({"desk": True}, 0, to="host"))


def tell_attendee(attendee: Attendee) -> None:
    """Something of the attendee's own has changed: their phone looks again."""
    announce(attendee.jam.stream, Change({"me": True}, 0, to=attendee.address))
