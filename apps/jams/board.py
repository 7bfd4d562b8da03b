"""What a page of a jam shows: the snapshot, and the states that frames carry. They share one shape.

What is hidden is not sent: with `counts` hidden, or shown for the first few only, other songs have no votes and
no time of counting, stand in the order in which they were added, and nobody but hosts hears that they were counted.
"""

import functools
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.compiled import GIVEN, Compiled, fetch_together
from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting, size_of
from apps.core.store import clock, retire
from apps.jams.errors import JamGone
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.queries import RANK
from apps.live.changes import HOST, Change
from apps.live.streams import announce, revision_of

State = dict[str, Any]

FIELDS = (
    "id", "song_id", "song__title", "song__artist", "song__key", "song__tempo", "song__duration", "status", "pinned",
    "position", "locked", "votes", "counted_at", "started_at", "ended_at", "revision",
)  # fmt: skip

STATUS = FIELDS.index("status")
STATE_BYTES = 1_000  # no song takes more, its texts cut
MOST_PENDING, MOST_PEOPLE = 200, 500  # on a host's desk

# What a frame says beyond its songs: each of these has a newest state of its own.
JAM, PEOPLE, TOP = range(3)
CHANGING = (
    "name", "status", "voting_paused", "suggestions_paused", "takes_suggestions", "voting_closes_at", "starts_at",
    "ends_at", "counts", "counts_top", "revision",
)  # fmt: skip


def people_in_the_room() -> Any:
    people = Attendee.objects.in_the_room().filter(jam=OuterRef("pk")).order_by().values("jam")
    return Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0)


BOARD = Compiled(
    lambda: (
        Jam.objects.filter(slug=GIVEN).annotate(people=people_in_the_room()).values("id", "code", *CHANGING, "people")
    )
)


IS_OPEN = Q(status=JamSong.Status.OPEN)


def staged_by(column: str) -> Case:
    """For the songs that are not open; those go by rank."""
    return Case(When(IS_OPEN, then=None), default=F(column))


# What is on stage or was, the last first; then what is open, as it ranks.
SONGS = Compiled(
    lambda: (
        JamSong.objects.filter(jam__slug=GIVEN)
        .public()
        .order_by(
            Case(When(IS_OPEN, then=1), default=0),
            staged_by("ended_at").desc(nulls_first=True),
            staged_by("position").asc(nulls_first=True),
            *RANK,
        )
        .values_list(*FIELDS)
    )
)


