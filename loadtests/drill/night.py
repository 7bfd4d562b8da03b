"""One drill after the other at a jam, and what each cost who voted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from deploy.budget import Answer, Log
from deploy.cluster.releases import Outcome
from loadtests.chaos.faults import Fault
from loadtests.chaos.night import Night, Window
from loadtests.chaos.room import Line
from loadtests.drill.room import Behind
from loadtests.drill.stage import Stage

CONNECTED = 30.0  # seconds in which all phones have to have their sockets again
STEP_SECONDS = 8.0  # of a rollout


class Tally(NamedTuple):
    """From the beginning of a drill until all was well again."""

    drill: Fault
    acknowledged: int
    failed: int  # votes that were not acknowledged at once
    asked: int  # of nginx
    faults: tuple[str, ...]  # of those, answered 5xx: the request, and who was tried
    again: int  # on another connection, as browsers do it
    gap: float  # seconds that a phone was without a socket, at most
    took: float  # seconds
    replica: tuple[int, int]  # reads there, and reads for which one was away


@dataclass
class Drill(Night):
    kind_of_room: ClassVar[Any] = Behind
    house: Stage  # type: ignore[assignment]
    step: float = STEP_SECONDS
    tallies: list[Tally] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)  # of the broken release

    def __post_init__(self) -> None:
        super().__post_init__()
        self.log = Log(self.house.front.log)
        self.room.visited = venue_of(self.jam)

    def suffer(self, fault: Fault) -> None:
        self.crowd.ask(self.room.all_connected(CONNECTED))
        self.log.read()
        again = Line.again
        super().suffer(fault)
        self.crowd.ask(self.room.all_connected(CONNECTED))
        self.tallies.append(self.tally(self.windows[-1], Line.again - again))

    def tally(self, window: Window, again: int) -> Tally:
        answers, phones = self.log.read(), self.room.phones
        attempts = [attempt for phone in phones for attempt in phone.log if attempt.ended >= window.begun]
        taking = [attempt for attempt in attempts if attempt.song not in self.room.frozen]
        return Tally(
            window.fault,
            acknowledged=sum(attempt.said == "ok" for attempt in taking),
            failed=sum(attempt.said != "ok" for attempt in taking),
            asked=len(answers),
            faults=tuple(said(answer) for answer in answers if answer.status >= 500),
            again=again,
            gap=self.room.longest_gap(window.begun),
            took=window.well - window.begun,
            replica=(self.house.replica_reads("replica"), self.house.replica_reads("away")),
        )


def said(answer: Answer) -> str:
    tried = ", ".join(f"{address} {status}" for address, status in answer.tried)
    return f"{answer.status} {answer.request} ({tried})"


def venue_of(jam: int) -> str:
    from django.db import connection

    from apps.jams.models import Jam

    slug = str(Jam.objects.get(pk=jam).venue.slug)
    connection.close()
    return slug


def total(tallies: Iterable[Tally], name: str) -> int:
    return sum(getattr(tally, name) for tally in tallies)
