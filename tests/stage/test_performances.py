"""What was played is history, also when the song is played again; undo takes it back."""

import importlib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from apps.jams.attendees import erase_due
from apps.jams.lineup import finish_song, play_song, queue_song, skip_song, start_next
from apps.jams.models import Attendee, Jam
from apps.jams.operations import end_jam
from apps.stage.models import Performance, SignUp
from apps.stage.operations import follow_song, sign_up, withdraw
from apps.stage.statistics import most_played, nights_of, on_stage, statistics_of
from apps.voting.operations import leave_jam
from apps.voting.songs import reopen_song
from apps.voting.undo import undo
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_performance,
    make_sign_up,
    make_slot,
    make_song,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host, status="live")


@pytest.fixture
def song(jam):
    return make_jam_song(jam=jam, title="Valerie")


def played(jam_song, host):
    play_song(jam_song=jam_song, host=host)
    finish_song(jam_song=jam_song, host=host)
    return Performance.objects.get()


def test_a_song_that_is_over_is_a_performance_with_its_votes_and_its_line_up(jam, song, host):
    bass, keys = make_slot(jam_song=song, instrument="bass"), make_slot(jam_song=song, instrument="keys")
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam, name="Ben")
    make_vote(jam_song=song)
    sign_up(slot=bass, attendee=ana)
    sign_up(slot=bass, attendee=ben)  # waits, and does not play

    performance = played(song, host)

    song.refresh_from_db()
    assert (performance.jam, performance.song, performance.votes) == (jam, song.song, 1)
    assert (performance.started_at, performance.ended_at) == (song.started_at, song.ended_at)
    assert performance.line_up == [{"instrument": "bass", "attendee": ana.pk}]
    assert keys.sign_ups.count() == 0


def test_what_is_skipped_was_not_played(song, host):
    play_song(jam_song=song, host=host)
    skip_song(jam_song=song, host=host)

    assert not Performance.objects.exists()


def test_the_next_song_and_the_end_of_the_night_end_what_plays(jam, song, host):
    other = make_jam_song(jam=jam)
    for one in (song, other):
        queue_song(jam_song=one, host=host)

    start_next(jam=jam, host=host)
    start_next(jam=jam, host=host)
    assert [one.song for one in Performance.objects.all()] == [song.song]
    end_jam(jam=jam, host=host)

    assert [one.song for one in Performance.objects.order_by("pk")] == [song.song, other.song]


def test_undone_it_was_not_played_and_played_again_it_was_once(jam, song, host):
    make_sign_up(slot=make_slot(jam_song=song, instrument="bass"))
    before = played(song, host)

    undo(jam=jam, host=host)
    assert not Performance.objects.exists()
    finish_song(jam_song=song, host=host)

    after = Performance.objects.get()
    assert (after.started_at, after.line_up) == (before.started_at, before.line_up)


def test_an_encore_is_another_performance_and_an_undone_encore_takes_none_back(jam, song, host):
    played(song, host)

    reopen_song(jam_song=song, host=host)
    undo(jam=jam, host=host)
    assert Performance.objects.count() == 1
    reopen_song(jam_song=song, host=host)
    assert Performance.objects.count() == 1
    play_song(jam_song=song, host=host)
    finish_song(jam_song=song, host=host)

    assert Performance.objects.filter(song=song.song).count() == 2


def test_who_played_plays_the_encore_again_unless_they_have_gone_or_withdraw(jam, song, host):
    bass, keys = make_slot(jam_song=song, instrument="bass"), make_slot(jam_song=song, instrument="keys")
    ana, ben, cem = (make_attendee(jam=jam, name=name) for name in ("Ana", "Ben", "Cem"))
    for slot, attendee in ((bass, ana), (bass, ben), (keys, cem)):
        sign_up(slot=slot, attendee=attendee)
    played(song, host)
    leave_jam(attendee=cem)

    reopen_song(jam_song=song, host=host)

    states = dict(SignUp.objects.values_list("attendee", "state"))
    assert states == {ana.pk: "claimed", ben.pk: "waiting", cem.pk: "withdrawn"}
    withdraw(sign_up=SignUp.objects.get(attendee=ana))
    assert SignUp.objects.holding().get().attendee == ben


def test_an_encore_that_others_play_is_undone_to_those_who_played_it(jam, song, host):
    bass = make_slot(jam_song=song, instrument="bass")
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam, name="Ben")
    first = sign_up(slot=bass, attendee=ana)
    played(song, host)
    reopen_song(jam_song=song, host=host)
    withdraw(sign_up=first)
    second = sign_up(slot=bass, attendee=ben)
    play_song(jam_song=song, host=host)
    finish_song(jam_song=song, host=host)

    line_ups = Performance.objects.order_by("pk").values_list("line_up", flat=True)
    assert [part["attendee"] for line_up in line_ups for part in line_up] == [ana.pk, ben.pk]
    undo(jam=jam, host=host)

    assert [one.attendee for one in SignUp.objects.holding()] == [ben]
    assert SignUp.objects.get(pk=second.pk).state == "checked_in"
    assert statistics_of(Jam.objects.filter(pk=jam.pk))["performers"] == 1


