-- Lays JamVote's tables out over the nodes of Citus 12.1 or newer, by jam. Read docs/scaling.md first: the code has to
-- change before. Once, on the coordinator, with all processes stopped, after a backup:
--     psql -v ON_ERROR_STOP=1 -f deploy/citus/distribute.sql

-- 1. What cannot move along: triggers, and foreign keys from and to the tables that are distributed.
CREATE TEMPORARY TABLE by_jam (name regclass);
INSERT INTO by_jam VALUES
    ('jams_jam'), ('jams_jamhost'), ('jams_recurrence'), ('jams_joinbucket'), ('jams_invitation'), ('jams_jamview'),
    ('jams_attendee'), ('jams_jamsong'), ('voting_vote'), ('stage_slot'), ('stage_signup'), ('stage_performance'),
    ('reports_nightsummary');
DO $$
DECLARE found record;
BEGIN
    FOR found IN
        SELECT tgname, tgrelid::regclass AS name FROM pg_trigger
        WHERE NOT tgisinternal AND (
            tgrelid IN (SELECT name FROM by_jam) OR tgrelid IN ('catalog_venue'::regclass, 'catalog_song'::regclass))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.name);
    END LOOP;
    FOR found IN
        SELECT conname, conrelid::regclass AS name FROM pg_constraint
        WHERE contype = 'f' AND (conrelid IN (SELECT name FROM by_jam) OR confrelid IN (SELECT name FROM by_jam))
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.name, found.conname);
    END LOOP;
END $$;

-- 2. Every row says its jam.
ALTER TABLE voting_vote ADD COLUMN IF NOT EXISTS jam_id bigint;
ALTER TABLE stage_slot ADD COLUMN IF NOT EXISTS jam_id bigint;
ALTER TABLE stage_signup ADD COLUMN IF NOT EXISTS jam_id bigint;
UPDATE voting_vote v SET jam_id = s.jam_id FROM jams_jamsong s WHERE s.id = v.jam_song_id AND v.jam_id IS NULL;
UPDATE stage_slot t SET jam_id = s.jam_id FROM jams_jamsong s WHERE s.id = t.jam_song_id AND t.jam_id IS NULL;
UPDATE stage_signup u SET jam_id = t.jam_id FROM stage_slot t WHERE t.id = u.slot_id AND u.jam_id IS NULL;
ALTER TABLE voting_vote ALTER COLUMN jam_id SET NOT NULL;
ALTER TABLE stage_slot ALTER COLUMN jam_id SET NOT NULL;
ALTER TABLE stage_signup ALTER COLUMN jam_id SET NOT NULL;

-- 3. Keys have it. Ids stay unique, being of one sequence; what else must be unique everywhere has a table of its own.
ALTER TABLE jams_jamhost DROP CONSTRAINT jams_jamhost_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE jams_invitation DROP CONSTRAINT jams_invitation_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE jams_jamview DROP CONSTRAINT jams_jamview_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE jams_attendee DROP CONSTRAINT jams_attendee_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE jams_jamsong DROP CONSTRAINT jams_jamsong_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE voting_vote DROP CONSTRAINT voting_vote_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE stage_slot DROP CONSTRAINT stage_slot_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE stage_signup DROP CONSTRAINT stage_signup_pkey, ADD PRIMARY KEY (jam_id, id);
ALTER TABLE stage_performance DROP CONSTRAINT stage_performance_pkey, ADD PRIMARY KEY (jam_id, id);

ALTER TABLE jams_invitation DROP CONSTRAINT one_invitation_per_token;
ALTER TABLE jams_invitation ADD CONSTRAINT one_invitation_per_token UNIQUE (jam_id, token_hash);
ALTER TABLE jams_attendee DROP CONSTRAINT one_attendee_per_secret;
ALTER TABLE jams_attendee ADD CONSTRAINT one_attendee_per_secret UNIQUE (jam_id, secret_hash);
ALTER TABLE voting_vote DROP CONSTRAINT one_vote_per_attendee;
ALTER TABLE voting_vote ADD CONSTRAINT one_vote_per_attendee UNIQUE (jam_id, jam_song_id, attendee_id);
ALTER TABLE stage_slot DROP CONSTRAINT one_slot_per_number;
ALTER TABLE stage_slot ADD CONSTRAINT one_slot_per_number UNIQUE (jam_id, jam_song_id, instrument, number);
DROP INDEX one_holder_per_slot, one_live_sign_up_per_slot;
CREATE UNIQUE INDEX one_holder_per_slot ON stage_signup (jam_id, slot_id) WHERE state IN ('claimed', 'checked_in');
CREATE UNIQUE INDEX one_live_sign_up_per_slot ON stage_signup (jam_id, slot_id, attendee_id)
    WHERE state IN ('claimed', 'checked_in', 'waiting');

