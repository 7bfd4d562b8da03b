"""One vote, in SQL: who may, what takes votes, once, and the count as it then stands, in one statement.

The attendee's row is shared (a removal waits and is then seen), the song's row is held: nobody else counts between
its reading and the trigger, so its `votes + 1` is what the trigger writes. See triggers.py of both apps.
"""

# ruff: noqa: S608 — the pieces of the statements are constants of this module
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from apps.core.prepared import prepared_cursor

OUT = "('pending', 'open', 'queued', 'playing')"  # a vote comes back when its song is played or removed


@dataclass(frozen=True)
class Row:
    """The song after the statement. `changed`: this statement cast the vote or took it back."""

    votes: int
    revision: int
    pinned: bool
    counted_at: datetime
    changed: bool


HOLD = """
WITH voter AS MATERIALIZED (
    SELECT id, jam_id FROM jams_attendee WHERE id = %(attendee)s AND state IN ('active', 'away') FOR KEY SHARE
), votable AS (
    SELECT s.id, s.votes, s.revision, s.pinned, s.counted_at FROM jams_jamsong s JOIN voter ON s.jam_id = voter.jam_id
    WHERE s.id = %(jam_song)s AND s.votable AND (s.votable_until IS NULL OR s.votable_until > clock_timestamp())
    FOR NO KEY UPDATE OF s
)"""
CAST = f"""{HOLD}, done AS (
    INSERT INTO voting_vote (jam_song_id, attendee_id, created_at)
    SELECT id, %(attendee)s, now() FROM votable
    WHERE %(cap)s::int IS NULL OR %(cap)s > (
        SELECT count(*) FROM voting_vote v JOIN jams_jamsong o ON o.id = v.jam_song_id
        WHERE v.attendee_id = %(attendee)s AND o.status IN {OUT})
    ON CONFLICT (jam_song_id, attendee_id) DO NOTHING
    RETURNING 1 AS n
)"""
TAKE_BACK = f"""{HOLD}, done AS (
    DELETE FROM voting_vote v USING votable
    WHERE v.jam_song_id = votable.id AND v.attendee_id = %(attendee)s
    RETURNING -1 AS n
)"""
ANSWER = """
SELECT votable.votes + greatest(coalesce(done.n, 0), -votable.votes),
       votable.revision + abs(coalesce(done.n, 0)), votable.pinned,
       CASE WHEN done.n IS NULL THEN votable.counted_at ELSE now() END, done.n IS NOT NULL
FROM votable LEFT JOIN done ON true
"""

# SQLite has one writer at a time, so plain statements in one transaction see nothing between them.
LITE_VOTABLE = """
SELECT s.votes, s.revision, s.pinned, s.counted_at FROM jams_jamsong s JOIN jams_attendee a ON a.jam_id = s.jam_id
WHERE s.id = %(jam_song)s AND a.id = %(attendee)s AND a.state IN ('active', 'away') AND s.votable
  AND (s.votable_until IS NULL OR s.votable_until > strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'))
"""
LITE_CAST = f"""
INSERT INTO voting_vote (jam_song_id, attendee_id, created_at)
SELECT %(jam_song)s, %(attendee)s, strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')
WHERE %(cap)s IS NULL OR %(cap)s > (
    SELECT count(*) FROM voting_vote v JOIN jams_jamsong o ON o.id = v.jam_song_id
    WHERE v.attendee_id = %(attendee)s AND o.status IN {OUT})
ON CONFLICT (jam_song_id, attendee_id) DO NOTHING
"""
LITE_TAKE_BACK = "DELETE FROM voting_vote WHERE jam_song_id = %(jam_song)s AND attendee_id = %(attendee)s"


def cast(jam_song: int, attendee: int, cap: int | None) -> Row | None:
    """Casts the vote, once. None: the song takes no votes from this attendee.

    `changed` false: had voted before, or all `cap` votes are out.
    """
    return run(CAST, LITE_CAST, jam_song, attendee, cap)


def take_back(jam_song: int, attendee: int) -> Row | None:
    return run(TAKE_BACK, LITE_TAKE_BACK, jam_song, attendee, None)


def run(statement: str, lite: str, jam_song: int, attendee: int, cap: int | None) -> Row | None:
    params = {"jam_song": jam_song, "attendee": attendee, "cap": cap}
    if connection.vendor != "postgresql":
        return run_lite(lite, params)
    if cap is None:
        return fetch(statement + ANSWER, params)
    # Two votes of one person at once must see each other, or both would be the last one allowed.
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM jams_attendee WHERE id = %s FOR NO KEY UPDATE", [attendee])
        return fetch(statement + ANSWER, params)


def fetch(statement: str, params: dict[str, int | None]) -> Row | None:
    with prepared_cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    return Row(*row) if row else None


def run_lite(statement: str, params: dict[str, int | None]) -> Row | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LITE_VOTABLE, params)
        if cursor.fetchone() is None:
            return None
        cursor.execute(statement, params)
        changed = cursor.rowcount > 0
        cursor.execute(LITE_VOTABLE, params)
        votes, revision, pinned, counted_at = cursor.fetchone()
    return Row(votes, revision, bool(pinned), counted_at.replace(tzinfo=UTC), changed)
