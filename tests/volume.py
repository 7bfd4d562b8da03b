"""A database as it is after years, filled in seconds by PostgreSQL itself."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from apps.core.times import month_of, next_month
from apps.voting import partitions

# Filled without triggers and checks of foreign keys: the counts are put in as they would be.
FILL = """
SET LOCAL session_replication_role = replica;
INSERT INTO accounts_user (password, email, name, role, is_active, created_at)
SELECT '!', 'host' || n || '@example.com', 'Host ' || n, 'host', true, now() FROM generate_series(1, %(users)s) n;
INSERT INTO accounts_apitoken (user_id, name, scopes, secret_hash, beginning, created_at, expires_at)
SELECT 1 + n %% %(users)s, 'Token ' || n, '[]', encode(sha256(n::text::bytea), 'hex'), 'jvt_' || n, now(), now()
FROM generate_series(1, %(users)s * 5) n;
INSERT INTO catalog_venue (name, slug, address, town, time_zone, description, accent, takes_suggestions,
                           approve_suggestions, counts, terms, created_at)
SELECT 'Venue ' || n, 'venue-' || n, '', 'Town ' || n %% 300, 'Europe/London', '', '', true, false, 'live',
       'venue ' || n || ' town ' || n %% 300, now()
FROM generate_series(1, %(venues)s) n;
INSERT INTO catalog_venue_managers (venue_id, user_id)
  SELECT n, (n + k) %% %(venues)s + 1 FROM generate_series(1, %(venues)s) n, generate_series(0, 2) k;
INSERT INTO catalog_song (title, artist, year, key, tempo, duration, style, tags, chord_sheet_url, parts, popularity,
                          listed, chord_sheet_found, times_played, last_played, folded_title, folded_artist, title_key,
                          lead_key, terms, tier, created_at)
SELECT 'Song ' || n, 'Artist ' || n %% 4000, CASE WHEN n %% 10 > 0 THEN 1950 + n %% 75 END, '', 60 + n %% 140, 180,
       'Style ' || n %% 200, jsonb_build_array('tag ' || n %% 500), '', '[]', greatest(0, 20000 - n),
       n %% 400 > 0, CASE WHEN n %% 300 = 0 THEN 'gone' ELSE '' END, n %% 97, now(),
       'song ' || n, 'artist ' || n %% 4000, 'song' || n, 'artist' || n %% 4000 || ' s',
       'song ' || n || ' @artist @' || n %% 4000 || ' artist ' || n %% 4000,
       CASE WHEN n <= 1000 THEN 0 WHEN n <= 10000 THEN 1 ELSE 2 END, now()
FROM generate_series(1, %(songs)s) n;
INSERT INTO catalog_importrun (owner_id, name, file, digest, size, columns, update, dry_run, near, state, position,
                               read, counts, created_at)
SELECT 1 + n %% %(users)s, 'songs.csv', '', '', 0, '[]', false, false, 'ask', 'done', 1, 0, '{}',
       now() - n * interval '1 minute'
FROM generate_series(1, %(users)s * 10) n;
INSERT INTO catalog_importbatch (run_id, line, seen, problems)
SELECT run, line, '', '[]' FROM generate_series(1, %(users)s * 10) run, generate_series(1, 3) line;
INSERT INTO catalog_importquestion (run_id, line, "values", song_id, answer)
SELECT run, line, '{}', 1 + (run * 7 + line) %% %(songs)s, ''
FROM generate_series(1, %(users)s * 10) run, generate_series(1, 3) line;
INSERT INTO catalog_songlist (venue_id, url, schedule, by_itself, near, update, mapping, language, next_at, format,
                              copy, digest, etag, last_modified, trouble, detail, state, shown, counts, problems,
                              applied)
SELECT v, 'https://lists.example/' || v, 'daily', false, 'ask', false, '{}', 'en', now() + (v - 5) * interval '1 hour',
       'csv', '', '', '', '', '', '', 'ready', '', '{}', '[]', '{}'
