"""One statement finds what has the terms, in all kinds of things; a second one, where nothing was, forgives slips.

A Source says which rows of a table are looked through and in which order. What comes back is judged by `fit`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connections, router
from django.db.models import Model

from apps.core.search import postgresql, sqlite
from apps.core.search.fit import Asked, fit
from apps.core.search.terms import ARTIST, SYNONYMS, asked, variants
from apps.core.text import fold

CANDIDATES = 80  # of a source, the best known first
LONGEST_SLIP = 20  # letters of a term that is tried with slips: they are many
LONG = 5  # letters from which the beginning of a term may have a slip in it


@dataclass(frozen=True)
class Source:
    """Rows of a table, which is `t`, with terms. `more` is what a hit tells besides: names and their columns."""

    kind: str
    model: type[Model]
    name: str
    more: dict[str, str]
    order: str  # the best known first
    weight: str = "0"  # the higher, the better known
    where: str = "TRUE"
    joins: str = ""
    tiers: tuple[int, ...] = ()
    by_artist: bool = False
    exact: str = ""  # column that holds the whole folded text, where it should be found before all else
    one_per: str = "t.id"  # of which each value comes once


@dataclass(frozen=True)
class Hit:
    kind: str
    id: int
    name: str
    more: dict[str, Any]
    terms: list[str]
    weight: float
    fit: float
    meant: frozenset[str]


@dataclass(frozen=True)
class Term:
    """A term that is looked for at a place of the query; with `begun`, whatever begins like this."""

    place: int
    text: str
    begun: bool = False


def find(text: str, sources: Sequence[Source]) -> list[Hit]:
    """What fits the text at all, in the order of the sources. One query, or two where nothing is as it was typed."""
    wanted = Asked(asked(text))
    if not wanted.terms or not sources:
        return []
    folded = fold(text)
    hits = judged(wanted, sources, rows(sources, folded, exact(wanted), []), loose=False)
    if hits:
        return hits
    given = [*exact(wanted), *pairs(wanted)]
    return judged(wanted, sources, rows(sources, folded, given, slips(wanted)), loose=True)


def rows(sources: Sequence[Source], text: str, given: list[Term], slipped: list[Term]) -> list[tuple[Any, ...]]:
    connection = connections[router.db_for_read(sources[0].model)]
    vendor = postgresql if connection.vendor == "postgresql" else sqlite
    sql, params = vendor.statement(sources, text, given, slipped, CANDIDATES)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def judged(wanted: Asked, sources: Sequence[Source], found: list[tuple[Any, ...]], *, loose: bool) -> list[Hit]:
    hits, by_artist = [], {source.kind for source in sources if source.by_artist}
    for kind, pk, name, terms, weight, more in found:
        have = terms.split()
        if kind in by_artist:
            have = [term.removeprefix(ARTIST) for term in have if term.startswith(ARTIST)]
        value, which = fit(wanted, [term for term in have if not term.startswith(ARTIST)], loose=loose)
        if value:
            hits.append(Hit(kind, pk, name, orjson.loads(more), have, weight, value, frozenset(which)))
    return hits


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
    """'heyjude': two terms that were typed as one, wherever they may be parted."""
    return [
        Term(place, f"{term[:cut]} {term[cut:]}", begun=wanted.is_open(place))
        for place, term in enumerate(wanted.terms)
        if place in wanted.needed and len(term) >= LONG
        for cut in range(2, len(term) - 1)
    ]


def slips(wanted: Asked) -> list[Term]:
    """What may have been meant by a term: only what there is of these is looked for."""
    found = []
    for place in wanted.needed:
        term = wanted.terms[place]
        if 2 < len(term) <= LONGEST_SLIP:
            found += [Term(place, other) for other in variants(term)]
            if wanted.is_open(place) and len(term) >= LONG:
                found += [Term(place, other, begun=True) for other in variants(term)]
    return found
