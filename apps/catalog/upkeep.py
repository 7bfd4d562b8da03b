"""What keeps search fast as the library grows: which songs are looked through first."""

from django.db import connection

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

    A song that is new or became popular stays in the last tier until then, where it is found all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(RANK.format(tier=" + ".join(LATER for _ in UP_TO)), UP_TO)
        changed: int = cursor.rowcount
    settle("catalog_song")
    return changed