FROM generate_series(1, %(venues)s) v;
INSERT INTO catalog_listdifference (song_list_id, place, line, kind, title, artist, listed_as, "values", fields,
                                    song_id, answer)
SELECT v, k, k, 'added', 'Song', 'Artist', '', '{}', '{}', 1 + (v * 31 + k * 7) %% %(songs)s, ''
FROM generate_series(1, %(venues)s) v, generate_series(1, 20) k;
INSERT INTO catalog_librarysong (venue_id, song_id, key, note, why, banned_at, times_played)
SELECT v, 1 + (v * 31 + k * 7) %% %(songs)s, '', '', CASE WHEN k %% 20 = 0 THEN 'Too often' ELSE '' END,
       CASE WHEN k %% 20 = 0 THEN now() END, k
FROM generate_series(1, %(venues)s) v, generate_series(1, 60) k;
INSERT INTO jams_jam (venue_id, name, slug, code, description, background, starts_at, ends_at, status, voting_paused,
                      suggestions_paused, takes_suggestions, approve_suggestions, max_suggestions, counts, counts_top,
                      revision, terms, created_at, month)
SELECT 1 + n %% %(venues)s, 'Jam ' || n, 'jam-' || n, upper(lpad(to_hex(n), 6, 'X')), '', '',
       now() - n * %(apart)s::interval, now() - n * %(apart)s::interval + interval '4 hours',
       CASE WHEN n <= 5 THEN 'live' WHEN n <= 60 THEN 'open' WHEN n %% 50 = 0 THEN 'draft' ELSE 'ended' END,
       false, false, true, false, 3, 'live', 3, 0, 'jam ' || n || ' venue ' || 1 + n %% %(venues)s, now(),
       date_trunc('month', (now() - n * %(apart)s::interval) AT TIME ZONE 'UTC')
FROM generate_series(1, %(jams)s) n;
INSERT INTO jams_jamhost (jam_id, user_id, role)
SELECT n, 1 + n %% %(users)s, 'owner' FROM generate_series(1, %(jams)s) n;
INSERT INTO jams_invitation (jam_id, role, token_hash, made_by_id, created_at)
SELECT 1 + n %% %(jams)s, 'display', encode(sha256(n::text::bytea), 'hex'), 1, now()
FROM generate_series(1, %(jams)s * 2) n;
INSERT INTO jams_performer (venue_id, name, instruments, secret_hash, used_at, created_at)
SELECT 1 + n %% %(venues)s, 'Name ' || n, '[]', encode(sha256(n::text::bytea), 'hex'), now() - n * interval '1 hour',
       now()
FROM generate_series(1, %(venues)s * 6) n;
INSERT INTO jams_attendee (jam_id, display_name, folded_name, secret_hash, instruments, state, last_seen, created_at,
                           performer_id)
SELECT 1 + n %% %(full_jams)s, 'Name ' || n, 'name ' || n, encode(sha256(n::text::bytea), 'hex'), '[]',
       CASE WHEN n %% 7 = 0 THEN 'left' ELSE 'active' END, now(), now(), CASE WHEN n %% 10 = 0 THEN 1 + n / 10 END
FROM generate_series(1, %(attendees)s) n;
INSERT INTO jams_jamsong (jam_id, song_id, origin, suggested_by_id, status, pinned, position, votes, counted_at,
                          votable, revision, times_queued, ended_at, created_at, month)
SELECT jam, 1 + (k * 997 + jam * 13) %% %(songs)s, 'host', CASE WHEN n %% 5 = 0 THEN 1 + n %% %(attendees)s END,
       CASE WHEN k = 0 THEN 'playing' WHEN k %% 8 = 1 THEN 'played' WHEN k %% 8 = 2 THEN 'queued'
            WHEN k %% 8 = 3 THEN 'pending' ELSE 'open' END,
       false, CASE WHEN k %% 8 = 2 THEN n END, n %% 30, now(), true, 1, 0, now(), now(),
       date_trunc('month', (now() - jam * %(apart)s::interval) AT TIME ZONE 'UTC')
