"""The statement for PostgreSQL: a tsquery over GIN indexes, slips from `core_term` by what is left without letters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.core.search.alternatives import Term, begun_slips, exact, pairs
from apps.core.search.fit import Asked
from apps.core.search.terms import ARTIST, BEGINS, FEW, LONGEST
from apps.core.search.ways import joined

if TYPE_CHECKING:
    from apps.core.search.engine import Source

TYPED = "typed"  # the way of the terms as they stand
NEAR, NEAR_SHORT = 12, 40  # terms most like one that was typed; one of up to five letters is like many

# What may stand at each place: a term that there is, as it was typed; else, or where that finds little, one like it.
# `meant` is one of these at each place, `perhaps` with slips everywhere, `almost` so at each place but one.
MEANT = """
WITH typed (place, term, begun) AS (SELECT * FROM unnest(%(places)s::int[], %(typed)s::text[], %(open)s::bool[])),
given (place, term, begun) AS (
    SELECT * FROM unnest(%(given_places)s::int[], %(given)s::text[], %(given_begun)s::bool[])
),
-- A space within is two terms that were typed as one.
parted (place, term, begun) AS (
    SELECT place, head || ' ' || tail, begun
    FROM unnest(%(parted_places)s::int[], %(heads)s::text[], %(tails)s::text[], %(parted_begun)s::bool[])
        AS of (place, head, tail, begun)
    WHERE head IN (SELECT term FROM core_term) AND {there_is_tail}
),
begun (place, term, begun) AS (
    SELECT DISTINCT %(last)s::int, left(term, %(most_begun)s), true
    FROM unnest(string_to_array(%(begun)s, ' ')) AS of (term) WHERE {there_is_begun}
),
unknown (place, term, begun) AS MATERIALIZED (SELECT * FROM typed WHERE NOT {there_is_typed}),
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
    FROM unnest(%(left_out)s::int[]) AS out (place) JOIN places_unknown p ON p.place <> out.place GROUP BY out.place
),
almost (plain, by_artist) AS MATERIALIZED (
    SELECT string_agg('(' || plain || ')', '|')::tsquery, string_agg('(' || by_artist || ')', '|')::tsquery FROM ways
)
"""
THERE_IS = """
EXISTS (SELECT FROM core_term c WHERE c.term >= {term}
        AND c.term < {term} || CASE WHEN {begun} THEN chr(1114111) ELSE chr(1) END)