def snapshot(jam: Jam, place: int | None = None) -> State:
    """All that the room may see, in the order of the board: the same for everybody.

    `{revision, jam_revision, name, slug, code, status, voting, suggestions, voting_closes_at, starts_at, ends_at,
    counts, people, now_playing, songs, more_songs, now}`; at most BOARD_SIZE open songs and as many others, and no more
    than fit into MOST_BYTES. How many more open ones there are, `more_songs` says.
    """
    # Revision first: the rows are then at least as new as it claims. `place`: who asks has just read it.
    revision = revision_of(jam.stream) if place is None else place
    size = settings.BOARD_SIZE
    found, songs = fetch_together(BOARD, SONGS, jam.slug, limit=3 * size)
    if not found:
        raise JamGone
    vars(jam).update(found[0])
    at = stamp(jam)
    ranked = [row for row in songs if row[STATUS] == JamSong.Status.OPEN]
    others, open_count = songs[: len(songs) - len(ranked)], len(ranked)
    if len(songs) == 3 * size:  # a night that never ends: there may be more
        every = JamSong.objects.filter(jam=jam).ranked()
        ranked, open_count = list(every.values_list(*FIELDS)[:size]), every.count()
    staged, open_songs = ([song_state(row, at) for row in rows[:size]] for rows in (others, ranked))
    if STATE_BYTES * (len(staged) + len(open_songs)) > MOST_BYTES:
        staged = fitting(staged, MOST_BYTES // 2)
        open_songs = fitting(open_songs, MOST_BYTES - size_of(staged))
    songs = in_order(hide(jam, open_songs), bare(jam, staged))
    return {
        "revision": revision,
        **jam_state(jam, songs),
        "name": jam.name,
        "slug": jam.slug,
        "code": jam.code,
        "starts_at": iso(jam.starts_at),
        "ends_at": iso(jam.ends_at),
        "people": found[0]["people"],
        "songs": songs,
        "more_songs": open_count - len(open_songs),
        "now": iso(timezone.now()),
    }


def desk_of(jam: Jam) -> State:
    """What only hosts see: `pending` suggestions, `attendees` in the room, `songs` where the room sees no counts."""
    at = stamp(jam)
    pending = jam.songs.pending().select_related("song", "suggested_by")
    attendees = Attendee.objects.filter(jam=jam).in_the_room().order_by("display_name", "pk")
    rows = [] if jam.shows_counts else jam.songs.board().values_list(*FIELDS)[: 2 * settings.BOARD_SIZE]
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


def song_state(row: tuple[Any, ...], at: int | None = None) -> State:
    """The state of a row of FIELDS."""
    (pk, song, title, artist, key, tempo, duration, status, pinned, position, locked, votes, counted_at, started_at,
     ended_at, revision) = row  # fmt: skip
    return {
        "id": pk,
        "song": song,
        "title": title if len(title) <= LONGEST_TITLE else cut(title, LONGEST_TITLE),
        "artist": artist if len(artist) <= LONGEST_TITLE else cut(artist, LONGEST_TITLE),
        "key": key,
        "tempo": tempo,
        "duration": duration,
        "status": status,
        "pinned": pinned,
        "position": position,
        "locked": locked,
        "votes": votes,
        "counted_at": counted_at and iso(counted_at),
        "started_at": started_at and iso(started_at),
        "ended_at": ended_at and iso(ended_at),
        "revision": at or revision,
    }


@functools.lru_cache(maxsize=1024)  # a board says the same ones again and again; each takes 270 bytes
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
    playing = bare(jam, [song_state(row, at) for row in rows.values_list(*FIELDS)])
    changes = [Change(jam_state(jam, playing), jam.revision, id=JAM), *song_changes(jam, songs, counted)]
    if desk:
        changes.append(Change({"desk": True}, jam.revision, to=HOST))
    announce(jam.stream, *changes)


def publish_count(jam: Jam, jam_song: int) -> None:
    """A vote where counts are hidden."""
    announce(jam.stream, *song_changes(jam, (), [jam_song]))


def song_changes(jam: Jam, songs: Iterable[int], counted: Iterable[int]) -> list[Change]:
    """What the room hears of these songs, and what its hosts hear beyond that."""
    at, moved = stamp(jam), set(songs)
    rows = JamSong.objects.filter(jam=jam, pk__in=moved | set(counted))
    states = [song_state(row, at) for row in rows.values_list(*FIELDS)]
    public = [state for state in states if state["status"] in JamSong.PUBLIC]
    # Also a pending song of which the room knew nothing: an id says nothing about it.
    gone = [state for state in states if state["status"] not in JamSong.PUBLIC and state["id"] in moved]
    changes = [Change({"status": "removed"}, state["revision"], "songs", state["id"]) for state in gone]
    if jam.shows_counts:
        return changes + [change_of(state) for state in public]
    changes += [change_of(state) for state in bare(jam, [state for state in public if state["id"] in moved])]
    changes += [change_of(state, to=HOST) for state in public]
    return changes + (top_changes(jam, at) if jam.counts == Jam.Counts.TOP else [])


def top_changes(jam: Jam, at: int | None) -> list[Change]:
    """Where only the first few counts are shown: those, and `top`, their ids, because others have none any more."""
    rows = JamSong.objects.filter(jam=jam).ranked().values_list(*FIELDS)[: jam.counts_top]
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
    announce(jam.stream, Change({"people": people}, 0, id=PEOPLE), Change({"desk": True}, 0, to=HOST))


def tell_attendee(attendee: Attendee) -> None:
    """Something of the attendee's own has changed: their phone looks again."""
    tell_attendees(attendee.jam, [attendee.pk])


def tell_attendees(jam: Jam, people: Iterable[int]) -> None:
    if changes := [Change({"me": True}, 0, to=Attendee(pk=pk).address) for pk in people]:
        announce(jam.stream, *changes)