FROM (SELECT n, 1 + (n - 1) / (%(jam_songs)s / %(jams)s) AS jam, (n - 1) %% (%(jam_songs)s / %(jams)s) AS k
      FROM generate_series(1, %(jam_songs)s) n) line_up;
INSERT INTO stage_slot (jam_song_id, instrument, number, required, revision)
SELECT 1 + n / 2, 'instrument ' || n %% 2, 1, true, 0 FROM generate_series(0, %(jam_songs)s * 2 - 1) n;
INSERT INTO stage_signup (slot_id, attendee_id, state, created_at)
SELECT 1 + n * 2, 1 + (n * 7) %% %(attendees)s, CASE WHEN n %% 5 = 0 THEN 'withdrawn' ELSE 'claimed' END, now()
FROM generate_series(0, %(jam_songs)s - 1) n;
INSERT INTO stage_signup (slot_id, attendee_id, state, created_at)
SELECT 1 + n * 2, 1 + (n * 7 + 1) %% %(attendees)s, 'waiting', now() FROM generate_series(0, %(jam_songs)s - 1) n;
INSERT INTO stage_performance (jam_id, song_id, votes, line_up, started_at, ended_at)
SELECT 1 + n %% %(jams)s, 1 + (n * 7) %% %(songs)s, 3, '[]', now() - n * interval '4 minutes', now()
FROM generate_series(1, %(jam_songs)s) n;
INSERT INTO accounts_auditevent (about, actor_id, verb, before, after, created_at)
SELECT 'jam:' || 1 + n %% %(jams)s, 1 + n %% %(users)s, 'queue', '{}', '{}', now()
FROM generate_series(1, %(jams)s * 4) n;
INSERT INTO reports_report (owner_id, about, name, format, language, file, created_at, made_at, expires_at)
SELECT 1 + n %% %(users)s, 'venue:' || 1 + n %% %(venues)s, 'Venue ' || n, 'csv', 'en', '', now(), now(),
       now() + n * interval '1 minute'
FROM generate_series(1, %(users)s * 10) n;
INSERT INTO webhooks_endpoint (venue_id, jam_id, name, url, types, enabled, disabled_reason, secret, created_at)
SELECT CASE WHEN n <= %(venues)s THEN n END, CASE WHEN n > %(venues)s THEN n - %(venues)s END, 'Hook ' || n,
       'https://example.com/' || n, '["song.playing"]', true, '', '', now()
FROM generate_series(1, %(venues)s + %(jams)s) n;
INSERT INTO webhooks_event (key, jam_id, type, revision, payload, created_at)
SELECT 'msg_' || n, 1 + n %% %(jams)s, 'song.playing', 1 + n / %(jams)s, '{}', now() - n * interval '1 minute'
FROM generate_series(1, %(jams)s * 8) n;
INSERT INTO webhooks_lane (endpoint_id, jam_id, due_at)
SELECT %(venues)s + n, n, CASE WHEN n %% 50 = 0 THEN now() END FROM generate_series(1, %(jams)s) n;
INSERT INTO webhooks_delivery (event_id, endpoint_id, lane_id, revision, state, tries, created_at)
SELECT n, %(venues)s + 1 + n %% %(jams)s, 1 + n %% %(jams)s, 1 + n / %(jams)s,
       CASE WHEN n %% 100 = 0 THEN 'waiting' ELSE 'done' END, 1, now()
FROM generate_series(1, %(jams)s * 8) n;
INSERT INTO webhooks_attempt (delivery_id, at, status, ms, error, answer)
SELECT n, now(), 200, 20, '', '' FROM generate_series(1, %(jams)s * 8) n;
INSERT INTO webhooks_inbox (venue_id, key, name, enabled, secret, created_at)
SELECT n, lpad(to_hex(n), 24, '0'), 'Inbox ' || n, true, '', now() FROM generate_series(1, %(venues)s) n;
INSERT INTO webhooks_received (inbox_id, event, type, happened_at, digest, payload, state, code, reason, result,
                               received_at)
