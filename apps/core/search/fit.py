"""How well what was typed fits a name: each term for itself, the whole by weight.

Edits are counted as optimal string alignment (Damerau's four, none twice at one place; rapidfuzz). What sounds the same
in English does by L. Philips' Metaphone (1990; jellyfish).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from jellyfish import metaphone
from rapidfuzz.distance import OSA

from apps.core.search.terms import SMALL, SYNONYMS

LEAST = 0.6  # of the weight of what was typed must be found again
UNFINISHED, ALIKE, CORRECTED = 0.97, 0.95, 0.85  # at most, where a term is not the very one
SMALL_WEIGHT = 0.25
ENOUGH = 0.6  # similarity from which a term may be meant by another
HEARD = 0.93  # similarity of what sounds the same


@dataclass(frozen=True)
class Asked:
    """The terms of a query; the last one is open: it may still be typed."""

    terms: Sequence[str]

    @cached_property
    def needed(self) -> list[int]:
        """The places of the terms that a name must have: all but the small words, if there is any other."""
        places = [place for place, term in enumerate(self.terms) if term not in SMALL]
        return places or list(range(len(self.terms)))

    def is_open(self, place: int) -> bool:
        return place == len(self.terms) - 1

    def weight(self, place: int) -> float:
        return 1.0 if place in self.needed else SMALL_WEIGHT


def fit(asked: Asked, names: Iterable[str], *, loose: bool) -> tuple[float, set[str]]:
    """From 0 to 1, and the terms of the name that were meant. `loose`: what is almost a term counts, too."""
    names = list(names)
    matches = [match(asked, place, names, loose=loose) for place in range(len(asked.terms))]
    for place in range(1, len(asked.terms)):  # 'black bird': two that are one in the name
        whole = asked.terms[place - 1] + asked.terms[place]
        if whole in names or (asked.is_open(place) and any(name.startswith(whole) for name in names)):
            as_one = (UNFINISHED, next(name for name in names if name.startswith(whole)))
            matches[place - 1 : place + 1] = [max(one, as_one) for one in matches[place - 1 : place + 1]]
    weights = [asked.weight(place) for place in range(len(asked.terms))]
    value = sum(weight * how for weight, (how, _name) in zip(weights, matches, strict=True)) / sum(weights)
    missed = sum(not matches[place][0] for place in asked.needed)
    enough = missed <= (len(asked.needed) - 1) // 2 and value >= LEAST
    return (value if enough else 0.0), {name for _how, name in matches if name}


def match(asked: Asked, place: int, names: list[str], *, loose: bool) -> tuple[float, str]:
    """How well the best of the names is what was asked at that place, and which it is."""
    term = asked.terms[place]
    if term in names:
        return 1.0, term
    ways = [(ALIKE, name) for name in names if name in SYNONYMS.get(term, ())]
    if asked.is_open(place):
        ways += [(0.9 + 0.07 * len(term) / len(name), name) for name in names if name.startswith(term)]
    if not ways and loose and len(term) > 2:
        ways += [(UNFINISHED, second) for first, second in pairwise(names) if first + second == term]
        ways += [(CORRECTED * similarity(term, name, unfinished=asked.is_open(place)), name) for name in names]
    how, name = max(ways, default=(0.0, ""))
    return (how, name) if how else (0.0, "")


def similarity(term: str, name: str, *, unfinished: bool) -> float:
    """From ENOUGH to 1, or 0: too many edits for the length, or none that one would believe."""
    longest = max(len(term), len(name))
    if len(name) > 2:
        whole = OSA.distance(term, name, score_cutoff=edits(longest))
        if whole <= edits(longest) and 1 - whole / longest >= ENOUGH:
            return HEARD if sound_alike(term, name) else 1 - whole / longest
    if unfinished and len(name) > len(term) > 3:
        begun = min(OSA.distance(term, name[: len(term) + more], score_cutoff=1) for more in (-1, 0, 1))
        if begun <= 1:
            return (1 - 1 / len(term)) * 0.95
    return 0.0


def sound_alike(term: str, name: str) -> bool:
    heard = metaphone(term) if term.isascii() and name.isascii() else ""
    return len(heard) > 1 and heard == metaphone(name)


def edits(length: int) -> int:
    """How many slips a word of that length may have."""
    return 1 if length <= 4 else 2 if length <= 7 else 3
