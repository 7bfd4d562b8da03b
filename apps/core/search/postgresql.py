"""The statement for PostgreSQL: a tsquery over GIN indexes, slips from `core_term` by pg_trgm."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.core.search.terms import ARTIST

if TYPE_CHECKING:
    from apps.core.search.engine import Source, Term

TYPED = "typed"  # the way of the terms as they stand
NEAR = 8  # terms most like one that was typed

# What may stand at each place: a term that there is, as it was typed; else, or where that finds little, one like it.
# `meant` is one of these at each place, `perhaps` with slips everywhere, `almost` so at each place but one.
MEANT = """
WITH typed (place, term, begun) AS (SELECT * FROM unnest(%(places)s::int[], %(typed)s::text[], %(open)s::bool[])),
slips (place, term, begun) AS (
    SELECT place, term, begun FROM unnest(%(slip_places)s::int[], %(slips)s::text[], %(begun)s::bool[])
        AS of (place, terms, begun), unnest(string_to_array(terms, ' ')) AS term
),
given (place, term, begun) AS (
    SELECT * FROM unnest(%(given_places)s::int[], %(given)s::text[], %(given_begun)s::bool[])
),
unknown (place, term, begun) AS MATERIALIZED (
    SELECT * FROM typed WHERE NOT EXISTS (
        SELECT FROM core_term c WHERE c.term >= typed.term
        AND c.term < typed.term || CASE WHEN begun THEN chr(1114111) ELSE chr(1) END)
),
{like_unknown},
{like_typed},
meant (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg(plain, '&')::tsquery, string_agg(by_artist, '&')::tsquery FROM places_unknown
),
perhaps (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg(plain, '&')::tsquery, string_agg(by_artist, '&')::tsquery FROM places_typed
),
ways (plain, by_artist) AS (
    SELECT string_agg(plain, '&'), string_agg(by_artist, '&')
    FROM unnest(%(left_out)s::int[]) AS out (place) JOIN places_typed p ON p.place <> out.place GROUP BY out.place
),
almost (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg('(' || plain || ')', '|')::tsquery, string_agg('(' || by_artist || ')', '|')::tsquery FROM ways
)
"""
# The terms that are like those of a table, and what they are in a tsquery; reckoned when it is asked for, not before.
LIKE = """
like_{table} (place, term, begun) AS (
    SELECT * FROM given
    UNION
    SELECT place, near.term, false FROM {table} t CROSS JOIN LATERAL (
        SELECT c.term FROM core_term c WHERE c.term %% t.term
        ORDER BY similarity(c.term, t.term) DESC, c.term LIMIT %(near)s) near
    UNION
    SELECT place, term, false FROM slips JOIN core_term USING (term)
    WHERE NOT begun AND place IN (SELECT place FROM {table})
    UNION
    SELECT place, term, true FROM slips
    WHERE begun AND place IN (SELECT place FROM {table}) AND EXISTS (
        SELECT FROM core_term c WHERE c.term >= slips.term AND c.term < slips.term || chr(1114111))
),
-- A space within is two terms that were typed as one.
places_{table} (place, plain, by_artist) AS MATERIALIZED (
    SELECT place,
           '(' || string_agg('''' || replace(term, ' ', '''&''') || '''' || star, '|') || ')',
           '(' || string_agg('''@' || replace(term, ' ', '''&''@') || '''' || star, '|') || ')'
    FROM like_{table}, LATERAL (SELECT CASE WHEN begun THEN ':*' ELSE '' END AS star) s GROUP BY place
)"""
MEANT = MEANT.format(**{f"like_{table}": LIKE.format(table=table).strip() for table in ("unknown", "typed")})
# When each is looked for: terms that there are have been, and what is found sooner will do.
WAYS = {
    "meant": "EXISTS (SELECT FROM unknown)",
    "perhaps": "NOT EXISTS (SELECT FROM by_meant)",
    "almost": "NOT EXISTS (SELECT FROM by_meant) AND NOT EXISTS (SELECT FROM by_perhaps)",
}


def statement(
    sources: Sequence["Source"], text: str, given: list["Term"], slips: list["Term"], most: int
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. Rows: kind, id, name, terms, weight, what else there is to tell as JSON."""
    params: dict[str, Any] = {"most": most, "folded": text}
    if not slips:
        params |= {"plain": tsquery(given, ""), "by_artist": tsquery(given, ARTIST)}
        return joined(sources, {TYPED: "TRUE"}), params
    slipped: dict[tuple[int, bool], list[str]] = {}
    for term in slips:
        slipped.setdefault((term.place, term.begun), []).append(term.text)
    places, typed = sorted({term.place for term in given}), first_of_each(given)
    params |= {
        "near": NEAR, "places": [term.place for term in typed], "typed": [term.text for term in typed],
        "open": [term.begun for term in typed], "given_places": [term.place for term in given],
        "given": [term.text for term in given], "given_begun": [term.begun for term in given],
        "slip_places": [place for place, _begun in slipped], "begun": [begun for _place, begun in slipped],
        "slips": [" ".join(terms) for terms in slipped.values()],  # thousands: one text is sooner read than a list
        "left_out": places if len(places) > 2 else [],
    }  # fmt: skip
    return MEANT + joined(sources, WAYS), params


def first_of_each(given: list["Term"]) -> list["Term"]:
    """What was typed, where it is long enough to be something else."""
    first = {term.place: term for term in reversed(given)}
    return [term for _place, term in sorted(first.items()) if len(term.text) > 2]


def tsquery(given: list["Term"], mark: str) -> str:
    places: dict[int, list[str]] = {}
    for term in given:
        places.setdefault(term.place, []).append(f"'{mark}{term.text}'{':*' * term.begun}")
    return "&".join(f"({'|'.join(any_of)})" for any_of in places.values())


def joined(sources: Sequence["Source"], ways: dict[str, str]) -> str:
    return " UNION ALL ".join(part(source, ways) for source in sources)


def part(source: "Source", ways: dict[str, str]) -> str:
    """The rows of each way, when it is its turn, from one tier after the other until there are enough."""
    table, column = source.model._meta.db_table, "by_artist" if source.by_artist else "plain"
    steps: list[str] = []
    if source.by_artist:  # who has some of the words is nobody whom they name
        ways = {way: when for way, when in ways.items() if way != "almost"}
    for way, when in ways.items():
        query = f"(SELECT {column} FROM {way})" if way != TYPED else f"%({column})s::tsquery"
        has = f"array_to_tsvector(string_to_array(t.terms, ' ')) @@ {query}"
        wheres = [f"t.tier = {tier} AND {has}" for tier in source.tiers] or [has]
        if source.exact and not steps:
            wheres.insert(0, f"t.{source.exact} = %(folded)s")
        each = " UNION ALL ".join(
            f"(SELECT t.* FROM {table} t WHERE {when} AND {source.where} AND {where}"
            f" ORDER BY {source.order} LIMIT %(most)s)"
            for where in wheres
        )
        steps.append(f"by_{way} AS MATERIALIZED (SELECT * FROM ({each}) e LIMIT %(most)s)")
    every = " UNION ALL ".join(f"SELECT * FROM by_{way}" for way in ways)
    more = ", ".join(f"'{name}', {told}" for name, told in source.more.items())
    columns = f"'{source.kind}', t.id, {source.name}, t.terms, {source.weight}, json_build_object({more})::text"
    one_each = f"SELECT DISTINCT ON ({source.one_per}) t.* FROM ({every}) t ORDER BY {source.one_per}, {source.order}"
    return f"SELECT * FROM (WITH {', '.join(steps)} SELECT {columns} FROM ({one_each}) t {source.joins}) found"
