"""Whether a song takes votes stands in its own row, and the database keeps it true.

So closing is exact without a lock on the jam for each vote: closing writes the rows that voters lock anyway.
`votable` follows the song's status, the jam's status and its pause; `votable_until` its closing time. It holds
for whoever writes: operations, admin, SQL by hand.

SQLite drops the triggers of a table that a later migration rebuilds, and refuses to rebuild one that another's
triggers speak of: begin such a migration with `before_rebuilding`, end it with `install`.
"""

from typing import Any

POSTGRESQL = """
CREATE OR REPLACE FUNCTION jams_song_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE j record;
BEGIN
    -- The jam's row is shared until the commit: a song cannot slip in while the jam closes.
    SELECT status, voting_paused, voting_closes_at INTO j FROM jams_jam WHERE id = NEW.jam_id FOR SHARE;
    NEW.votable := NEW.status = 'open' AND j.status IN ('open', 'live', 'last_call') AND NOT j.voting_paused;
    NEW.votable_until := j.voting_closes_at;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER song_follows BEFORE INSERT OR UPDATE OF status, jam_id ON jams_jamsong
    FOR EACH ROW EXECUTE FUNCTION jams_song_follows();

CREATE OR REPLACE FUNCTION jams_jam_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE jams_jamsong s
    SET votable = s.status = 'open' AND NEW.status IN ('open', 'live', 'last_call') AND NOT NEW.voting_paused,
        votable_until = NEW.voting_closes_at
    WHERE s.jam_id = NEW.id;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER jam_leads AFTER UPDATE OF status, voting_paused, voting_closes_at ON jams_jam
    FOR EACH ROW WHEN ((OLD.status, OLD.voting_paused, OLD.voting_closes_at)
                       IS DISTINCT FROM (NEW.status, NEW.voting_paused, NEW.voting_closes_at))
    EXECUTE FUNCTION jams_jam_leads();
"""

SQLITE_SONG = """
CREATE TRIGGER song_follows_{event} AFTER {when} ON jams_jamsong BEGIN
    UPDATE jams_jamsong SET
        votable = (SELECT NEW.status = 'open' AND j.status IN ('open', 'live', 'last_call') AND NOT j.voting_paused
                   FROM jams_jam j WHERE j.id = NEW.jam_id),
        votable_until = (SELECT voting_closes_at FROM jams_jam WHERE id = NEW.jam_id)
    WHERE id = NEW.id;
END
"""
SQLITE_JAM = """
CREATE TRIGGER jam_leads AFTER UPDATE OF status, voting_paused, voting_closes_at ON jams_jam BEGIN
    UPDATE jams_jamsong SET
        votable = status = 'open' AND NEW.status IN ('open', 'live', 'last_call') AND NOT NEW.voting_paused,
        votable_until = NEW.voting_closes_at
    WHERE jam_id = NEW.id;
END
"""


def before_rebuilding(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("PRAGMA legacy_alter_table = ON")  # renames without reading every trigger


def install(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        return
    schema_editor.execute("PRAGMA legacy_alter_table = OFF")
    for name in ("song_follows_insert", "song_follows_update", "jam_leads"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
    schema_editor.execute(SQLITE_SONG.format(event="insert", when="INSERT"))
    schema_editor.execute(SQLITE_SONG.format(event="update", when="UPDATE OF status, jam_id"))
    schema_editor.execute(SQLITE_JAM)
