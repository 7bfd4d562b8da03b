"""Search of songs, artists and venues: what fits what was typed, the best first."""

import math
from collections.abc import Iterable

from apps.catalog.models import Song, Venue
from apps.catalog.queries import TIERS
from apps.core.search.engine import Hit, Source, find
from apps.core.search.terms import ARTIST, SMALL

MOST_TYPED = 100  # letters of a query; further ones are left out

KNOWN = "t.popularity DESC, t.times_played DESC, t.id"
SONGS = Source(
    kind="songs",
    model=Song,
    name="t.title",
    more={"artist": "t.artist", "year": "t.year", "popularity": "t.popularity", "times_played": "t.times_played"},
    order=KNOWN,
    weight="t.popularity",
    where="t.listed",
    tiers=TIERS,
    exact="folded_title",
)
ARTISTS = Source(
    kind="artists",
    model=Song,
    name="t.artist",
    more={"songs": "(SELECT count(*) FROM catalog_song s WHERE s.folded_artist = t.folded_artist AND s.listed)"},
    order=KNOWN,
    weight="t.popularity",
    where="t.listed",
    tiers=TIERS,
    by_artist=True,
    one_per="t.folded_artist",
)
VENUES = Source(
    kind="venues", model=Venue, name="t.name", more={"slug": "t.slug", "town": "t.town"}, order="t.name, t.id"
)
SOURCES = {source.kind: source for source in (SONGS, ARTISTS, VENUES)}

# What makes one come before another that fits as well: the title is said in full, the artist is, both are, it is known.
TITLE, BY, WHOLE, KNOWN_BY = 0.25, 0.15, 0.1, 0.15


def search_songs(text: str, limit: int) -> list[Hit]:
    return best(find(text[:MOST_TYPED], [SONGS]))[:limit]


def best(hits: Iterable[Hit]) -> list[Hit]:
    """In the order of how well they fit, and how well they are known; what is written in two ways stands together."""
    hits = list(hits)
    most = max((hit.weight for hit in hits), default=0)
    scores: dict[frozenset[str], float] = {}
    for hit in hits:
        scores[core(hit)] = max(score(hit, most), scores.get(core(hit), 0))
    names = {core(hit): hit.name for hit in sorted(hits, key=lambda hit: hit.name, reverse=True)}
    return sorted(hits, key=lambda hit: (-scores[core(hit)], names[core(hit)], -score(hit, most), hit.name, hit.id))


def core(hit: Hit) -> frozenset[str]:
    return frozenset(term for term in hit.terms if term.removeprefix(ARTIST) not in SMALL)


def score(hit: Hit, most: float) -> float:
    marks = [place for place, term in enumerate(hit.terms) if term.startswith(ARTIST)]
    title = share(hit.meant, hit.terms[: marks[0]] if marks else hit.terms)
    by = share(hit.meant, [hit.terms[place].removeprefix(ARTIST) for place in marks]) if marks else title
    known = math.log1p(hit.weight) / math.log1p(most) if most else 0
    return hit.fit + TITLE * title + BY * by + WHOLE * (title == by == 1) + KNOWN_BY * known


def share(meant: Iterable[str], terms: Iterable[str]) -> float:
    """By letters, so that a long word says more; 0 where there is nothing to say."""
    wanted = set(terms)
    letters = sum(map(len, wanted))
    return sum(len(term) for term in wanted & set(meant)) / letters if letters else 0
