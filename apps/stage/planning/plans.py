"""What a set list is made from, and what it is. Times are seconds, moments are aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

UNKNOWN_DURATION = 240  # seconds, of a song that nobody has timed
CHANGEOVER = 120  # seconds from one song to the next


@dataclass(frozen=True)
class Candidate:
    """A song that could be played. `performers` are the ids of those who hold its slots; `missing` are the instruments
    of required slots that nobody holds, of `required` such slots."""

    id: int
    votes: int
    counted_at: datetime
    pinned: bool = False
    duration: int | None = None
    tempo: int | None = None
    artist: str = ""
    performers: frozenset[int] = frozenset()
    missing: tuple[str, ...] = ()
    required: int = 0

    @property
    def seconds(self) -> int:
        return self.duration or UNKNOWN_DURATION

    @property
    def playable(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Night:
    """What the host has settled.

    `starts` is when the first song of the plan begins, `seconds` how long it may all take (None: no end), `after` the
    song that is on stage until then. `locked` has the places, counted from 0, of songs that stay; one that is no
    candidate does not count.
    """

    starts: datetime
    seconds: int | None = None
    changeover: int = CHANGEOVER
    locked: Mapping[int, int] = field(default_factory=dict)  # place → song
    playable_only: bool = False
    after: Candidate | None = None

    def __post_init__(self) -> None:
        if len(set(self.locked.values())) < len(self.locked) or any(place < 0 for place in self.locked):
            raise ValueError("a song is locked to one place, counted from 0")


class Reason(NamedTuple):
    """A code and what its words need; apps/stage/planning/reasons.py has them all."""

    code: str
    params: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Entry:
    """`reasons`: why it stands where it does, the weightiest first, never none. `timed`: the duration is known."""

    song: int
    starts: datetime
    seconds: int
    timed: bool
    reasons: tuple[Reason, ...]

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class LeftOut:
    song: int
    reason: Reason


@dataclass(frozen=True)
class Plan:
    """`left_out` by rank."""

    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def songs(self) -> list[int]:
        return [entry.song for entry in self.entries]
