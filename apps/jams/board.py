"""What a page of a jam shows: the snapshot, and the states that frames carry. They share one shape.

What is hidden is not sent: with `counts` hidden, or shown for the first few only, other songs have no votes and
no time of counting, and stand in the order in which they were added.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from apps.jams.models import Attendee, Jam, JamSong
from apps.live.changes import Change
from apps.live.streams import announce, revision_of

State = dict[str, Any]

FIELDS = (
    "id", "song_id", "song__title", "song__artist", "song__key", "song__tempo", "song__duration", "status", "pinned",
    "position", "votes", "counted_at", "started_at", "ended_at", "revision",
)  # fmt: skip

CHANGING = (
    "name", "status", "voting_paused", "suggestions_paused", "voting_closes_at", "starts_at", "ends_at", "counts",
    "counts_top", "revision",
)  # fmt: skip


def snapshot(jam: Jam) -> State:
    """All that the room may see, in the order of the board: the same for everybody.

    `{revision, jam_revision, name, slug, code, status, voting, suggestions, voting_closes_at, starts_at, ends_at,
    counts, people, now_playing, songs, more_songs, now}`; at most BOARD_SIZE open songs, `more_songs` there are.
    """
    # Revision first: the rows are then at least as new as it claims.
    revision = revision_of(jam.stream)
    jam.refresh_from_db(fields=CHANGING)
    rows = JamSong.objects.filter(jam=jam)
    open_songs = list(rows.ranked().with_open_count().values(*FIELDS, "all_open")[: settings.BOARD_SIZE])
    others = rows.public().exclude(status=JamSong.Status.OPEN).order_by("-ended_at", "position", "pk")
    staged = [song_state(row) for row in others.values(*FIELDS)[: settings.BOARD_SIZE]]
    songs = in_order(hide(jam, [song_state(row) for row in open_songs]), hide(jam, staged, shown=0))
    return {
        "revision": revision,
        **jam_state(jam, songs),
        "name": jam.name,
        "slug": jam.slug,
        "code": jam.code,
        "starts_at": iso(jam.starts_at),
        "ends_at": iso(jam.ends_at),
        "people": Attendee.objects.filter(jam=jam).in_the_room().count(),
        "songs": songs,
        "more_songs": max(0, (open_songs[0]["all_open"] if open_songs else 0) - len(open_songs)),
        "now": iso(timezone.now()),
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


def song_state(row: State) -> State:
    return {
        "id": row["id"],
        "song": row["song_id"],
        "title": row["song__title"],
        "artist": row["song__artist"],
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
        "revision": row["revision"],
    }


def iso(moment: datetime | None) -> str | None:
    """UTC with all six decimals, so that two of them compare as text."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def hide(jam: Jam, ranked: list[State], shown: int | None = None) -> list[State]:
    """The songs, ranked, with the counts that the room may see; the rest as if nobody had counted."""
    if jam.shows_counts:
        return ranked
    if shown is None:
        shown = jam.counts_top if jam.counts == Jam.Counts.TOP else 0
    bare = [song | {"votes": None, "counted_at": None} for song in ranked[shown:]]
    return ranked[:shown] + sorted(bare, key=lambda song: (not song["pinned"], song["id"]))


def in_order(ranked: list[State], staged: list[State]) -> list[State]:
    """Playing, queued by place, open as ranked, played with the last one first."""
    of = {status: [s for s in staged if s["status"] == status] for status in ("playing", "queued", "played")}
    return of["playing"] + sorted(of["queued"], key=lambda s: (s["position"] or 0, s["id"])) + ranked + of["played"]


# Telling the room -------------------------------------------------------------------------------------


def publish(jam: Jam, songs: Iterable[int] = (), *, desk: bool = False) -> None:
    """Tells the room how the jam and these jam songs stand now. Call it after the commit.

    Hosts hear counts that the room may not, and `desk`: that what waits for them has changed.
    """
    jam.refresh_from_db(fields=CHANGING)
    rows = JamSong.objects.filter(jam=jam)
    states = {row["id"]: song_state(row) for row in rows.filter(pk__in=set(songs)).values(*FIELDS)}
    playing = [song_state(row) for row in rows.filter(status=JamSong.Status.PLAYING).values(*FIELDS)]
    changes = [Change(jam_state(jam, hide(jam, playing, shown=0)), jam.revision)]
    changes += [change for state in states.values() for change in song_changes(jam, state)]
    if desk:
        changes.append(Change({"desk": True}, jam.revision, to="host"))
    announce(jam.stream, *changes)


def song_changes(jam: Jam, state: State) -> list[Change]:
    """What the room hears of a song, and what its hosts hear beyond that."""
    revision, full = state["revision"], {k: v for k, v in state.items() if k not in {"id", "revision"}}
    if state["status"] not in JamSong.PUBLIC:
        # Also a pending song of which the room knew nothing: an id says nothing about it.
        return [Change({"status": "removed"}, revision, "songs", state["id"])]
    if jam.shows_counts:
        return [Change(full, revision, "songs", state["id"])]
    hidden = full | {"votes": None, "counted_at": None}
    return [Change(hidden, revision, "songs", state["id"]), Change(full, revision, "songs", state["id"], to="host")]


def publish_top(jam: Jam, also: int) -> None:
    """After a vote where only the first few counts are shown: who is among them may have changed."""
    rows = list(JamSong.objects.filter(jam=jam).ranked().values(*FIELDS)[: jam.counts_top + 1])
    if also not in {row["id"] for row in rows}:
        rows += JamSong.objects.filter(pk=also).values(*FIELDS)
    states = hide(jam, [song_state(row) for row in rows])
    room = [Change({k: v for k, v in s.items() if k not in {"id", "revision"}}, s["revision"], "songs", s["id"])
            for s in states]  # fmt: skip
    announce(jam.stream, *room)


def publish_people(jam: Jam) -> None:
    """Somebody came or left."""
    people = Attendee.objects.filter(jam=jam).in_the_room().count()
    announce(jam.stream, Change({"people": people}, 0), Change({"desk": True}, 0, to="host"))


def tell_attendee(attendee: Attendee) -> None:
    """Something of the attendee's own has changed: their phone looks again."""
    announce(attendee.jam.stream, Change({"me": True}, 0, to=attendee.address))
