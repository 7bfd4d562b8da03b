"""How well what was typed fits a name: each term for itself, the whole by weight.

Edits are counted as optimal string alignment (Damerau's four, none twice at one place; rapidfuzz).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from apps.core.search.terms import SMALL, SYNONYMS

LEAST = 0.6  # of the weight of what was typed must be found again
UNFINISHED, ALIKE, CORRECTED = 0.97, 0.95, 0.85  # at most, where a term is not the very one
SMALL_WEIGHT = 0.25
ENOUGH = 0.6  # similarity from which a term may be meant by another


@dataclass(frozen=True)
class Asked:
    """The terms of a query; the last one is `open` while it may still be typed."""

    terms: Sequence[str]
    open: bool = True

    @property
    def needed(self) -> list[int]:
        """The places of the terms that a name must have: all but the small words, if there is any other."""
        places = [place for place, term in enumerate(self.terms) if term not in SMALL]
        return places or list(range(len(self.terms)))

    def is_open(self, place: int) -> bool:
        return self.open and place == len(self.terms) - 1

    def weight(self, place: int) -> float:
        return 1.0 if place in self.needed else SMALL_WEIGHT


def fit(asked: Asked, names: Iterable[str], *, loose: bool) -> tuple[float, set[str]]:
    """From 0 to 1, and the terms of the name that were meant. `loose`: what is almost a term counts, too."""
    names = list(names)
    have, meant = set(names), set()
    got, weight = 0.0, 0.0
    missed = 0
    joined = 0.0  # what the term before said of this one: both are one word of the name
    for place, term in enumerate(asked.terms):
        weight += asked.weight(place)
        value, name = match(asked, place, names, have, loose=loose)
        if joined > value:
            value = joined
        elif value < UNFINISHED and place + 1 < len(asked.terms) and term + asked.terms[place + 1] in have:
            value, name, joined = UNFINISHED, term + asked.terms[place + 1], UNFINISHED
        else:
            joined = 0.0
        if name:
            meant.add(name)
        if not value and place in asked.needed:
            missed += 1
        got += asked.weight(place) * value
    enough = missed <= max(0, (len(asked.needed) - 1) // 2) and got / weight >= LEAST
    return (got / weight if enough else 0.0), meant


def match(asked: Asked, place: int, names: list[str], have: set[str], *, loose: bool) -> tuple[float, str]:
    term = asked.terms[place]
    if term in have:
        return 1.0, term
    best, name = 0.0, ""
    if asked.is_open(place):
        for one in names:
            if one.startswith(term) and (value := 0.9 + 0.07 * len(term) / len(one)) > best:
                best, name = value, one
    for one in SYNONYMS.get(term, ()):
        if one in have and best < ALIKE:
            best, name = ALIKE, one
    if best or not loose or len(term) < 3:
        return best, name
    for one, next_one in pairwise(names):
        if one + next_one == term:
            return UNFINISHED, next_one
    for one in names:
        value = CORRECTED * similarity(term, one, unfinished=asked.is_open(place))
        if value > best:
            best, name = value, one
    return best, name


def similarity(term: str, name: str, *, unfinished: bool) -> float:
    """From ENOUGH to 1, or 0: too many edits for the length, or none that one would believe."""
    longest = max(len(term), len(name))
    if len(name) > 2:
        whole = OSA.distance(term, name, score_cutoff=edits(longest))
        if whole <= edits(longest) and 1 - whole / longest >= ENOUGH:
            return 1 - whole / longest
    if unfinished and len(name) > len(term) > 3:
        begun = min(OSA.distance(term, name[: len(term) + more], score_cutoff=1) for more in (-1, 0, 1))
        if begun <= 1:
            return (1 - 1 / len(term)) * 0.95
    return 0.0


def edits(length: int) -> int:
    """How many slips a word of that length may have."""
    return 1 if length <= 4 else 2 if length <= 7 else 3
