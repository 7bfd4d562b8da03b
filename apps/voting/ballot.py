"""One vote, in SQL: who votes, what takes votes, once, and the count as it then stands, in one statement.

The attendee's row is shared (a removal waits and is then seen), the song's row is held: nobody else counts between
its reading and the trigger, so its `votes + 1` is what the trigger writes. See triggers.py of both apps.
"""

# ruff: noqa: S608 — the pieces of the statements are constants of this module
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.db.models import BigIntegerField

from apps.core.prepared import prepared_cursor

OUT = "('pending', 'open', 'queued', 'playing')"  # a vote comes back when its song is played or removed


class Row(NamedTuple):
    """What the statement found and left: of the song, the voter and the jam. `changed`: it cast the vote or took it
    back.

    `waited`: for the song's row, which somebody else has changed meanwhile; all else is of before that."""

    votes: int
    revision: int
    pinned: bool
    counted_at: datetime
    changed: bool
    attendee: int
    last_seen: datetime
    jam: int
    slug: str
    status: str
    counts: str
    counts_top: int
    max_votes: int | None
    month: date
    waited: bool = False


class Voter(NamedTuple):
    """Who votes, by one of these."""

    attendee: int | None = None
    holder: tuple[str, Sequence[str]] | None = None  # a jam's slug, and hashes: one of them is of its attendee's secret

    def params(self, song: int) -> dict[str, Any]:
        slug, hashes = self.holder or ("", ())
        return {"attendee": self.attendee, "slug": slug, "hashes": list(hashes), "song": song}


JAM = "j.id, j.slug, j.status, j.counts, j.counts_top, j.max_votes, j.month"
HERE = "a.state IN ('active', 'away')"
BY_ID = "a.id = %(attendee)s"
BY_HASH = "j.slug = %(slug)s AND a.secret_hash = ANY(%(hashes)s)"
HOLD = f"""
WITH voter AS MATERIALIZED (
    SELECT a.id AS attendee, a.last_seen, {JAM} FROM jams_attendee a JOIN jams_jam j ON j.id = a.jam_id
    WHERE {{who}} AND {HERE} LIMIT 1 FOR KEY SHARE OF a
), votable AS MATERIALIZED (
    SELECT s.id, s.votes, s.revision, s.pinned, s.counted_at, s.month
    FROM jams_jamsong s JOIN voter ON s.jam_id = voter.id
    WHERE s.id = %(song)s AND s.votable AND (s.votable_until IS NULL OR s.votable_until > clock_timestamp())
    FOR NO KEY UPDATE OF s
)"""
CAST = f"""{HOLD}, done AS (
    INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)
    SELECT votable.id, voter.attendee, votable.month, now() FROM votable CROSS JOIN voter
    WHERE voter.max_votes IS NULL OR %(has_left)s
    ON CONFLICT DO NOTHING
    RETURNING 1 AS n
)"""
TAKE_BACK = f"""{HOLD}, done AS MATERIALIZED (
    SELECT voting_take_back(votable.id, voter.attendee, votable.month) AS n FROM votable CROSS JOIN voter
)"""
ANSWER = """
SELECT votable.votes + greatest(coalesce(done.n, 0), -votable.votes),
       votable.revision + abs(coalesce(done.n, 0)), votable.pinned,
       CASE WHEN done.n IS NULL THEN votable.counted_at ELSE now() END, done.n IS NOT NULL, voter.*,
       votable.revision IS DISTINCT FROM (SELECT o.revision FROM jams_jamsong o WHERE o.id = votable.id)
FROM voter CROSS JOIN votable LEFT JOIN done ON true
"""
ALONE = "SELECT 1 FROM jams_attendee WHERE id = %s FOR NO KEY UPDATE"
ARE_OUT = f"""
SELECT count(*) FROM voting_vote v JOIN jams_jamsong s ON s.id = v.jam_song_id
WHERE v.attendee_id = %s AND v.month = %s AND s.status IN {OUT}
"""

# SQLite has one writer at a time, so plain statements in one transaction see nothing between them.
LITE_BY_HASH = "j.slug = %(slug)s AND a.secret_hash IN (SELECT value FROM json_each(%(hashes)s))"
LITE_FIND = f"""
SELECT s.votes, s.revision, s.pinned, s.counted_at, false, a.id, a.last_seen, {JAM}
FROM jams_attendee a JOIN jams_jam j ON j.id = a.jam_id JOIN jams_jamsong s
    ON s.id = %(song)s AND s.jam_id = j.id AND s.votable
    AND (s.votable_until IS NULL OR s.votable_until > strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'))
WHERE {{who}} AND {HERE}
"""
LITE_CAST = f"""
INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)
SELECT %(song)s, %(attendee)s, %(month)s, strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')
WHERE %(max_votes)s IS NULL OR %(max_votes)s > (
    SELECT count(*) FROM voting_vote v JOIN jams_jamsong o ON o.id = v.jam_song_id
    WHERE v.attendee_id = %(attendee)s AND o.status IN {OUT})
ON CONFLICT DO NOTHING
"""
LITE_TAKE_BACK = "DELETE FROM voting_vote WHERE jam_song_id = %(song)s AND attendee_id = %(attendee)s"


def cast(song: int, voter: Voter) -> Row | None:
    """Casts the vote, once. None: no such voter is in the room, or the song takes no votes.

    `changed` false: had voted before, or all of `max_votes` are out.
    """
    if connection.vendor != "postgresql":
        return run_lite(LITE_CAST, song, voter)
    row = run(CAST, song, voter)
    if row is None or row.max_votes is None:
        return row
    # Two votes of one person at once must see each other, or both would be the last one allowed.
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ALONE, [row.attendee])
            cursor.execute(ARE_OUT, [row.attendee, row.month])
            [out] = cursor.fetchone()
        return run(CAST, song, Voter(row.attendee), has_left=out < row.max_votes)


def take_back(song: int, voter: Voter) -> Row | None:
    if connection.vendor != "postgresql":
        return run_lite(LITE_TAKE_BACK, song, voter)
    return run(TAKE_BACK, song, voter)


def run(statement: str, song: int, voter: Voter, *, has_left: bool = False) -> Row | None:
    with prepared_cursor() as cursor:
        who = BY_HASH if voter.holder else BY_ID
        cursor.execute(statement.format(who=who) + ANSWER, voter.params(song) | {"has_left": has_left})
        row = cursor.fetchone()
    return Row(*row) if row else None


def run_lite(statement: str, song: int, voter: Voter) -> Row | None:
    if song > BigIntegerField.MAX_BIGINT:  # none has such an id, and SQLite refuses to look
        return None
    params = voter.params(song)
    params["hashes"] = orjson.dumps(params["hashes"]).decode()
    with transaction.atomic(), connection.cursor() as cursor:
        before = find_lite(cursor, voter, params)
        if before is None:
            return None
        found: dict[str, Any] = {
            "song": song,
            "attendee": before.attendee,
            "month": before.month,
            "max_votes": before.max_votes,
        }
        cursor.execute(statement, found)
        changed = cursor.rowcount > 0
        after = find_lite(cursor, voter, params)
    return after and after._replace(changed=changed)


def find_lite(cursor: Any, voter: Voter, params: dict[str, Any]) -> Row | None:
    cursor.execute(LITE_FIND.format(who=LITE_BY_HASH if voter.holder else BY_ID), params)
    found = cursor.fetchone()
    if found is None:
        return None
    row = Row(*found)
    return row._replace(
        counted_at=row.counted_at.replace(tzinfo=UTC),
        last_seen=row.last_seen.replace(tzinfo=UTC),
    )
