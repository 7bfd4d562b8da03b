"""What a venue switches on or off for its jams: each flag both ways, and how jams keep to it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog.flags import FLAGS, is_looser, stricter
from apps.catalog.models import Venue
from apps.catalog.operations import change_venue
from apps.core.errors import Invalid
from apps.jams import operations
from apps.jams.board import snapshot
from apps.jams.errors import SuggestionsClosed, TooManySuggestions, VotesOut
from apps.jams.models import Jam
from apps.stage.errors import SignUpsClosed, TooManySignUps
from apps.stage.operations import sign_up
from apps.voting.operations import cast_vote, suggest_song
from tests.admin_pages import page_of, save
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_slot,
    make_song,
    make_staff,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make_user()


@pytest.fixture
def venue(manager):
    return make_venue(manager=manager, name="The Copper Room")


def suggest(jam, times=1):
    sam = make_attendee(jam=jam)
    return [suggest_song(jam=jam, attendee=sam, song=make_song()) for _ in range(times)][-1]


def claim(jam, times):
    sam = make_attendee(jam=jam)
    return [sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam)), attendee=sam) for _ in range(times)]


def vote(jam, times):
    sam = make_attendee(jam=jam)
    for _ in range(times):
        cast_vote(jam_song=make_jam_song(jam=jam), attendee=sam)


def votes_shown(jam):
    jam_song = make_jam_song(jam=jam)
    make_vote(jam_song=jam_song)
    return next(song["votes"] for song in snapshot(jam)["songs"] if song["id"] == jam_song.pk)


def is_refused(error, act, *args):
    with pytest.raises(error):
        act(*args)
    return True


# What a jam does at a venue that has the flag so. `suggestions`: as the board says.
TABLE = [
    ("takes_suggestions", True, lambda jam: suggest(jam).status == "open" and snapshot(jam)["suggestions"] == "open"),
    ("takes_suggestions", False, lambda jam: is_refused(SuggestionsClosed, suggest, jam)),
    ("takes_suggestions", False, lambda jam: snapshot(jam)["suggestions"] == "closed"),
    ("approve_suggestions", False, lambda jam: suggest(jam).status == "open"),
    ("approve_suggestions", True, lambda jam: suggest(jam).status == "pending"),
    ("max_suggestions", None, lambda jam: suggest(jam, 3)),
    ("max_suggestions", 1, lambda jam: suggest(jam, 1) and is_refused(TooManySuggestions, suggest, jam, 2)),
    ("max_suggestions", 0, lambda jam: is_refused(TooManySuggestions, suggest, jam, 1)),
    ("max_votes", None, lambda jam: vote(jam, 5) is None),
    ("max_votes", 2, lambda jam: vote(jam, 2) is None and is_refused(VotesOut, vote, jam, 3)),
    ("sign_ups", True, lambda jam: claim(jam, 1)),
    ("sign_ups", False, lambda jam: is_refused(SignUpsClosed, claim, jam, 1)),
    ("max_sign_ups", None, lambda jam: claim(jam, 3) and is_refused(TooManySignUps, claim, jam, 4)),
    ("max_sign_ups", 1, lambda jam: claim(jam, 1) and is_refused(TooManySignUps, claim, jam, 2)),
    ("max_sign_ups", 0, lambda jam: is_refused(TooManySignUps, claim, jam, 1)),
    ("counts", "live", lambda jam: votes_shown(jam) == 1),
    ("counts", "top", lambda jam: [votes_shown(jam) for _ in range(4)] == [1, 1, 1, None]),
    ("counts", "hidden", lambda jam: votes_shown(jam) is None),
]


def test_every_flag_is_tested_both_ways():
    values = {name: {value for flag, value, _holds in TABLE if flag == name} for name in FLAGS}

    assert all(len(seen) > 1 for seen in values.values())
    assert set(FLAGS) == {name for name, _value, _holds in TABLE}


@pytest.mark.parametrize(("name", "value", "holds"), TABLE)
def test_a_jam_follows_its_venue(venue, manager, name, value, holds):
    jam = make_jam(venue=venue)

    change_venue(venue=venue, by=manager, **{name: value})

    jam.refresh_from_db()
    assert holds(jam)


@pytest.mark.parametrize(("name", "value", "holds"), TABLE)
def test_a_new_jam_begins_with_what_its_venue_says(manager, name, value, holds):
    venue = make_venue(manager=manager, **{name: value})
    now = timezone.now()

    jam = operations.create_jam(venue=venue, host=manager, name="New", starts_at=now, ends_at=now + timedelta(hours=3))
    operations.open_jam(jam=jam, host=manager)

    assert holds(jam)


def test_suggestions_are_on_again_with_the_venue(venue, manager):
    jam = make_jam(venue=venue)

    change_venue(venue=venue, by=manager, takes_suggestions=False)
    change_venue(venue=venue, by=manager, takes_suggestions=True)

    jam.refresh_from_db()
    assert suggest(jam).status == "open"


def test_a_host_hears_that_it_is_the_venue(venue, manager):
    jam = make_jam(venue=venue, takes_suggestions=False)

    with pytest.raises(SuggestionsClosed, match="This venue takes no suggestions"):
        suggest(jam)


# Stricter, never looser -------------------------------------------------------------------------------

STRICT = {"approve_suggestions": True, "max_suggestions": 2, "max_votes": 3, "sign_ups": False, "max_sign_ups": 2,
          "counts": "top"}  # fmt: skip
LOOSER = {"approve_suggestions": False, "max_suggestions": 3, "max_votes": None, "sign_ups": True, "max_sign_ups": 3,
          "counts": "live"}  # fmt: skip
STRICTER = {"approve_suggestions": True, "max_suggestions": 0, "max_votes": 1, "sign_ups": False, "max_sign_ups": 0,
            "counts": "hidden"}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), LOOSER.items())
def test_a_jam_cannot_be_looser_than_its_venue(manager, name, value):
    venue = make_venue(manager=manager, **STRICT)
    jam = make_jam(host=manager, venue=venue, **STRICT)
    times = {"starts_at": jam.starts_at, "ends_at": jam.ends_at}

    for say in (
        lambda: operations.change_jam(jam=jam, host=manager, **{name: value}),
        lambda: operations.create_jam(venue=venue, host=manager, name="New", **times, **{name: value}),
    ):
        with pytest.raises(Invalid) as error:
            say()
        assert set(error.value.fields) == {name}
        assert venue.name in str(error.value.fields[name][0])


@pytest.mark.parametrize(("name", "value"), STRICTER.items())
def test_a_jam_may_be_stricter_and_stays_so(manager, name, value):
    venue = make_venue(manager=manager, **STRICT)
    jam = make_jam(host=manager, venue=venue, **STRICT)

    operations.change_jam(jam=jam, host=manager, **{name: value})
    change_venue(venue=venue, by=manager, **LOOSER | {"max_suggestions": None, "max_sign_ups": None})

    jam.refresh_from_db()
    assert getattr(jam, name) == value


def test_what_is_not_said_is_not_checked(manager):
    """A jam that ended under looser rules can still be given another name."""
    venue = make_venue(manager=manager, **STRICT)
    jam = make_jam(host=manager, venue=venue, status="ended")

    operations.change_jam(jam=jam, host=manager, name="That night")

    assert jam.max_votes is None


def test_the_same_night_again_is_as_strict_as_the_venue_now(manager):
    venue = make_venue(manager=manager)
    jam = make_jam(host=manager, venue=venue, status="ended", max_votes=10)
    change_venue(venue=venue, by=manager, max_votes=3, takes_suggestions=False)

    new = operations.duplicate_jam(jam=jam, host=manager, starts_at=timezone.now())

    assert (new.max_votes, new.takes_suggestions) == (3, False)


def test_what_is_stricter():
    assert stricter("max_votes", None, 3) == stricter("max_votes", 3, None) == stricter("max_votes", 5, 3) == 3
    assert stricter("max_suggestions", 0, 3) == 0
    assert stricter("counts", "live", "top") == "top"
    assert stricter("counts", "hidden", "top") == "hidden"
    assert not is_looser("approve_suggestions", True, False)


# Who hears of it --------------------------------------------------------------------------------------


def test_every_jam_that_has_not_ended_follows_and_no_other(venue, manager):
    jams = {status: make_jam(venue=venue, status=status) for status in Jam.Status}
    elsewhere = make_jam()

    change_venue(venue=venue, by=manager, max_votes=3)

    caps = {status: Jam.objects.get(pk=jam.pk).max_votes for status, jam in jams.items()}
    assert caps == {"draft": 3, "open": 3, "live": 3, "last_call": 3, "ended": None}
    assert Jam.objects.get(pk=elsewhere.pk).max_votes is None


def test_it_is_written_down_where_something_changed(venue, manager):
    loose, strict = make_jam(venue=venue), make_jam(venue=venue, max_votes=1)

    change_venue(venue=venue, by=manager, max_votes=3)
    change_venue(venue=venue, by=manager, town="Bristol", max_votes=3)

    event = AuditEvent.objects.about(loose).get()
    assert (event.verb, event.actor, event.after) == ("follow_venue", manager, {"jam": {"max_votes": 3}})
    assert not AuditEvent.objects.about(strict).exists()


def test_a_venue_that_somebody_else_has_changed_meanwhile_is_followed_as_it_is(venue, manager):
    jam, seen_before = make_jam(venue=venue), Venue.objects.get(pk=venue.pk)
    change_venue(venue=venue, by=manager, takes_suggestions=False)

    change_venue(venue=seen_before, by=manager, max_votes=3)

    jam.refresh_from_db()
    assert (jam.takes_suggestions, jam.max_votes) == (False, 3)


@pytest.mark.django_db(transaction=True)
def test_rooms_and_shared_answers_follow_at_once(venue, manager, monkeypatch):
    jam = make_jam(venue=venue, max_votes=9)
    caller, said = Caller(), []
    reads = {name: f"/api/v1/jams/{jam.slug}{name}" for name in ("", "/snapshot")}
    assert {caller("GET", path).json()["suggestions"] for path in reads.values()} == {"open"}
    monkeypatch.setattr("apps.jams.board.announce", lambda stream, *changes: said.append((stream, changes)))

    answer = Caller(user=manager)("PATCH", f"/api/v1/venues/{venue.slug}", {"takes_suggestions": False, "max_votes": 3})

    assert (answer.status_code, answer.json()["max_votes"]) == (200, 3)
    [(stream, changes)] = said
    assert (stream, changes[0].state["suggestions"]) == (jam.stream, "closed")
    assert caller("GET", reads[""]).json()["suggestions"] == "closed"
    assert caller("GET", reads[""]).json()["max_votes"] == 3


@pytest.mark.django_db(transaction=True)
def test_counts_that_the_venue_hides_are_gone_from_boards_at_once(venue, manager):
    jam_song = make_jam_song(jam=make_jam(venue=venue))
    make_vote(jam_song=jam_song)
    board = f"/api/v1/jams/{jam_song.jam.slug}/snapshot"
    before = Caller()("GET", board).json()["songs"][0]

    change_venue(venue=venue, by=manager, counts="hidden")

    after = Caller()("GET", board).json()["songs"][0]
    jam_song.refresh_from_db()
    assert (before["votes"], after["votes"]) == (1, None)
    assert jam_song.revision > before["revision"]  # so that it replaces what phones have


def test_staff_change_it_in_the_admin(client, venue):
    jam = make_jam(venue=venue)
    client.force_login(make_staff())

    form = {"name": venue.name, "slug": venue.slug, "time_zone": "Europe/London", "counts": "live", "max_votes": "4"}
    assert save(client, page_of(venue, "change"), **form) == {}

    jam.refresh_from_db()
    assert (jam.max_votes, jam.takes_suggestions) == (4, False)


def test_managers_change_it_on_the_venues_page(client, venue, manager):
    jam = make_jam(venue=venue)
    client.force_login(manager)
    form = {"name": venue.name, "time_zone": "Europe/London", "counts": "hidden", "max_suggestions": "2"}

    answer = client.post(f"/venues/{venue.slug}/edit", form)

    jam.refresh_from_db()
    assert answer.status_code == 303
    assert (jam.counts, jam.max_suggestions, jam.takes_suggestions) == ("hidden", 2, False)


def test_the_form_of_a_new_jam_begins_with_the_venue(client, manager):
    make_venue(manager=manager, max_votes=7, counts="top")
    client.force_login(manager)

    form = client.get("/jams/new").context["form"]

    assert (form["max_votes"].value(), form["counts"].value()) == (7, "top")


@pytest.mark.parametrize(
    "values", [{"max_votes": 0}, {"max_suggestions": 101}, {"max_sign_ups": 101}, {"counts": "never"}]
)
def test_the_database_checks_it(venue, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Venue.objects.filter(pk=venue.pk).update(**values)


def test_a_host_cannot_set_what_is_the_venues_alone(manager, venue):
    jam = make_jam(host=manager, venue=venue, takes_suggestions=False)

    answer = Caller(user=manager)("PATCH", f"/api/v1/jams/{jam.slug}", {"takes_suggestions": True})

    assert answer.status_code == 400
    with pytest.raises(Invalid):
        operations.change_jam(jam=jam, host=manager, takes_suggestions=True)