def test_who_played_twice_on_one_slot_holds_it_once_when_the_second_time_is_undone(jam, song, host):
    bass = make_slot(jam_song=song, instrument="bass")
    make_sign_up(slot=bass, state="played")
    ben = make_sign_up(slot=bass, state="claimed")
    played(song, host)

    undo(jam=jam, host=host)

    assert SignUp.objects.holding().get() == ben


def test_who_signed_up_for_an_encore_that_is_undone_has_not_played(jam, song, host):
    bass = make_slot(jam_song=song, instrument="bass")
    played(song, host)
    reopen_song(jam_song=song, host=host)
    ben = sign_up(slot=bass, attendee=make_attendee(jam=jam, name="Ben"))

    undo(jam=jam, host=host)

    assert SignUp.objects.get(pk=ben.pk).state == "claimed"
    assert statistics_of(Jam.objects.filter(pk=jam.pk))["performers"] == 0


def test_what_was_marked_by_hand_without_times_is_none(song):
    type(song).objects.filter(pk=song.pk).update(status="played")
    song.refresh_from_db()

    follow_song(song=song, before="open")

    assert not Performance.objects.exists()


def test_what_was_played_before_there_were_performances_is_noted(jam):
    migration = importlib.import_module("apps.stage.migrations.0004_played_before")
    now = timezone.now()
    times = {"started_at": now - timedelta(minutes=4), "ended_at": now}
    song = make_jam_song(jam=jam, status="played", votes=0, **times)
    one = make_sign_up(slot=make_slot(jam_song=song, instrument="bass"), state="played")
    make_sign_up(slot=make_slot(jam_song=song, instrument="keys"), state="withdrawn")
    make_jam_song(jam=jam, status="played", ended_at=now)  # nobody knows when it began
    make_jam_song(jam=jam, status="playing", started_at=now)

    migration.note_played(apps, None)

    performance = Performance.objects.get()
    assert (performance.song, performance.ended_at) == (song.song, now)
    assert performance.line_up == [{"instrument": "bass", "attendee": one.attendee_id}]


# Statistics -------------------------------------------------------------------------------------------


def at(day, hour=20):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def night(venue, starts_at, **fields):
    times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=4)}
    return make_jam(venue=venue, **{"status": "ended", **times, **fields})


def test_the_statistics_of_a_venue_are_of_its_nights_that_are_over():
    venue, song = make_venue(), make_song(title="Valerie")
    one, two = night(venue, at(3)), night(venue, at(10))
    others = [night(make_venue(), at(3)), night(venue, at(12), status="live")]
    for jam, votes in ((one, 5), (two, 7), *((jam, 100) for jam in others)):
        make_performance(jam=jam, song=song, votes=votes, started_at=at(3), ended_at=at(3) + timedelta(minutes=3))
    make_performance(jam=two, votes=20, started_at=at(3), ended_at=at(3) + timedelta(minutes=4))
    for jam in (one, two, *others):
        line_up = [{"instrument": name, "attendee": make_attendee(jam=jam).pk} for name in ("bass", "keys")]
        make_performance(jam=jam, song=song, votes=0, line_up=line_up + line_up[:1], started_at=at(4), ended_at=at(4))
        make_attendee(jam=jam, state=Attendee.State.REMOVED)

    nights = nights_of(venue)

    assert statistics_of(nights) == {
        "nights": 2, "people": 4, "performances": 5, "songs": 2, "votes": 32, "seconds": 600, "performers": 4,
    }  # fmt: skip
    first = most_played(nights)[0]
    assert (first["song__title"], first["times"], first["all_votes"]) == ("Valerie", 4, 12)


def test_days_are_those_of_the_venue():
    venue = make_venue(time_zone="America/Chicago")
    late = night(venue, datetime(2026, 3, 11, 3, tzinfo=UTC))  # the evening of the 10th in Chicago

    assert [*nights_of(venue, date(2026, 3, 10), date(2026, 3, 10))] == [late]
    assert not nights_of(venue, date(2026, 3, 11))
    assert not nights_of(venue, until=date(2026, 3, 9))


def test_who_was_on_stage_is_told_by_name_until_it_is_erased(jam):
    ana, ben = make_attendee(jam=jam, name="Ana"), make_attendee(jam=jam, name="Ben")
    for minute, who in ((0, [ana, ben]), (10, [ana])):
        line_up = [{"instrument": "bass", "attendee": one.pk} for one in who]
        line_up += [{"instrument": "vocals", "attendee": ana.pk}]
        times = {"started_at": at(3) + timedelta(minutes=minute), "ended_at": at(3) + timedelta(minutes=minute + 3)}
        make_performance(jam=jam, line_up=line_up, **times)

    assert on_stage(jam) == [
        {"name": "Ana", "instruments": ["bass", "vocals"], "songs": 2, "seconds": 360},
        {"name": "Ben", "instruments": ["bass"], "songs": 1, "seconds": 180},
    ]
    Jam.objects.filter(pk=jam.pk).update(status="ended", ends_at=at(3, 23), starts_at=at(3))
    assert erase_due() == 2
    assert [row["name"] for row in on_stage(jam)] == ["", ""]


