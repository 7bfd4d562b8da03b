"""Profiles that are kept for a while, in the cache, each in parts: one from every process that took part.

One is taken at a time. What asks for it is what all processes look for: `profile.now`.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError

Seconds = defaultdict[str, float]

KINDS = ("web", "live", "worker")
POLL = 2.0  # seconds from one look of a process at `profile.now` to the next
SLACK = 5  # seconds after which one that should be over is
LISTED = 20


class ProfileRuns(DomainError):
    code = "profile_runs"
    message = _("A profile is being taken, or the cache is away. Try again in a moment.")


class Wanted(NamedTuple):
    pk: int  # 0: not yet
    what: str
    seconds: float


@dataclass(frozen=True)
class Profile:
    """`stacks`: seconds by stack, of all parts together; one that has none is still being taken, or nobody answered."""

    pk: int
    what: str  # a kind of process, or "GET /jams/blue-night"
    at: datetime
    seconds: float  # that it was to last; of a request, that it took
    parts: int = 0
    stacks: dict[str, float] | None = None

    @property
    def is_over(self) -> bool:
        return (timezone.now() - self.at).total_seconds() > self.seconds + POLL + SLACK

    @property
    def is_of_processes(self) -> bool:
        return self.what in KINDS


def begin(what: str, seconds: float) -> int:
    """Its number. Raises ProfileRuns."""
    if not cache.add("profile.now", Wanted(0, what, seconds), timeout=seconds + POLL + SLACK):
        raise ProfileRuns
    cache.add("profile.last", 0, timeout=None)
    pk = int(cache.incr("profile.last"))
    note(pk, what, seconds)
    cache.set("profile.now", Wanted(pk, what, seconds), timeout=seconds + POLL + SLACK)
    return pk


def wanted_now() -> Wanted | None:
    """The one that is being taken."""
    wanted: Wanted | None = cache.get("profile.now")
    return wanted if wanted and wanted.pk else None


def end() -> None:
    """The next may begin."""
    cache.delete("profile.now")


def note(pk: int, what: str, seconds: float) -> None:
    cache.set(f"profile.{pk}", (what, timezone.now(), seconds), timeout=settings.PROFILE_KEEP_SECONDS)
    cache.set(f"profile.{pk}.parts", 0, timeout=settings.PROFILE_KEEP_SECONDS)


def keep(pk: int, stacks: dict[str, float]) -> None:
    """A part."""
    try:
        part = cache.incr(f"profile.{pk}.parts")
    except ValueError:  # it is not kept any more
        return
    packed = zlib.compress(json.dumps(stacks).encode(), 3)
    cache.set(f"profile.{pk}.part.{part}", packed, timeout=settings.PROFILE_KEEP_SECONDS)


def find(pk: int) -> Profile | None:
    head, parts = cache.get(f"profile.{pk}"), cache.get(f"profile.{pk}.parts") or 0
    if head is None:
        return None
    stacks: Seconds = defaultdict(float)
    for packed in cache.get_many([f"profile.{pk}.part.{n}" for n in range(1, parts + 1)]).values():
        for stack, seconds in json.loads(zlib.decompress(packed)).items():
            stacks[stack] += seconds
    what, at, lasts = head
    return Profile(pk, what, at, lasts, parts, dict(stacks))


def latest() -> list[Profile]:
    """The newest first, without their stacks."""
    last = cache.get("profile.last") or 0
    heads = cache.get_many([f"profile.{pk}" for pk in range(max(1, last - LISTED + 1), last + 1)])
    found = {int(key.rpartition(".")[2]): head for key, head in heads.items()}
    return [Profile(pk, *found[pk]) for pk in sorted(found, reverse=True)]


def collapsed(profile: Profile) -> str:
    """A line a stack with its microseconds: Brendan Gregg's format, of flamegraph.pl; speedscope reads it too."""
    lines = (f"{stack} {round(seconds * 1e6)}\n" for stack, seconds in sorted((profile.stacks or {}).items()))
    return "".join(lines)


@dataclass(frozen=True)
class Row:
    module: str
    function: str
    self_seconds: float  # when it was innermost
    total_seconds: float  # when it was anywhere in the stack


def functions(profile: Profile) -> list[Row]:
    """Those that took most by themselves, first."""
    alone: Seconds = defaultdict(float)
    total: Seconds = defaultdict(float)
    for stack, seconds in (profile.stacks or {}).items():
        names = stack.split(";")
        alone[names[-1]] += seconds
        for name in set(names):
            total[name] += seconds
    return list(rows(sorted(total, key=lambda name: (-alone[name], -total[name], name)), alone, total))


def rows(names: list[str], alone: Seconds, total: Seconds) -> Iterator[Row]:
    for name in names:
        module, _colon, function = name.rpartition(":")
        yield Row(module, function, alone[name], total[name])
