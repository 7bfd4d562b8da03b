"""Reports of a venue with a season of 200 nights and 2 million votes, in PostgreSQL, by the read that pages and API
share.

cold     no night has been summed up: what a task does; then the same with the nights kept
periods  other days each time, so that no finished report is found: every night's mark is looked at, songs are added up
kept     the same report again, within REPORT_SECONDS
a night  the report of one jam: kept, and while it runs, when its votes are counted each time

The short form has 40 nights and 200 thousand votes.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from loadtests.bench import Row
from loadtests.machine import about, set_up

NIGHTS, SHORT_NIGHTS = 200, 40
PEOPLE, SONGS, LIBRARY, PLAYED = 300, 80, 3000, 25
VOTES, SHORT_VOTES = 10_000, 5_000  # of a night
SEASON, NIGHT = 3000, 1000  # ms, p99
FIRST = date(2025, 9, 1)
FILL = """
SET LOCAL session_replication_role = replica;
INSERT INTO catalog_song (title, artist, key, duration, style, tags, chord_sheet_url, parts, popularity, listed,
                          chord_sheet_found, times_played, folded_title, folded_artist, title_key, lead_key, terms,
                          tier, created_at)
SELECT 'Song ' || n, 'Artist ' || n %% 400, '', 180, '', '[]', '', '[]', n, true, '', 0, 'song ' || n,
       'artist ' || n %% 400, 'song' || n, 'artist' || n %% 400 || ' s', '', 2, now()
FROM generate_series(1, %(library)s) n;
INSERT INTO jams_jam (venue_id, name, slug, code, description, background, starts_at, ends_at, ended_at, status,
                      voting_paused, suggestions_paused, takes_suggestions, approve_suggestions, max_suggestions,
                      counts, counts_top, revision, terms, created_at, month)
SELECT %(venue)s, 'Night ' || n, 'night-' || n, lpad(n::text, 6, 'X'), '', '', begin, begin + interval '4 hours',
       begin + interval '4 hours', 'ended', false, false, true, false, 3, 'live', 3, 0, '', begin,
       date_trunc('month', begin AT TIME ZONE 'UTC')
FROM (SELECT n, timestamptz '2025-09-01 19:00+00' + (n - 1) * interval '365 days' / %(nights)s AS begin
      FROM generate_series(1, %(nights)s) n) nights;
INSERT INTO jams_jamhost (jam_id, user_id, role) SELECT id, %(host)s, 'owner' FROM jams_jam;
INSERT INTO jams_attendee (jam_id, display_name, folded_name, instruments, state, last_seen, created_at)
SELECT j.id, 'Name ' || n, 'name ' || n, '[]', 'active', j.starts_at, j.starts_at
FROM jams_jam j, generate_series(1, %(people)s) n;
INSERT INTO jams_jamsong (jam_id, song_id, origin, status, pinned, votes, counted_at, votable, revision, times_queued,
                          created_at, month)
SELECT j.id, 1 + (n * 37 + j.id * 13) %% %(library)s, 'host', CASE WHEN n < %(played)s THEN 'played' ELSE 'open' END,
       false, 0, j.starts_at, false, 1, 0, j.starts_at, j.month
FROM jams_jam j, generate_series(0, %(songs)s - 1) n;
CREATE TEMPORARY TABLE person AS
SELECT jam_id, id, row_number() OVER (PARTITION BY jam_id ORDER BY id) - 1 AS n FROM jams_attendee;
CREATE TEMPORARY TABLE sung AS
SELECT jam_id, id, song_id, status, row_number() OVER (PARTITION BY jam_id ORDER BY id) - 1 AS n FROM jams_jamsong;
CREATE INDEX ON person (jam_id, n);
CREATE INDEX ON sung (jam_id, n);
INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)
SELECT s.id, p.id, j.month, j.starts_at + random() * random() * interval '4 hours'
FROM jams_jam j, generate_series(0, %(votes)s - 1) v, person p, sung s
WHERE p.jam_id = j.id AND p.n = v %% %(people)s AND s.jam_id = j.id AND s.n = (v / %(people)s + v) %% %(songs)s
ON CONFLICT DO NOTHING;
UPDATE jams_jamsong s SET votes = n FROM (SELECT jam_song_id, count(*) AS n FROM voting_vote GROUP BY 1) v
WHERE s.id = v.jam_song_id;
INSERT INTO stage_slot (jam_song_id, instrument, number, required, revision)
SELECT s.id, name, 1, true, 0 FROM sung s, unnest(array['vocals', 'guitar', 'bass', 'drums']) name;
INSERT INTO stage_signup (slot_id, attendee_id, state, created_at)
SELECT t.id, p.id, CASE WHEN s.status = 'played' THEN 'played' ELSE 'claimed' END, j.starts_at
FROM stage_slot t JOIN sung s ON s.id = t.jam_song_id JOIN jams_jam j ON j.id = s.jam_id
JOIN person p ON p.jam_id = j.id AND p.n = (s.n * 3 + t.id) %% 40 WHERE s.n < 40;
INSERT INTO stage_performance (jam_id, song_id, votes, line_up, started_at, ended_at)
SELECT s.jam_id, s.song_id, 100,
       (SELECT jsonb_agg(jsonb_build_object('instrument', t.instrument, 'attendee', u.attendee_id))
        FROM stage_slot t JOIN stage_signup u ON u.slot_id = t.id WHERE t.jam_song_id = s.id),
       j.starts_at + s.n * interval '9 minutes', j.starts_at + s.n * interval '9 minutes' + interval '4 minutes'
