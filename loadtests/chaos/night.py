"""One round: people vote at a jam of its own, one fault follows another, and at rest everything is compared."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar, NamedTuple

import psycopg

from loadtests.chaos.errands import Errands
from loadtests.chaos.faults import Fault
from loadtests.chaos.house import House
from loadtests.chaos.ledger import Violation, compare
from loadtests.chaos.room import GIVE_UP, Answer, Crowd, Room

SONGS, FROZEN = 12, 2  # of a jam; the frozen ones take no votes
SETTLE = 3.0  # seconds until the first fault
BETWEEN = (1.0, 4.0)  # seconds of rest after each
STILL = 5.0  # seconds without an acknowledged vote: they do not go on
AT_REST = 30.0  # seconds until every board shows what is so: each hears how new it should be every 20
ANSWERS = 20  # seconds until a database that begins anew answers
REVISIONS = "SELECT id, revision FROM jams_jamsong WHERE jam_id = %s AND status = 'open'"
COUNTERS = "SELECT id, votes FROM jams_jamsong WHERE jam_id = %s"
VOTES = """
SELECT v.attendee_id, v.jam_song_id FROM voting_vote v JOIN jams_jamsong s ON s.id = v.jam_song_id WHERE s.jam_id = %s
"""


@dataclass
class Window:
    """When something failed. Times as of time.monotonic; `well`: until all was well again."""

    fault: Fault
    begun: float
    ended: float = 0.0
    well: float = float("inf")

    @property
    def took(self) -> float:
        return self.well - self.ended


class Result(NamedTuple):
    windows: list[Window]
    violations: list[Violation]
    told: Counter[str]  # attempts to vote, by what was said


@dataclass
class Night:
    kind_of_room: ClassVar[type[Room]] = Room
    house: House
    crowd: Crowd
    number: int
    clients: int
    seed: str
    length: float = 1.0  # a part of what faults last
    violations: list[Violation] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.jam, slug, songs, frozen, people = prepare(f"chaos {self.number}", self.clients)
        web, live = self.house.addresses
        self.room = self.kind_of_room(
            web=web, live=live, slug=slug, songs=songs, frozen=frozen, people=people, seed=self.seed
        )

    def hold(self, seconds: float, faults: Iterator[Fault]) -> Result:
        """One fault after the other; none begins after that time."""
        errands = Errands(f"chaos {self.number} {self.seed}") if self.house.tasks else None
        end = time.monotonic() + seconds
        self.crowd.ask(self.room.open())
        time.sleep(SETTLE)
        while time.monotonic() < end and (fault := next(faults, None)):
            self.suffer(fault)
            time.sleep(self.dice.uniform(*BETWEEN) * self.length)
        self.come_to_rest()
        self.violations += self.crowd.ask(self.room.close())
        self.violations += judge_answers(self.room.answers, self.windows, self.room.frozen)
        self.violations += [Violation("stale in silence", text) for text in self.room.stale.values()]
        self.violations += errands.end() if errands else []
        told = Counter(attempt.said for phone in self.room.phones for attempt in phone.log)
        return Result(self.windows, self.violations, told)

    def suffer(self, fault: Fault) -> None:
        window = Window(fault, time.monotonic())
        self.windows.append(window)
        if not fault.noticed:
            self.room.deaf_until = float("inf")
        lasts = self.dice.uniform(*fault.lasts) * self.length
        with fault.happens(self):
            time.sleep(lasts)
        window.ended = time.monotonic()
        took, wrong = self.crowd.ask(self.room.well(window.ended, dict(self.rows(REVISIONS))))
        window.well = window.ended + took
        if not fault.noticed:
            self.room.deaf_until = window.well
        if took > fault.well:
            said = f"after {took:.1f} s instead of {fault.well:g}: till then {wrong}"
            self.violations.append(Violation("late", f"{fault.name}, {lasts:.1f} s: all is well again {said}"))
        if fault.votes_go_on and (pause := longest_pause(self.room.acked_at, window)) > STILL:
            self.violations.append(Violation("votes stopped", f"{fault.name}: for {pause:.1f} s"))
        self.violations += [Violation("ended", f"{name}, after {fault.name}") for name in self.house.begin_ended()]
        print(f"    {fault.name}, {lasts:.1f} s: all well {took:.1f} s after", flush=True)

    def rows(self, sql: str) -> list[tuple[int, int]]:
        deadline = time.monotonic() + ANSWERS
        while True:
            try:
                return self.house.rows(sql, self.jam)
            except psycopg.OperationalError:  # it reads its log
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    def come_to_rest(self) -> None:
        """Nobody taps any more; what waits is sent. Then everything is the same everywhere."""
        since = time.monotonic()
        self.crowd.ask(self.room.rest())
        took, wrong = self.crowd.ask(self.room.well(since, {}))
        if took > GIVE_UP:
            self.violations.append(Violation("late", f"at rest after {took:.0f} s: {wrong}"))
        votes, counters = self.rows(VOTES), dict(self.rows(COUNTERS))
        logs = {phone.attendee: phone.log for phone in self.room.phones}
        self.violations += compare(logs, votes, counters)
        shown = {song: counters[song] for song in self.room.songs if song not in self.room.frozen}
        deadline = time.monotonic() + AT_REST
        while (wrong := self.crowd.ask(self.room.differing(shown))) and time.monotonic() < deadline:
            time.sleep(0.2)
        if wrong:
            self.violations.append(Violation("wrong at rest", wrong))


def prepare(name: str, clients: int) -> tuple[int, str, list[int], set[int], dict[int, str]]:
    """A jam, its address, its songs, those of them that take no votes, and people in the room: tokens by attendee."""
    from django.db import connection

    from apps.core.credentials import signed
    from apps.jams.models import Attendee
    from apps.jams.queries import hashed
    from tests.factories import make_jam, make_jam_song

    jam = make_jam(name=name)
    taking = [make_jam_song(jam=jam, title=f"{name} {n}").pk for n in range(SONGS)]
    frozen = {make_jam_song(jam=jam, title=f"{name} frozen {n}", status="queued").pk for n in range(FROZEN)}
    secrets = [f"{name} {n}" for n in range(clients)]
    people = Attendee.objects.bulk_create(
        Attendee(jam=jam, folded_name=one, secret_hash=hashed(one)) for one in secrets
    )
    connection.close()  # the database will be killed
    tokens = {attendee.pk: signed(secret) for attendee, secret in zip(people, secrets, strict=True)}
    return jam.pk, jam.slug, taking + sorted(frozen), frozen, tokens


def longest_pause(acknowledged: Iterable[float], window: Window) -> float:
    """Seconds without an acknowledged vote, from the beginning of a fault until all was well again."""
    within = [window.begun, *(at for at in acknowledged if window.begun <= at <= window.well), window.well]
    return max(later - earlier for earlier, later in pairwise(within))


def judge_answers(answers: Iterable[Answer], windows: Iterable[Window], frozen: set[int]) -> list[Violation]:
    """What was answered that may not be, by kind: how often, and when it was first."""
    windows = list(windows)
    wrong: dict[str, list[str]] = {}
    for answer in answers:
        during = [one for one in windows if one.begun <= answer.ended and answer.begun <= one.well]
        if text := objection(answer, {status for one in during for status in one.fault.allowed}):
            when = ", ".join(one.fault.name for one in during) or "nothing had failed"
            wrong.setdefault(f"{text}, {when}", []).append(f"{answer.ended - answer.begun:.1f} s")
    return [
        Violation("answer", f"{text}: {len(times)} times, the first after {times[0]}") for text, times in wrong.items()
    ]


def objection(answer: Answer, allowed: set[int]) -> str:
    expected = {"GET /j/zzzzzz": 404}.get(answer.what, 409 if answer.what.endswith("frozen") else 200)
    if answer.status == expected:
        return ""
    if answer.status == 503 and not answer.retry_after:
        return f"{answer.what}: 503 without Retry-After"
    if answer.status in allowed:
        return ""
    return f"{answer.what}: {answer.status or 'no answer'}"
