"""The algorithms by their names. Each gives a plan for candidates and a night, the same for the same."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from apps.stage.planning.choice import Choice, choose
from apps.stage.planning.plans import Candidate, Entry, Night, Plan, Reason
from apps.stage.planning.reasons import why, why_unmoved
from apps.stage.planning.scores import Score
from apps.stage.planning.search import search

Algorithm = Callable[[Iterable[Candidate], Night], Plan]


def by_votes(candidates: Iterable[Candidate], night: Night) -> Plan:
    """As ranked."""
    choice = choose(candidates, night)
    return plan(choice, night, choice.order, [why_unmoved(choice, place) for place in range(len(choice.order))])


def balanced(candidates: Iterable[Candidate], night: Night) -> Plan:
    """The songs of `by_votes`, in an order that is good to the performers too: apps/stage/planning/scores.py."""
    choice = choose(candidates, night)
    score = Score(choice, night)
    order = search(choice, score)
    return plan(choice, night, order, why(choice, score, order))


ALGORITHMS: Mapping[str, Algorithm] = {"votes": by_votes, "balanced": balanced}


def plan(choice: Choice, night: Night, order: Sequence[int], reasons: Sequence[tuple[Reason, ...]]) -> Plan:
    entries, starts = [], night.starts
    for index, of_song in zip(order, reasons, strict=True):
        song = choice.songs[index]
        entries.append(Entry(song.id, starts, song.seconds, timed=song.duration is not None, reasons=of_song))
        starts += timedelta(seconds=song.seconds + night.changeover)
    return Plan(tuple(entries), choice.left_out)
