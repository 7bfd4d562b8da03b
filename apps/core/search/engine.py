"""One statement finds what has the terms, in all kinds of things; a second one, where nothing was, forgives slips.

A Source says which rows of a table are looked through and in which order. What comes back is judged by `fit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connections, router
from django.db.models import Model

from apps.core.prepared import prepared_cursor
from apps.core.search import postgresql, sqlite
from apps.core.search.fit import Asked, fit
from apps.core.search.terms import ARTIST, asked, without_beginnings
from apps.core.text import fold

CANDIDATES = 40  # rows of a source, the best known first


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
    most: int = CANDIDATES  # hits


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


def find(text: str, sources: Sequence[Source]) -> list[Hit]:
    """What fits the text at all, in the order of the sources. One query, or two where nothing is as it was typed."""
    wanted = Asked(asked(text))
    if not wanted.terms or not sources:
        return []
    hits = judged(wanted, sources, rows(sources, text, wanted, loose=False), loose=False)
    return hits or judged(wanted, sources, rows(sources, text, wanted, loose=True), loose=True)


def rows(sources: Sequence[Source], text: str, wanted: Asked, *, loose: bool) -> list[tuple[Any, ...]]:
    vendor = postgresql if connections[router.db_for_read(sources[0].model)].vendor == "postgresql" else sqlite
    sql, params = vendor.statement(sources, fold(text), wanted, CANDIDATES, loose=loose)
    with prepared_cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def judged(wanted: Asked, sources: Sequence[Source], found: list[tuple[Any, ...]], *, loose: bool) -> list[Hit]:
    hits, by_artist = [], {source.kind for source in sources if source.by_artist}
    for kind, pk, name, terms, weight, more in found:
        have = without_beginnings(terms)
        if kind in by_artist:
            have = [term.removeprefix(ARTIST) for term in have if term.startswith(ARTIST)]
        value, which = fit(wanted, [term for term in have if not term.startswith(ARTIST)], loose=loose)
        if value:
            hits.append(Hit(kind, pk, name, orjson.loads(more), have, weight, value, frozenset(which)))
    return hits
