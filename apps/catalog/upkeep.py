"""What keeps search fast as the library grows: which songs are looked through first."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import count, repeat

from django.db import connection

from apps.catalog.models import Song
from apps.catalog.queries import TIERS
from apps.core.search.index import settle

UP_TO = (1_000, 6_000, 36_000, 216_000)  # so many songs are in the first tier, in the first two, and so on

LATER = "CASE WHEN place > %s THEN 1 ELSE 0 END"
RANK = """
UPDATE catalog_song SET tier = ranked.tier FROM (
    SELECT id, {tier} AS tier FROM (
        SELECT id, row_number() OVER (ORDER BY popularity DESC, times_played DESC, id) AS place FROM catalog_song
    ) AS placed
) AS ranked WHERE ranked.id = catalog_song.id AND ranked.tier <> catalog_song.tier
"""


def rank_songs() -> int:
    """Put each song into its tier by popularity, and say how many have changed theirs.

    A song that is new or became popular may stand in a later one until then, where it is found all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(RANK.format(tier=" + ".join(LATER for _ in UP_TO)), UP_TO)
        changed: int = cursor.rowcount
    settle("catalog_song")
    return changed


def free_tiers() -> Iterator[int]:
    """Where songs stand that are added one after the other: in a small library where there is room, so that few of
    them have to move when they are ranked."""
    if Song.objects.filter(tier=TIERS[-1]).exists():
        yield from repeat(TIERS[-1])
    yield from (bisect_left(UP_TO, place) for place in count(Song.objects.count() + 1))