"""
# The terms that are like those of a table, and what they are in a tsquery; reckoned when it is asked for, not before.
LIKE = """
like_{table} (place, term, begun) AS (
    SELECT * FROM given
    UNION
    SELECT place, near.term, false FROM {table} t CROSS JOIN LATERAL (
        SELECT c.term FROM core_term c WHERE core_slips(c.term) && core_slips(t.term)
        ORDER BY length(c.term) = length(t.term) AND translate(c.term, t.term, '') = '' DESC, -- letters exchanged
                 similarity(c.term, t.term) DESC, c.term
        LIMIT CASE WHEN length(t.term) > 5 THEN %(near)s ELSE %(near_short)s END) near
    WHERE length(t.term) > 2
    UNION
    SELECT * FROM parted WHERE place IN (SELECT place FROM {table})
    UNION
    SELECT * FROM begun WHERE place IN (SELECT place FROM {table})
),
places_{table} (place, plain, by_artist) AS MATERIALIZED (
    SELECT place,
           '(' || string_agg(concat('''', few, replace(term, ' ', '''&'''), '''', star), '|') || ')',
           '(' || string_agg(concat('''', few, '@', replace(term, ' ', '''&''@'), '''', star), '|') || ')'
    FROM like_{table}, LATERAL (SELECT begun AND length(term) = %(few)s AS is_few) f,
         LATERAL (SELECT CASE WHEN is_few THEN '^' END, CASE WHEN begun AND NOT is_few THEN ':*' END) w (few, star)
    GROUP BY place
)"""
MEANT = MEANT.format(
    there_is_tail=THERE_IS.format(term="tail", begun="begun").strip(),
    there_is_begun=THERE_IS.format(term="of.term", begun="true").strip(),
    there_is_typed=THERE_IS.format(term="typed.term", begun="begun").strip(),
    **{f"like_{table}": LIKE.format(table=table).strip() for table in ("unknown", "typed")},
)
# When each is looked for: terms that there are have been, and what is found sooner, of whatever kind, will do.
WAYS = {
    "meant": "EXISTS (SELECT FROM unknown)",
    "perhaps": "NOT EXISTS (SELECT FROM found_meant)",
    "almost": "NOT EXISTS (SELECT FROM found_meant) AND NOT EXISTS (SELECT FROM found_perhaps)",
}


def statement(
    sources: Sequence["Source"], text: str, wanted: Asked, most: int, *, loose: bool
) -> tuple[str, dict[str, Any]]:
    """SQL and parameters. Rows: kind, id, name, terms, weight, what else there is to tell as JSON."""
    given = exact(wanted)
    params: dict[str, Any] = {"most": most, "folded": text}
    whole = {term.place for term in given} == {len(wanted.terms) - 1}
    sought = given if whole else shortened(given, wanted)
    if not loose:
        params |= {"plain": tsquery(sought, ""), "by_artist": tsquery(sought, ARTIST)}
        params |= {"plain_open": likes(given, wanted, ""), "by_artist_open": likes(given, wanted, ARTIST)}
        return joined(sources, [TYPED], tiers, told), params
    most_begun = LONGEST if whole else FEW
    places = sorted({term.place for term in sought})
    typed = [Term(place, wanted.terms[place], begun=wanted.is_open(place)) for place in places]
    params |= {
        "near": NEAR, "near_short": NEAR_SHORT, "few": FEW, "places": places, "typed": [term.text for term in typed],
        "open": [term.begun for term in typed], "given_places": [term.place for term in sought],
        "given": [term.text for term in sought], "given_begun": [term.begun for term in sought],
        "last": len(wanted.terms) - 1, "left_out": places if len(places) > 2 else [],
        "begun": " ".join(term.text for term in begun_slips(wanted, most_begun)),  # one text is sooner read than a list
        "most_begun": most_begun,
    }  # fmt: skip
    parted = [(term.place, *term.text.split(), term.begun) for term in pairs(wanted)]
    for number, name in enumerate(("parted_places", "heads", "tails", "parted_begun")):
        params[name] = [part[number] for part in parted]
    return MEANT + ", " + joined(sources, WAYS, tiers, told).removeprefix("WITH "), params


def shortened(given: list[Term], wanted: Asked) -> list[Term]:
    """With the first letters of the last word, where there are others, and without it where it is one letter.

    To unite the rows of all terms that begin so takes tens of milliseconds where one of them is common. What is too
    much then, `likes` leaves out.
    """
    last, word = len(wanted.terms) - 1, wanted.terms[-1]
    if len(word) < FEW:
        return [term for term in given if term.place != last]
    return [Term(last, word[:FEW], begun=True) if term == Term(last, word, begun=True) else term for term in given]


def likes(given: list[Term], wanted: Asked, mark: str) -> list[str]:
    """What the terms of a row are like, with a space before and behind, that has the last word: one of these."""
    last = len(wanted.terms) - 1
    return [f"% {mark}{term.text}{'' if term.begun else ' '}%" for term in given if term.place == last] or ["%"]


def tsquery(given: list[Term], mark: str) -> str:
    places: dict[int, list[str]] = {}
    for term in given:
        few = term.begun and len(term.text) == FEW
        lexeme = f"'{BEGINS if few else ''}{mark}{term.text}'"
        places.setdefault(term.place, []).append(f"{lexeme}:*" if term.begun and not few else lexeme)
    return "&".join(f"({'|'.join(any_of)})" for any_of in places.values())


def tiers(source: "Source", way: str) -> str:
    """One tier after the other until there are enough."""
    when = WAYS.get(way, "TRUE")
    column = "by_artist" if source.by_artist else "plain"
    query = f"%({column})s::tsquery" if way == TYPED else f"(SELECT {column} FROM {way})"
    has = f"array_to_tsvector(string_to_array(t.terms, ' ')) @@ {query}"
    if way == TYPED:
        has += f" AND ' ' || t.terms || ' ' LIKE ANY (%({column}_open)s::text[])"
    wheres = [(f"t.tier = {tier} AND {has}", "%(most)s") for tier in source.tiers] or [(has, "%(most)s")]
    if source.exact and way == TYPED:
        wheres.insert(0, (f"t.{source.exact} = %(folded)s", "%(most)s" if source.one_per == "t.id" else "1"))
    each = " UNION ALL ".join(
        f"(SELECT t.* FROM {source.model._meta.db_table} t WHERE {when} AND {source.where} AND {where}"
        f" ORDER BY {source.order} LIMIT {most})"
        for where, most in wheres
    )
    return f"SELECT * FROM ({each}) e LIMIT %(most)s"


def told(source: "Source", found: str) -> str:
    """Each once, the best known first."""
    more = ", ".join(f"'{name}', {column}" for name, column in source.more.items())
    columns = f"'{source.kind}', t.id, {source.name}, t.terms, {source.weight}, json_build_object({more})::text"
    one_each = f"SELECT DISTINCT ON ({source.one_per}) t.* FROM ({found}) t ORDER BY {source.one_per}, {source.order}"
    few = f"SELECT t.* FROM ({one_each}) t ORDER BY {source.order} LIMIT {source.most}"
    return f"SELECT * FROM (SELECT {columns} FROM ({few}) t {source.joins}) {source.kind}"