FROM sung s JOIN jams_jam j ON j.id = s.jam_id WHERE s.status = 'played';
"""


def run(*, short: bool) -> list[Row]:
    set_up()
    nights, votes, times = (SHORT_NIGHTS, SHORT_VOTES, 40) if short else (NIGHTS, VOTES, 100)
    cast = fill(nights, votes)
    print(f"{about()}; {nights} nights, {cast:,} votes")
    return list(measured(times))


def fill(nights: int, votes: int) -> int:
    """Answers how many votes there are."""
    from django.db import connection, transaction

    from apps.accounts.models import User
    from apps.catalog.models import Venue
    from apps.voting.models import Vote

    host = User.objects.create_user("host@example.com", name="Host")
    venue = Venue.objects.create(name="The Season")
    sizes = {"nights": nights, "votes": votes, "people": PEOPLE, "songs": SONGS, "library": LIBRARY, "played": PLAYED}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILL, sizes | {"venue": venue.pk, "host": host.pk})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return Vote.objects.count()


def measured(times: int) -> Iterator[Row]:
    from apps.accounts.models import User
    from apps.catalog.models import Venue
    from apps.jams.models import Jam
    from apps.reports.nights import sum_up
    from apps.reports.periods import ALL, Period
    from apps.reports.reading import read_report
    from apps.reports.subjects import OfHost, OfJam, OfVenue

    host, venue, rng = User.objects.get(), Venue.objects.get(), random.Random(7)
    jams = list(Jam.objects.select_related("venue").order_by("pk"))

    def some_days(_n: int) -> Period:
        since = FIRST + timedelta(days=rng.randrange(365))
        return Period(since, since + timedelta(days=rng.randrange(365)))

    def season(n: int) -> Period:
        """Of all nights, each time by other days."""
        return Period(FIRST - timedelta(days=n), FIRST + timedelta(days=364 + n))

    def read(subject: Any, period: Callable[[int], Period]) -> Callable[[int], Any]:
        return lambda n: read_report(subject, period=period(n), by=host)

    cold = clocked(read(OfVenue(venue), lambda _n: ALL), 1)
    yield Row("season, cold", cold[0], "ms", note="every vote is read, once and for all")
    yield judged("season", clocked(read(OfVenue(venue), season), times), SEASON)
    yield judged("periods of a venue", clocked(read(OfVenue(venue), some_days), times), SEASON)
    yield judged("periods of a host", clocked(read(OfHost(host), some_days), times), SEASON)
    yield judged("season, kept", clocked(read(OfVenue(venue), lambda _n: ALL), times), SEASON)
    nights = min(times, len(jams))
    yield judged("a night", clocked(lambda n: read_report(OfJam(jams[n]), by=host), nights), NIGHT)
    yield judged("a night, its votes counted", clocked(lambda n: sum_up([jams[n]]), nights), NIGHT)


def clocked(do: Callable[[int], Any], times: int) -> list[float]:
    """ms of each time."""
    took = []
    for n in range(times):
        begun = time.perf_counter()
        do(n)
        took.append(1000 * (time.perf_counter() - begun))
    return took


def judged(name: str, took: list[float], most: float) -> Row:
    p99 = statistics.quantiles(took, n=100)[-1]
    note = f"median {statistics.median(took):.1f}, longest {max(took):.0f} ms of {len(took):,}"
    return Row(f"{name}, p99", p99, "ms", most=most, note=note)
