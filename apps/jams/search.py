"""Search over everything that the public may see: songs, artists, venues and jams."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from apps.catalog.search import MOST_TYPED, SOURCES, best
from apps.core.search.engine import Hit, Source, find
from apps.jams.models import Jam

JAMS = Source(
    kind="jams",
    model=Jam,
    name="t.name",
    more={
        "slug": "t.slug",
        "venue": "v.name",
        "time_zone": "v.time_zone",
        "starts_at": "t.starts_at",
        "status": "t.status",
    },
    # What is on now, what comes, what was: of these the latest.
    order="t.status = 'ended', t.starts_at DESC, t.id",
    weight="CASE t.status WHEN 'ended' THEN 0 WHEN 'open' THEN 1 ELSE 2 END",
    where="t.status <> 'draft'",
    joins="JOIN catalog_venue v ON v.id = t.venue_id",
)
KINDS = {**SOURCES, JAMS.kind: JAMS}


def search(text: str, *, kinds: Collection[str] = tuple(KINDS), limit: int) -> dict[str, list[dict[str, Any]]]:
    """For each kind what fits best, at most `limit`, as the API tells it. Two queries at most."""
    hits = find(text[:MOST_TYPED], [source for kind, source in KINDS.items() if kind in kinds])
    return {
        kind: [TOLD[kind](hit) for hit in best(hit for hit in hits if hit.kind == kind)[:limit]]
        for kind in KINDS
        if kind in kinds
    }


def song(hit: Hit) -> dict[str, Any]:
    return {"id": hit.id, "title": hit.name, **hit.more, "url": f"/songs/{hit.id}"}


def artist(hit: Hit) -> dict[str, Any]:
    return {"name": hit.name, **hit.more, "url": f"/songs?{urlencode({'search': hit.name})}"}


def venue(hit: Hit) -> dict[str, Any]:
    return {"name": hit.name, **hit.more, "url": f"/venues/{hit.more['slug']}"}


def jam(hit: Hit) -> dict[str, Any]:
    at = datetime.fromisoformat(hit.more["starts_at"])
    at = at if at.tzinfo else at.replace(tzinfo=UTC)  # SQLite has no zones: it is UTC
    more = {**hit.more, "starts_at": at.astimezone(UTC)}
    return {"name": hit.name, **more, "url": f"/jams/{hit.more['slug']}"}


TOLD = {"songs": song, "artists": artist, "venues": venue, "jams": jam}
