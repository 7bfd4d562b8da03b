"""What keeps search fast as the library grows: which songs are looked through first."""

from django.db import connection

BEST_KNOWN, KNOWN = 1_000, 30_000  # so many songs are in the first tier, and in the first two

RANK = """
UPDATE catalog_song SET tier = ranked.tier FROM (
    SELECT id, CASE WHEN place <= %(best)s THEN 0 WHEN place <= %(known)s THEN 1 ELSE 2 END AS tier FROM (
        SELECT id, row_number() OVER (ORDER BY popularity DESC, times_played DESC, id) AS place FROM catalog_song
    ) AS placed
) AS ranked WHERE ranked.id = catalog_song.id AND ranked.tier <> catalog_song.tier
"""


def rank_songs() -> int:
    """Put each song into its tier by popularity, and say how many have changed theirs.

    A song that is new or became popular stays in the last tier until then, where it is found all the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(RANK, {"best": BEST_KNOWN, "known": KNOWN})
        return cursor.rowcount