# Pages and API ----------------------------------------------------------------------------------------


def test_a_song_tells_where_it_was_played_and_hidden_votes_to_nobody(client):
    song = make_song(title="Valerie")
    make_performance(jam=make_jam(status="ended", name="Past night", counts="hidden"), song=song, votes=41)
    make_performance(jam=make_jam(status="live", name="Secret night", counts="hidden"), song=song, votes=7321)

    page = client.get(f"/songs/{song.pk}").content.decode()
    rows = client.get(f"/api/v1/performances?song={song.pk}").json()["results"]

    assert [text in page for text in ("Past night", "41 votes", "Secret night")] == [True] * 3
    assert "7321" not in page.replace(",", "")
    assert [(row["jam_name"], row["votes"]) for row in rows] == [("Secret night", None), ("Past night", 41)]


def test_the_list_of_performances_names_instruments_and_nobody(client):
    jam = make_jam(status="ended")
    ana = make_attendee(jam=jam, name="Ana Unmistakable")
    parts = [{"instrument": name, "attendee": ana.pk} for name in ("vocals", "bass")]
    make_performance(jam=jam, line_up=parts, song=make_song(title="Valerie"))
    make_performance()

    answer = client.get(f"/api/v1/performances?jam={jam.slug}&venue={jam.venue.slug}")

    assert [(row["title"], row["instruments"]) for row in answer.json()["results"]] == [("Valerie", ["bass", "vocals"])]
    assert b"Unmistakable" not in answer.content
    assert b"attendee" not in answer.content


def test_what_is_tried_out_in_a_draft_is_told_to_nobody(client, host):
    draft = make_jam(host=host, status="draft", name="Unmistakable draft")
    song = make_song(title="Valerie")
    played(make_jam_song(jam=draft, song=song), host)

    assert client.get("/api/v1/performances").json()["results"] == []
    assert "Unmistakable" not in client.get(f"/songs/{song.pk}").content.decode()


def test_performances_are_paged_through_once_each(client):
    jam = make_jam(status="ended")
    made = [make_performance(jam=jam, started_at=at(3) + timedelta(minutes=n // 2)).pk for n in range(5)]

    found, address = [], f"/api/v1/performances?jam={jam.slug}&page_size=2"
    while address:
        page = client.get(address).json()
        found += [row["id"] for row in page["results"]]
        address = page["next"]

    assert found == made[::-1]


def test_the_next_read_after_a_song_is_over_has_it(client, jam, song, host, django_capture_on_commit_callbacks):
    address = f"/api/v1/performances?jam={jam.slug}"
    assert client.get(address).json()["results"] == []

    with django_capture_on_commit_callbacks(execute=True):
        played(song, host)

    assert [row["title"] for row in client.get(address).json()["results"]] == ["Valerie"]


def test_managers_read_the_statistics_of_a_period_and_a_wrong_one_is_explained(client):
    manager = make_user()
    venue = make_venue(manager=manager, name="The Anchor")
    make_performance(jam=night(venue, at(3)), song=make_song(title="Valerie"), votes=5)
    client.force_login(manager)
    page, api = f"/venues/{venue.slug}/report", f"/api/v1/venues/{venue.slug}/statistics"

    assert "Valerie" in client.get(page).content.decode()
    assert "No night is over" in client.get(page, {"since": "2026-03-04"}).content.decode()
    for odd in ("nonsense", "9999-12-31", "0001-01-01"):
        assert "Valerie" in client.get(page, {"since": odd, "until": odd}).content.decode()
        assert client.get(api, {"until": odd}).json()["errors"].keys() == {"until"}
    assert client.get(api, {"until": "2026-03-03"}).json()["performances"] == 1
    assert client.get(api, {"until": "2026-03-02"}).json()["most_played"] == []
    assert client.get(api, {"since": "2026-03-03", "until": "2026-03-02"}).status_code == 400
    assert client.get(api, {"since": "nonsense"}).status_code == 400


def test_after_the_night_hosts_see_who_was_on_stage_and_others_do_not(client, jam, host):
    ana = make_attendee(jam=jam, name="Ana Unmistakable")
    make_performance(jam=jam, line_up=[{"instrument": "bass", "attendee": ana.pk}])
    end_jam(jam=jam, host=host)

    assert b"Unmistakable" not in client.get(f"/jams/{jam.slug}").content
    client.force_login(host)
    assert b"Unmistakable" in client.get(f"/jams/{jam.slug}").content
