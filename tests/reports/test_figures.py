"""The figures of reports: as plain Python counts them, and kept as long as they are true."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.jams.models import Jam
from apps.reports.figures import clock_quarters, distribution, median
from apps.reports.models import NightSummary
from apps.reports.nights import Large, summed_up
from apps.reports.periods import ALL, Period, last_month_of, month_of, season_of
from apps.reports.reading import read_report
from apps.reports.subjects import OfHost, OfJam, OfVenue
from apps.stage.models import Performance
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam_song, make_user, make_venue, make_vote
from tests.reports.nights import BEGIN, make_night, make_songs, recount

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue():
    return make_venue(time_zone="Europe/Berlin", manager=make_user())


def read(subject, period=ALL, by=None):
    return read_report(subject, period=period, by=by or make_user())


def said(report):
    """A report in the words of `recount`."""
    return {
        **{name: one["value"] for name, one in report["figures"].items() if name not in {"nights", "per_night"}},
        "early": report["votes_early"],
        "clock": {row["at"]: row["votes"] for row in report["votes_over_time"] if row["votes"]},
        "most_wanted": [(row["song"], row["votes"], row["nights"], row["played"]) for row in report["most_wanted"]],
        "never_played": [(row["song"], row["votes"]) for row in report["never_played"]],
        "most_played": [(row["song"], row["played"], row["votes"]) for row in report["most_played"]],
        "in_vain": report["waiting"]["in_vain"],
        "instruments": {row["instrument"]: (row["people"], row["times"]) for row in report["instruments"]},
    }


# Against a plain recount ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_report_says_what_is_counted_row_by_row(venue, seed):
    songs = make_songs(9)
    nights = [
        make_night(seed=(seed, n).__repr__(), songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=7 * n))
        for n in range(4)
    ]

    for jams, report in ((nights, read(OfVenue(venue))), (nights[:1], read(OfJam(nights[0])))):
        expected = recount(jams)
        song_waits, waits = expected.pop("song_waits"), expected.pop("waits")
        assert said(report) == expected
        for name, minutes in (("songs", song_waits), ("performers", waits)):
            told = report["waiting"][name]
            assert (told["number"], told["median"]) == (len(minutes), median(minutes))
            assert told["longest"] == max(minutes, default=None)
            assert sum(row["number"] for row in told["minutes"]) == len(minutes)
        assert report["songs_played"] == len(expected["most_played"])
    assert recount(nights)["votes"] > 0


def test_the_second_reading_is_made_of_what_was_kept_and_says_the_same(venue):
    songs = make_songs(9)
    for n in range(3):
        make_night(seed=n, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=n))
    with CaptureQueriesContext(connection) as before:
        first = read(OfVenue(venue))

    with CaptureQueriesContext(connection) as then:
        again = read(OfVenue(venue))

    assert NightSummary.objects.count() == 3
    assert said(again) == said(first)
    assert ["voting_vote" in str(list(ran)) for ran in (before, then)] == [True, False]


@pytest.mark.parametrize("change", ["vote", "removed", "played", "people", "moved"])
def test_what_changes_after_the_night_is_in_the_next_report(venue, change):
    jam = make_night(seed=5, songs=make_songs(9), venue=venue)
    read(OfVenue(venue))
    song = jam.songs.filter(status="open").first() or make_jam_song(jam=jam)
    if change == "vote":
        make_vote(jam_song=song)
    elif change == "removed":
        Vote.objects.filter(jam_song__jam=jam).first().delete()
    elif change == "played":
        Performance.objects.filter(jam=jam).first().delete()
    elif change == "people":
        make_attendee(jam=jam)
    else:
        Jam.objects.filter(pk=jam.pk).update(ended_at=jam.ends_at + timedelta(hours=1))

    expected = recount([jam])
    [facts] = summed_up([Jam.objects.select_related("venue").get(pk=jam.pk)]).values()

    assert {name: facts[name] for name in ("people", "voters", "votes", "performances", "seconds", "early")} == {
        name: expected[name] for name in ("people", "voters", "votes", "performances", "seconds", "early")
    }
    assert facts["waits"] == expected["waits"]


def test_a_night_that_runs_is_counted_and_not_kept(venue):
    jam = make_night(seed=1, songs=make_songs(5), venue=venue, status="live")

    assert said(read(OfJam(jam)))["votes"] == recount([jam])["votes"]
    assert not NightSummary.objects.exists()


def test_more_votes_than_somebody_should_wait_for_are_not_looked_at(venue):
    jam = make_night(seed=1, songs=make_songs(5), venue=venue)
    number = recount([jam])["votes"]

    with pytest.raises(Large) as large:
        summed_up([jam], most=number - 1)
    assert large.value.nights == [jam.pk]
    summed_up([jam], most=number)
    summed_up([jam], most=0)  # it is kept


# What it is of ----------------------------------------------------------------------------------------


def test_a_venue_reports_its_own_nights_that_are_over(venue):
    songs = make_songs(5)
    mine = make_night(seed=1, songs=songs, venue=venue)
    make_night(seed=2, songs=songs, venue=make_venue())
    make_night(seed=3, songs=songs, venue=venue, status="draft")
    make_night(seed=4, songs=songs, venue=venue, status="live")

    assert [row["jam"] for row in read(OfVenue(venue))["nights"]] == [mine.slug]


def test_a_host_reports_their_nights_by_the_clock_of_each_place():
    host, songs = make_user(), make_songs(5)
    late = datetime(2026, 3, 11, 3, tzinfo=UTC)  # the evening of the 10th in Chicago, the morning of the 11th in Berlin
    there, here = make_venue(time_zone="America/Chicago"), make_venue(time_zone="Europe/Berlin")
    one = make_night(seed=1, songs=songs, venue=there, starts_at=late, host=host)
    two = make_night(seed=2, songs=songs, venue=here, starts_at=late, host=host)
    make_night(seed=3, songs=songs, venue=here, starts_at=late, host=make_user())

    def on(day):
        return {row["jam"] for row in read(OfHost(host), Period(date(2026, 3, day), date(2026, 3, day)))["nights"]}

    assert (on(10), on(11)) == ({one.slug}, {two.slug})
    assert {row["jam"] for row in read(OfHost(host))["nights"]} == {one.slug, two.slug}


def test_a_night_is_compared_with_the_earlier_ones_that_the_reader_runs(venue):
    host, songs = make_user(), make_songs(5)
    earlier = make_night(seed=1, songs=songs, venue=venue, host=host)
    make_night(seed=2, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=1))  # somebody else's
    jam = make_night(seed=3, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=7), host=host)

    own = read(OfJam(jam), by=host)
    managers = read(OfJam(jam), by=venue.managers.get())

    assert own["before"]["nights"] == 1
    assert own["figures"]["votes"]["before"] == recount([earlier])["votes"]
    assert managers["before"]["nights"] == 2


def test_a_period_is_compared_with_the_one_before(venue):
    songs = make_songs(5)
    before = make_night(seed=1, songs=songs, venue=venue, starts_at=BEGIN)
    make_night(seed=2, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=31))

    report = read(OfVenue(venue), month_of(date(2026, 4, 14)))

    assert (report["since"], report["until"]) == ("2026-04-01", "2026-04-30")
    assert report["before"] == {"since": "2026-03-01", "until": "2026-03-31", "nights": 1}
    assert report["figures"]["votes"]["before"] == recount([before])["votes"]
    assert read(OfVenue(venue))["before"] is None


def test_only_so_many_nights_are_read(venue, settings):
    settings.REPORT_NIGHTS = 2
    songs = make_songs(3)
    jams = [make_night(seed=n, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=n)) for n in range(3)]

    assert [row["jam"] for row in read(OfVenue(venue))["nights"]] == [jams[2].slug, jams[1].slug]


@pytest.mark.parametrize("rows", [1, 3, 30])
def test_a_report_costs_the_same_however_many_nights_there_are(venue, rows, settings, django_assert_num_queries):
    songs, by = make_songs(4), make_user()
    for n in range(rows):
        make_night(seed=n, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=n))

    # nights; marks in three, kept; people, songs, votes, performances, sign-ups; keep; songs in three; names
    with django_assert_num_queries(17):  # and a savepoint
        read(OfVenue(venue), by=by)
    settings.CACHED_READS = True
    read(OfVenue(venue), by=by)
    with django_assert_num_queries(1):  # names
        read(OfVenue(venue), by=by)


# Days and hours ---------------------------------------------------------------------------------------


def test_months_and_seasons_are_compared_with_whole_ones(settings):
    today = date(2026, 3, 15)

    assert month_of(today) == (date(2026, 3, 1), date(2026, 3, 31))
    assert last_month_of(date(2026, 1, 15)) == (date(2025, 12, 1), date(2025, 12, 31))
    assert month_of(today).before() == (date(2026, 2, 1), date(2026, 2, 28))
    assert season_of(today) == (date(2025, 9, 1), date(2026, 8, 31))
    assert season_of(today).before() == (date(2024, 9, 1), date(2025, 8, 31))
    assert Period(date(2026, 3, 10), date(2026, 3, 12)).before() == (date(2026, 3, 7), date(2026, 3, 9))
    assert Period(since=today).before() is None
    settings.SEASON_BEGINS = 1
    assert season_of(today) == (date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("counted", "clock"),
    [
        ({}, []),
        ({80: 3}, [80]),
        ({94: 1, 1: 2}, [94, 95, 0, 1]),
        ({44: 1, 47: 1}, [44, 45, 46, 47]),
        ({80: 1, 4: 1, 90: 0}, [*range(80, 96), 0, 1, 2, 3, 4]),
    ],
    ids=["nothing", "one", "past midnight", "at noon", "long"],
)
def test_a_night_is_shown_from_its_first_vote_to_its_last(counted, clock):
    assert clock_quarters(counted) == clock


@given(st.dictionaries(st.integers(0, 95), st.integers(0, 3)))
def test_no_quarter_is_lost(counted):
    clock = clock_quarters(counted)

    assert len(set(clock)) == len(clock)
    assert {quarter for quarter, number in counted.items() if number} <= set(clock)


@given(st.lists(st.integers(0, 500)).map(sorted))
def test_everybody_who_waited_is_in_one_bin(minutes):
    assert sum(row["number"] for row in distribution(minutes)) == len(minutes)
