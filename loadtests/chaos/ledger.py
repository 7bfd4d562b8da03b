"""What each phone was told, and whether the database agrees.

ok       acknowledged: so it is, until the phone was told something else
refused  nothing has changed
unknown  no answer came, or one that does not say: it may have happened or not
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

LAST = 6  # the last attempts of a song that a violation tells
LATER = {408, 425, 429}  # as static/js/api.js: ask again


def said(status: int) -> str:
    if 200 <= status < 300:
        return "ok"
    return "refused" if 400 <= status < 500 and status not in LATER else "unknown"


class Attempt(NamedTuple):
    """One request. `status` 0: no answer came. Times in seconds (time.monotonic)."""

    song: int
    voted: bool  # wanted: to vote, or to take the vote back
    begun: float
    ended: float
    status: int

    @property
    def said(self) -> str:
        return said(self.status)

    def __str__(self) -> str:
        answered = f"{self.said} ({self.status})" if self.status else "unknown (no answer)"
        return f"{'PUT' if self.voted else 'DELETE'} {answered} after {self.ended - self.begun:.1f} s"


Log = list[Attempt]


class Violation(NamedTuple):
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind.upper()}: {self.text}"


def possible(log: Log) -> dict[int, set[bool]]:
    """By song: whether the vote may be there, and whether it may be absent, after what the phone was told."""
    found: dict[int, set[bool]] = {}
    for attempt in log:
        before, wanted = found.get(attempt.song, {False}), {attempt.voted}
        found[attempt.song] = {"ok": wanted, "unknown": before | wanted, "refused": before}[attempt.said]
    return found


def compare(logs: Mapping[int, Log], votes: Iterable[tuple[int, int]], counters: Mapping[int, int]) -> list[Violation]:
    """`logs` by attendee, `votes` as rows of attendee and song, `counters` by song, all of one jam at rest."""
    rows = Counter(votes)
    found = [
        Violation("doubled", f"attendee {attendee}, song {song}: {times} votes")
        for (attendee, song), times in rows.items()
        if times > 1
    ]
    for attendee, log in logs.items():
        for song, may_be in possible(log).items():
            there = (attendee, song) in rows
            if there not in may_be:
                told = [attempt for attempt in log if attempt.song == song]
                found.append(Violation(kind_of(told, there=there), told_text(attendee, song, told, there=there)))
    known = {(attendee, attempt.song) for attendee, log in logs.items() for attempt in log}
    found += [
        Violation("nobody's", f"attendee {attendee}, song {song}: a vote that no phone has asked for")
        for attendee, song in rows
        if (attendee, song) not in known
    ]
    counted = Counter(song for _attendee, song in rows.elements())
    found += [
        Violation("drift", f"song {song}: its counter says {counters.get(song, 0)}, {counted[song]} votes are there")
        for song in sorted({*counters, *counted})
        if counters.get(song, 0) != counted[song]
    ]
    return found


def kind_of(told: Log, *, there: bool) -> str:
    if not there:
        return "lost"
    return "taken back, and there" if any(attempt.said == "ok" for attempt in told) else "refused, and there"


def told_text(attendee: int, song: int, told: Log, *, there: bool) -> str:
    last = "; ".join(map(str, told[-LAST:]))
    return f"attendee {attendee}, song {song}: told {last}; the database has {'the vote' if there else 'none'}"
