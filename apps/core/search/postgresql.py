"""The statement for PostgreSQL: a tsquery over GIN indexes, slips from `core_term` by pg_trgm."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.core.search.terms import ARTIST

if TYPE_CHECKING:
    from apps.core.search.engine import Source, Term

NEAR = 8  # terms most like one that was typed

# What may stand at each place: a term that there is, as it was typed; else, or where that finds little, one like it.
# `meant` is one of these at each place, `perhaps` with slips everywhere, `almost` so at each place but one.
MEANT = """
WITH typed (place, term, begun) AS (SELECT * FROM unnest(%(places)s::int[], %(typed)s::text[], %(open)s::bool[])),
slips (place, term, begun) AS (SELECT * FROM unnest(%(slip_places)s::int[], %(slips)s::text[], %(begun)s::bool[])),
known (place) AS (
    SELECT place FROM typed WHERE EXISTS (
        SELECT FROM core_term c WHERE c.term >= typed.term
        AND c.term < typed.term || CASE WHEN begun THEN chr(1114111) ELSE chr(1) END)
),
alternatives (place, term, begun, firm) AS (
    SELECT *, true FROM unnest(%(given_places)s::int[], %(given)s::text[], %(given_begun)s::bool[])
    UNION
    SELECT place, near.term, false, false FROM typed CROSS JOIN LATERAL (
        SELECT c.term FROM core_term c WHERE c.term %% typed.term
        ORDER BY similarity(c.term, typed.term) DESC, c.term LIMIT %(near)s) near
    UNION
    SELECT place, term, false, false FROM slips JOIN core_term USING (term) WHERE NOT begun
    UNION
    SELECT place, term, true, false FROM slips WHERE begun AND EXISTS (
        SELECT FROM core_term c WHERE c.term >= slips.term AND c.term < slips.term || chr(1114111))
),
-- A space within is two terms that were typed as one.
written (place, firm, plain, by_artist) AS (
    SELECT place, firm OR place NOT IN (SELECT place FROM known),
           '''' || replace(term, ' ', '''&''') || '''' || CASE WHEN begun THEN ':*' ELSE '' END,
           '''@' || replace(term, ' ', '''&''@') || '''' || CASE WHEN begun THEN ':*' ELSE '' END
    FROM alternatives
),
places (place, firm, firm_by_artist, plain, by_artist) AS (
    SELECT place, '(' || string_agg(plain, '|') FILTER (WHERE firm) || ')',
           '(' || string_agg(by_artist, '|') FILTER (WHERE firm) || ')',
           '(' || string_agg(plain, '|') || ')', '(' || string_agg(by_artist, '|') || ')'
    FROM written GROUP BY place
),
meant (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg(firm, '&')::tsquery, string_agg(firm_by_artist, '&')::tsquery FROM places
),
perhaps (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg(plain, '&')::tsquery, string_agg(by_artist, '&')::tsquery FROM places
),
ways (plain, by_artist) AS (
    SELECT string_agg(plain, '&'), string_agg(by_artist, '&')
    FROM unnest(%(left_out)s::int[]) AS out (place) JOIN places ON places.place <> out.place GROUP BY out.place
),
almost (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg('(' || plain || ')', '|')::tsquery, string_agg('(' || by_artist || ')', '|')::tsquery FROM ways
)
"""
WAYS = ("(SELECT {} FROM meant)", "(SELECT {} FROM perhaps)", "(SELECT {} FROM almost)")


def statement(
    sources: Sequence["Source"], text: str, given: list["Term"], slips: list["Term"], most: int
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. Rows: kind, id, name, terms, weight, what else there is to tell as JSON."""
    params: dict[str, Any] = {"most": most, "folded": text}
    if not slips:
        params |= {"plain": tsquery(given, ""), "by_artist": tsquery(given, ARTIST)}
        return joined(sources, ("%({})s::tsquery",)), params
    places, typed = sorted({term.place for term in given}), first_of_each(given)
    params |= {
        "near": NEAR, "places": [term.place for term in typed], "typed": [term.text for term in typed],
        "open": [term.begun for term in typed], "given_places": [term.place for term in given],
        "given": [term.text for term in given], "given_begun": [term.begun for term in given],
        "slip_places": [term.place for term in slips], "slips": [term.text for term in slips],
        "begun": [term.begun for term in slips], "left_out": places if len(places) > 2 else [],
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


def joined(sources: Sequence["Source"], ways: Sequence[str]) -> str:
    return " UNION ALL ".join(
        part(source, [way.format("by_artist" if source.by_artist else "plain") for way in ways]) for source in sources
    )


def part(source: "Source", queries: list[str]) -> str:
    """One select after the other: a later one is only looked into when those before it have not given enough."""
    table = source.model._meta.db_table
    wheres = [f"array_to_tsvector(string_to_array(t.terms, ' ')) @@ {query}" for query in queries]
    if source.tiers:
        wheres = [f"t.tier = {tier} AND {where}" for where in wheres for tier in source.tiers]
    if source.exact:
        wheres.insert(0, f"t.{source.exact} = %(folded)s")
    each = " UNION ALL ".join(
        f"(SELECT t.* FROM {table} t WHERE {source.where} AND {where} ORDER BY {source.order} LIMIT %(most)s)"
        for where in wheres
    )
    more = ", ".join(f"'{name}', {column}" for name, column in source.more.items())
    columns = f"'{source.kind}', t.id, {source.name}, t.terms, {source.weight}, json_build_object({more})::text"
    enough = f"SELECT * FROM ({each}) e LIMIT %(most)s"
    one_each = f"SELECT DISTINCT ON ({source.one_per}) t.* FROM ({enough}) t ORDER BY {source.one_per}, {source.order}"
    return f"(SELECT {columns} FROM ({one_each}) t {source.joins})"
