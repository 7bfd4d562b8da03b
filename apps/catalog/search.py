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
    exact="folded_artist",
    one_per="t.folded_artist",
    most=20,
)
VENUES = Source(
    kind="venues", model=Venue, name="t.name", more={"slug": "t.slug", "town": "t.town"}, order="t.name, t.id"
)
SOURCES = {source.kind: source for source in (SONGS, ARTISTS, VENUES)}

# What makes one come before another that fits as well: the title is said in full, the artist is, both are, it is known.
TITLE, BY, WHOLE, KNOWN_BY = 0.25, 0.15, 0.1, 0.15
NO_CORE = SMALL | {ARTIST + term for term in SMALL}


def search_songs(text: str, limit: int) -> list[Hit]:
    return best(find(text[:MOST_TYPED], [SONGS]))[:limit]


def best(hits: Iterable[Hit]) -> list[Hit]:
    """In the order of how well they fit, and how well they are known; what is written in two ways stands together."""
    hits = list(hits)
    most = max((hit.weight for hit in hits), default=0)
    scored = [(hit, core(hit), score(hit, most)) for hit in hits]
    scores: dict[frozenset[str], float] = {}
    names: dict[frozenset[str], str] = {}
    for hit, same, value in scored:
        scores[same] = max(value, scores.get(same, value))
        names[same] = min(hit.name, names.get(same, hit.name))
    scored.sort(key=lambda one: (-scores[one[1]], names[one[1]], -one[2], one[0].name, one[0].id))
    return [hit for hit, _same, _value in scored]


def core(hit: Hit) -> frozenset[str]:
    return frozenset(hit.terms) - NO_CORE


def score(hit: Hit, most: float) -> float:
    by = [term[1:] for term in hit.terms if term.startswith(ARTIST)]
    said = share(hit.meant, hit.terms[: hit.terms.index(ARTIST + by[0])] if by else hit.terms)
    said_by = share(hit.meant, by) if by else said
    known = math.log1p(hit.weight) / math.log1p(most) if most else 0
    return hit.fit + TITLE * said + BY * said_by + WHOLE * (said == said_by == 1) + KNOWN_BY * known


def share(meant: Iterable[str], terms: Iterable[str]) -> float:
    """By letters, so that a long word says more; 0 where there is nothing to say."""
    wanted = set(terms)
    letters = sum(map(len, wanted))
    return sum(map(len, wanted.intersection(meant))) / letters if letters else 0
