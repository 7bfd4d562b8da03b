"""The statement for SQLite: FTS5, and slips from `core_term` by its trigrams (bm25 says which are most alike).

What the parts are for, postgresql.py says.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson

from apps.core.search.alternatives import Term, begun_slips, exact, pairs, slips
from apps.core.search.fit import Asked
from apps.core.search.terms import ARTIST, BEGINS, FEW
from apps.core.search.ways import joined

if TYPE_CHECKING:
    from apps.core.search.engine import Source

NO_TERM = '"@"'
NEAR = 16  # more than on PostgreSQL, since here the beginning of a term weighs no more than its middle

MEANT = f"""
WITH given (place, term, begun) AS (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(%(given)s)),
slips (place, term, begun) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(%(slips)s)
),
typed (place, term, begun) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(%(typed)s)
),
known (place) AS (
    SELECT place FROM typed WHERE EXISTS (
        SELECT 1 FROM core_term c WHERE c.term >= typed.term
        AND c.term < typed.term || CASE WHEN begun THEN char(1114111) ELSE char(1) END)
),
alternatives (place, term, begun, firm) AS (
    SELECT *, 1 FROM given
    UNION
    SELECT place, value, 0, 0 FROM (
        SELECT place, (SELECT json_group_array(term) FROM (
            SELECT term FROM core_term_fts WHERE core_term_fts MATCH trigrams ORDER BY rank LIMIT {NEAR}
        )) AS terms FROM (SELECT value ->> 0 AS place, value ->> 1 AS trigrams FROM json_each(%(trigrams)s))
    ), json_each(terms)
    UNION
    SELECT place, term, 0, 0 FROM slips WHERE NOT begun AND term IN (SELECT term FROM core_term)
    UNION
    SELECT place, term, 1, 0 FROM slips WHERE begun AND EXISTS (
        SELECT 1 FROM core_term c WHERE c.term >= slips.term AND c.term < slips.term || char(1114111))
),
written (place, firm, plain, by_artist) AS MATERIALIZED (
    SELECT place, firm OR place NOT IN (SELECT place FROM known),
           '"' || replace(term, ' ', '" AND "') || '"' || CASE WHEN begun THEN ' *' ELSE '' END,
           '"@' || replace(term, ' ', '" AND "@') || '"' || CASE WHEN begun THEN ' *' ELSE '' END
    FROM alternatives
),
places (place, firm, firm_by_artist, plain, by_artist) AS MATERIALIZED (
    SELECT place, '(' || group_concat(plain, ' OR ') FILTER (WHERE firm) || ')',
           '(' || group_concat(by_artist, ' OR ') FILTER (WHERE firm) || ')',
           '(' || group_concat(plain, ' OR ') || ')', '(' || group_concat(by_artist, ' OR ') || ')'
    FROM written GROUP BY place
),
meant (plain, by_artist) AS MATERIALIZED (
    SELECT group_concat(firm, ' AND '), group_concat(firm_by_artist, ' AND ') FROM places
),
perhaps (plain, by_artist) AS MATERIALIZED (
    SELECT group_concat(plain, ' AND '), group_concat(by_artist, ' AND ') FROM places
),
ways (plain, by_artist) AS (
    SELECT group_concat(plain, ' AND '), group_concat(by_artist, ' AND ')
    FROM json_each(%(left_out)s) AS out JOIN places ON places.place <> out.value GROUP BY out.value
),
almost (plain, by_artist) AS MATERIALIZED (
    SELECT coalesce(group_concat('(' || plain || ')', ' OR '), '{NO_TERM}'),
           coalesce(group_concat('(' || by_artist || ')', ' OR '), '{NO_TERM}') FROM ways
)
"""
TYPED = "typed_ones"  # the way of the terms as they stand
WAYS = ("meant", "perhaps", "almost")  # what is found sooner, of whatever kind, will do


def statement(
    sources: Sequence["Source"], text: str, wanted: Asked, most: int, *, loose: bool
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. Rows: kind, id, name, terms, weight, what else there is to tell as JSON."""
    params: dict[str, Any] = {"most": most, "folded": text}
    if not loose:
        params |= {"plain": match(exact(wanted), ""), "by_artist": match(exact(wanted), ARTIST)}
        return joined(sources, [TYPED], rows, told), params
    given, others = [*exact(wanted), *pairs(wanted)], [*slips(wanted), *begun_slips(wanted)]
    typed = [Term(place, wanted.terms[place], begun=wanted.is_open(place)) for place in wanted.needed]
    typed = [term for term in typed if len(term.text) > 2]
    params |= {"given": table(given), "slips": table(others), "typed": table(typed)}
    params["trigrams"] = orjson.dumps([[term.place, trigrams(term.text)] for term in typed]).decode()
    params["left_out"] = orjson.dumps(wanted.needed if len(wanted.needed) > 2 else []).decode()
    return MEANT + ", " + joined(sources, WAYS, rows, told).removeprefix("WITH "), params


def rows(source: "Source", way: str) -> str:
    name = source.model._meta.db_table
    column = "by_artist" if source.by_artist else "plain"
    earlier = WAYS[: WAYS.index(way)] if way in WAYS else ()
    too_late = " OR ".join(f"EXISTS (SELECT 1 FROM found_{other})" for other in earlier) or "FALSE"
    query = (
        f"%({column})s"
        if way == TYPED
        else f"(SELECT CASE WHEN {too_late} THEN '{NO_TERM}' ELSE {column} END FROM {way})"
    )
    wheres = [(f"t.id IN (SELECT rowid FROM {name}_fts WHERE {name}_fts MATCH {query})", "%(most)s")]
    if source.exact and way == TYPED:
        wheres.insert(0, (f"t.{source.exact} = %(folded)s", "%(most)s" if source.one_per == "t.id" else "1"))
    select = f"SELECT t.* FROM {name} t WHERE {source.where} AND {{}} ORDER BY {source.order} LIMIT {{}}"
    each = " UNION ALL ".join(f"SELECT * FROM ({select.format(where, most)})" for where, most in wheres)
    return f"SELECT * FROM ({each}) LIMIT %(most)s"


def told(source: "Source", found: str) -> str:
    """Each once, the best known first."""
    more = ", ".join(f"'{name}', {column}" for name, column in source.more.items())
    columns = f"'{source.kind}', t.id, {source.name}, t.terms, {source.weight}, json_object({more})"
    # Of each group the row with the highest weight: SQLite gives the columns of the row that has the only max().
    one_each = f"SELECT t.*, max({source.weight}) FROM ({found}) t GROUP BY {source.one_per}"
    few = f"SELECT * FROM ({one_each}) t ORDER BY {source.order} LIMIT {source.most}"
    return f"SELECT * FROM (SELECT {columns} FROM ({few}) t {source.joins})"


def table(terms: list[Term]) -> str:
    return orjson.dumps([[term.place, term.text, int(term.begun)] for term in terms]).decode()


def trigrams(term: str) -> str:
    return " OR ".join(f'"{term[start : start + 3]}"' for start in range(len(term) - 2))


def match(given: list[Term], mark: str) -> str:
    places: dict[int, list[str]] = {}
    for term in given:
        few = term.begun and len(term.text) == FEW
        lexeme = f'"{BEGINS if few else ""}{mark}{term.text}"'
        places.setdefault(term.place, []).append(f"{lexeme} *" if term.begun and not few else lexeme)
    return " AND ".join(f"({' OR '.join(any_of)})" for any_of in places.values())