CREATE TABLE jams_address (
    jam_id bigint PRIMARY KEY, slug varchar(90) NOT NULL, code varchar(6) NOT NULL CONSTRAINT one_address_per_code UNIQUE
);
CREATE UNIQUE INDEX one_address_per_slug ON jams_address (slug varchar_pattern_ops);
INSERT INTO jams_address SELECT id, slug, code FROM jams_jam;
ALTER TABLE jams_jam DROP CONSTRAINT one_jam_per_code;
DROP INDEX one_jam_per_slug;

-- 4. The nodes. The rest stays with the coordinator.
SELECT create_reference_table('accounts_user');
SELECT create_reference_table('catalog_venue');
SELECT create_reference_table('catalog_venue_managers');
SELECT create_reference_table('catalog_song');
SELECT create_reference_table('jams_performer');
SELECT create_reference_table('jams_address');
SELECT create_distributed_table('jams_jam', 'id');
SELECT create_distributed_table('jams_jamhost', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_recurrence', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_joinbucket', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_invitation', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_jamview', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_attendee', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('jams_jamsong', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('voting_vote', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('stage_slot', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('stage_signup', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('stage_performance', 'jam_id', colocate_with => 'jams_jam');
SELECT create_distributed_table('reports_nightsummary', 'jam_id', colocate_with => 'jams_jam');

-- 5. Foreign keys within a jam, and to what every node has. Those of webhooks_… to jams_jam do not come back.
ALTER TABLE jams_jam ADD FOREIGN KEY (venue_id) REFERENCES catalog_venue (id);
ALTER TABLE jams_jamhost ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_jamhost ADD FOREIGN KEY (user_id) REFERENCES accounts_user (id);
ALTER TABLE jams_recurrence ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_joinbucket ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_invitation ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_invitation ADD FOREIGN KEY (made_by_id) REFERENCES accounts_user (id);
ALTER TABLE jams_jamview ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_attendee ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_attendee ADD FOREIGN KEY (performer_id) REFERENCES jams_performer (id);
ALTER TABLE jams_jamsong ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE jams_jamsong ADD FOREIGN KEY (song_id) REFERENCES catalog_song (id);
ALTER TABLE jams_jamsong ADD FOREIGN KEY (jam_id, suggested_by_id) REFERENCES jams_attendee (jam_id, id);
ALTER TABLE voting_vote ADD FOREIGN KEY (jam_id, jam_song_id) REFERENCES jams_jamsong (jam_id, id);
ALTER TABLE voting_vote ADD FOREIGN KEY (jam_id, attendee_id) REFERENCES jams_attendee (jam_id, id);
ALTER TABLE stage_slot ADD FOREIGN KEY (jam_id, jam_song_id) REFERENCES jams_jamsong (jam_id, id);
ALTER TABLE stage_signup ADD FOREIGN KEY (jam_id, slot_id) REFERENCES stage_slot (jam_id, id);
ALTER TABLE stage_signup ADD FOREIGN KEY (jam_id, attendee_id) REFERENCES jams_attendee (jam_id, id);
ALTER TABLE stage_performance ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);
ALTER TABLE stage_performance ADD FOREIGN KEY (song_id) REFERENCES catalog_song (id);
ALTER TABLE reports_nightsummary ADD FOREIGN KEY (jam_id) REFERENCES jams_jam (id);

-- 6. Triggers work on a row and its own jam; `citus.enable_unsafe_triggers` must be on at all nodes.
CREATE OR REPLACE FUNCTION voting_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE public.jams_jamsong SET votes = greatest(votes - 1, 0), revision = revision + 1, counted_at = now()
        WHERE jam_id = OLD.jam_id AND id = OLD.jam_song_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE public.jams_jamsong SET votes = votes + 1, revision = revision + 1, counted_at = now()
        WHERE jam_id = NEW.jam_id AND id = NEW.jam_song_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER votes_changed AFTER INSERT OR DELETE ON voting_vote FOR EACH ROW EXECUTE FUNCTION voting_count();
CREATE TRIGGER votes_moved AFTER UPDATE OF jam_song_id ON voting_vote
    FOR EACH ROW WHEN (OLD.jam_song_id <> NEW.jam_song_id) EXECUTE FUNCTION voting_count();
CREATE TRIGGER song_follows BEFORE INSERT OR UPDATE OF status, jam_id ON jams_jamsong
    FOR EACH ROW EXECUTE FUNCTION jams_song_follows();
CREATE TRIGGER jam_leads AFTER UPDATE OF status, voting_paused, voting_closes_at ON jams_jam
    FOR EACH ROW WHEN ((OLD.status, OLD.voting_paused, OLD.voting_closes_at)
                       IS DISTINCT FROM (NEW.status, NEW.voting_paused, NEW.voting_closes_at))
    EXECUTE FUNCTION jams_jam_leads();
