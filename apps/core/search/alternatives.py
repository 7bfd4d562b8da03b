"""What may stand in a name for each term that was typed: itself, what is alike, and what may have been meant."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.core.search.fit import Asked
from apps.core.search.terms import SYNONYMS, variants

LONGEST_SLIP = 20  # letters of a term that is tried with slips: they are many
LONG = 5  # letters from which a term may be two, and its beginning may have a slip in it


@dataclass(frozen=True)
class Term:
    """A term that is looked for at a place of the query; with `begun`, whatever begins like this."""

    place: int
    text: str
    begun: bool = False


def exact(wanted: Asked) -> list[Term]:
    """The terms as they were typed, alike or written in one."""
    return [term for place in wanted.needed for term in at(wanted, place)]


def at(wanted: Asked, place: int) -> Iterator[Term]:
    terms = wanted.terms
    yield Term(place, terms[place], begun=wanted.is_open(place))
    for other in sorted(SYNONYMS.get(terms[place], ())):
        yield Term(place, other)
    # Two in one stand for both, so that either is there when the other is asked for.
    if place:
        yield Term(place, terms[place - 1] + terms[place], begun=wanted.is_open(place))
    if place + 1 < len(terms):
        yield Term(place, terms[place] + terms[place + 1], begun=wanted.is_open(place + 1))


def pairs(wanted: Asked) -> list[Term]:
    """'heyjude': two terms that were typed as one, wherever they may be parted; a space is between them."""
    return [
        Term(place, f"{term[:cut]} {term[cut:]}", begun=wanted.is_open(place))
        for place, term in enumerate(wanted.terms)
        if place in wanted.needed and len(term) >= LONG
        for cut in range(2, len(term) - 1)
    ]


def slips(wanted: Asked) -> list[Term]:
    """What may have been meant by a finished term: only what there is of these is looked for."""
    terms = {place: wanted.terms[place] for place in wanted.needed}
    return [
        Term(place, other) for place, term in terms.items() if 2 < len(term) <= LONGEST_SLIP for other in variants(term)
    ]


def begun_slips(wanted: Asked, changed: int = LONGEST_SLIP) -> list[Term]:
    """What the last term may have been meant to begin with, when the slip is in so many letters from its beginning."""
    place, term = len(wanted.terms) - 1, wanted.terms[-1]
    if place not in wanted.needed or not LONG <= len(term) <= LONGEST_SLIP:
        return []
    return [Term(place, other + term[changed:], begun=True) for other in variants(term[:changed])]