SELECT CASE WHEN n %% 100 = 0 THEN 7 ELSE 1 + n %% %(venues)s END, 'evt_' || n, 'play.started', now(), '', '{}',
       CASE WHEN n %% 100 = 0 THEN 'waiting' ELSE 'done' END, '', '', '{}', now() - n * interval '1 minute'
FROM generate_series(1, %(venues)s * 20) n;
INSERT INTO webhooks_playstate (inbox_id, jam_id, happened_at)
SELECT 1 + n %% %(venues)s, n, now() FROM generate_series(1, %(jams)s) n;
INSERT INTO webhooks_alias (inbox_id, jam_id, "of", theirs, ours)
SELECT 1 + n %% %(venues)s, 1 + n %% %(jams)s, 'signup', 's-' || n, n FROM generate_series(1, %(jams)s * 2) n;
INSERT INTO tasks_task (name, arguments, queue, state, about, by_id, key, slot, due_at, attempts, allowed, holder, done,
                        "of", error, created_at)
SELECT 'jams.do', '{}', 'soon', CASE WHEN n %% 500 = 0 THEN 'waiting' ELSE 'done' END, '', 1 + n %% %(users)s,
       'key ' || n, 'slot ' || n, now() - n * interval '1 minute', 1, 5, '', 0, 0, '', now()
FROM generate_series(1, %(jams)s * 4) n;
INSERT INTO jams_jamview (jam_id, day, page, times)
SELECT 1 + n %% %(jams)s, current_date - n / %(jams)s, 'jam', 1 + n %% 50 FROM generate_series(0, %(jams)s * 4 - 1) n;
INSERT INTO catalog_songview (song_id, day, times)
SELECT 1 + n %% 1000, current_date - n / 1000, 1 + n %% 50 FROM generate_series(0, 19999) n;
INSERT INTO catalog_songsearch (text, day, place, found, times)
SELECT 'text ' || n %% 200, current_date - n / 200, n %% 50, n %% 3, 1 + n %% 50 FROM generate_series(0, 19999) n;
"""
VOTES = """
INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)
SELECT (jam - 1) * (%(jam_songs)s / %(jams)s) + 1 + n / %(attendees)s, 1 + n %% %(attendees)s,
       date_trunc('month', (now() - jam * %(apart)s::interval) AT TIME ZONE 'UTC'), now()
FROM (SELECT n, 1 + (1 + n %% %(attendees)s) %% %(full_jams)s AS jam FROM generate_series(0, %(votes)s - 1) n) cast_at;
"""
SIZES = {
    "users": 1_000, "venues": 1_500, "songs": 50_000, "jams": 5_000, "attendees": 30_011, "jam_songs": 100_000,
    "votes": 200_000, "full_jams": 300,
}  # fmt: skip
LONGEST_AGO = timedelta(days=365 * 3)


def fill(**sizes: int) -> None:
    """Into empty tables; commits. `empty` takes it away.

    All attendees are in the first `full_jams`, where they have voted for one song after the other. Nights are 5 hours
    apart, or closer, so that all are of the last three years.
    """
    empty()
    wanted = {**SIZES, **sizes}
    wanted["apart"] = min(timedelta(hours=5), LONGEST_AGO / int(wanted["jams"]))
    ago = next_month(month_of(timezone.now()), -LONGEST_AGO.days // 30 - 1)
    partitions.prepare(next_month(ago, n) for n in range(LONGEST_AGO.days // 30 + 1))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILL + VOTES, wanted)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE accounts_user, catalog_venue, catalog_song, catalog_songsearch, tasks_task"
            " RESTART IDENTITY CASCADE"
        )
