"""The algorithms by their names. Each gives a plan for candidates and a night, the same for the same; and so does
`standing`, for an order that a host has made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from apps.stage.planning.choice import Choice, choose
from apps.stage.planning.plans import Candidate, Entry, Night, Plan, Reason
from apps.stage.planning.reasons import why, why_unmoved
from apps.stage.planning.scores import Score
from apps.stage.planning.search import search

makes_room, placed = (Reason("makes_room"),), (Reason("placed"),)

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


def in_order(algorithm: str, candidates: Iterable[Candidate], night: Night) -> list[int]:
    """The songs of its plan by their ids. Without reasons, which take as long again as a third of the search."""
    choice = choose(candidates, night)
    order = choice.order if algorithm == "votes" else search(choice, Score(choice, night))
    return [choice.songs[index].id for index in order]


def standing(songs: Sequence[Candidate], night: Night) -> Plan:
    """The songs in the order in which they are given, all of them, and what there is to say for it."""
    choice = choose(songs, replace(night, seconds=None, playable_only=False))
    index = {song.id: at for at, song in enumerate(choice.songs)}
    order = [index[song.id] for song in songs]
    reasons = why(choice, Score(choice, night), order)
    return plan(choice, night, order, [placed if found == makes_room else found for found in reasons])


def plan(choice: Choice, night: Night, order: Sequence[int], reasons: Sequence[tuple[Reason, ...]]) -> Plan:
    entries, starts = [], night.starts
    for index, of_song in zip(order, reasons, strict=True):
        song = choice.songs[index]
        entries.append(Entry(song.id, starts, song.seconds, timed=song.duration is not None, reasons=of_song))
        starts += timedelta(seconds=song.seconds + night.changeover)
    return Plan(tuple(entries), choice.left_out)
