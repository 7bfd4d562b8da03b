"""The database counts votes, whoever writes them: operations, cascades, bulk statements, SQL by hand.

Each change of a count raises the row's revision and notes when it happened. A counter that somebody has written too
low by hand stops at 0, so that votes can still be taken back; `manage.py recount` finds and mends it.
"""

from typing import Any

# By statement: by row, each update of a counter would walk the versions that the same statement left behind.
POSTGRESQL = """
CREATE OR REPLACE FUNCTION voting_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE jams_jamsong s SET votes = votes + d.n, revision = revision + 1, counted_at = now()
        FROM (SELECT jam_song_id, count(*) AS n FROM added GROUP BY 1) d WHERE s.id = d.jam_song_id;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE jams_jamsong s SET votes = greatest(votes - d.n, 0), revision = revision + 1, counted_at = now()
        FROM (SELECT jam_song_id, count(*) AS n FROM removed GROUP BY 1) d WHERE s.id = d.jam_song_id;
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE jams_jamsong s SET votes = greatest(votes + d.n, 0), revision = revision + 1, counted_at = now()
        FROM (SELECT jam_song_id, sum(n) AS n
              FROM (SELECT jam_song_id, 1 AS n FROM added UNION ALL SELECT jam_song_id, -1 FROM removed) b
              GROUP BY 1 HAVING sum(n) <> 0) d
        WHERE s.id = d.jam_song_id;
    ELSE
        UPDATE jams_jamsong SET votes = 0, revision = revision + 1, counted_at = now() WHERE votes <> 0;
    END IF;
    RETURN NULL;
END $$;
-- Transition tables allow one event a trigger.
CREATE OR REPLACE TRIGGER votes_added AFTER INSERT ON voting_vote
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION voting_count();
CREATE OR REPLACE TRIGGER votes_removed AFTER DELETE ON voting_vote
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION voting_count();
CREATE OR REPLACE TRIGGER votes_moved AFTER UPDATE ON voting_vote
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION voting_count();
CREATE OR REPLACE TRIGGER votes_emptied AFTER TRUNCATE ON voting_vote
    FOR EACH STATEMENT EXECUTE FUNCTION voting_count();
"""

# Planned each time, with the month at hand: a kept plan has all partitions in it, and locks them, each time.
TAKE_BACK = """
CREATE OR REPLACE FUNCTION voting_take_back(song bigint, voter bigint, of_month date) RETURNS integer
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    DELETE FROM voting_vote WHERE jam_song_id = song AND attendee_id = voter AND month = of_month;
    RETURN CASE WHEN FOUND THEN -1 END;
END $$;
"""

NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
COUNT = (
    f"UPDATE jams_jamsong SET votes = max(votes {{}}, 0), revision = revision + 1, counted_at = {NOW} WHERE id = {{}};"  # noqa: S608
)
UP, DOWN = COUNT.format("+ 1", "NEW.jam_song_id"), COUNT.format("- 1", "OLD.jam_song_id")
SQLITE = {
    "votes_added": f"AFTER INSERT ON voting_vote BEGIN {UP} END",
    "votes_removed": f"AFTER DELETE ON voting_vote BEGIN {DOWN} END",
    "votes_moved": "AFTER UPDATE OF jam_song_id ON voting_vote WHEN OLD.jam_song_id <> NEW.jam_song_id"
    f" BEGIN {DOWN} {UP} END",
}


def install(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        return
    for name, body in SQLITE.items():
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
        schema_editor.execute(f"CREATE TRIGGER {name} {body}")


def install_take_back(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TAKE_BACK, params=None)


def uninstall_take_back(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION voting_take_back")
