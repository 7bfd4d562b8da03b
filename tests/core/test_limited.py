"""Who may call how often: a room behind one address, and somebody in it who means no good."""

import math
import re
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.test import Client

from apps.core import limited
from apps.core.credentials import signed
from apps.core.limits import LocalLimiter
from apps.core.store import copies, store
from apps.jams.models import Attendee
from apps.voting.models import Vote
from tests.callers import Caller, with_cookie
from tests.factories import (
    PASSWORD,
    make_api_token,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_user,
    make_venue,
    make_webhook,
)
from tests.world import ROUTES

pytestmark = pytest.mark.django_db
ROOM = 300
HERE = {"REMOTE_ADDR": "203.0.113.7"}
visitor = Client()  # one for all, since each that is made looks for all files of the product


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """A limiter of the test's own, for which no time goes by."""
    visitor.cookies.clear()
    clock = Clock()
    monkeypatch.setattr(limited, "limiter", LocalLimiter(clock))
    return clock


@pytest.fixture
def allow(settings, clock):
    """`allow(join="3/60")` instead of what the settings say."""

    def change(**quotas):
        new = {name: (settings.LIMITS[name][0], tuple(map(int, quota.split("/")))) for name, quota in quotas.items()}
        settings.LIMITS = settings.LIMITS | new

    return change


def statuses(answers):
    return [answer.status_code for answer in answers]


def vote(token, jam_song, method="put"):
    path = f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"
    return getattr(visitor, method)(path, headers={"Authorization": f"Bearer {token}"}, **HERE)


def join(jam):
    return visitor.post(f"/api/v1/jams/{jam.slug}/attendees", {}, "application/json", **HERE)


# Fair behind one address -----------------------------------------------------------------------------


def test_a_room_joins_and_votes_beside_one_who_abuses_its_address(allow):
    """In no time at all, so that nobody is helped by what comes back."""
    allow(address="20/60", participant="12/60")
    jam_song = make_jam_song()
    jam = jam_song.jam
    abuser = join(jam).json()["token"]
    me = f"/api/v1/jams/{jam.slug}/me"
    abuse = [
        *(visitor.get(me, **HERE) for _ in range(10)),
        *(vote(f"{number}.forged", jam_song) for number in range(10)),
        *(visitor.put(me, headers={"Cookie": f"jam-{jam.pk}={number}.forged"}, **HERE) for number in range(10)),
        *(vote(abuser, jam_song) for _ in range(20)),
    ]

    joined = [join(jam) for _ in range(ROOM - 1)]
    phones = [answer.json()["token"] for answer in joined]
    voted = [vote(token, jam_song) for token in phones]
    looked = [with_cookie(jam, token)("GET", me) for token in phones[:20]]

    assert statuses(abuse).count(429) == (30 - 20) + (20 - 12)
    assert set(statuses(joined)) == {201}
    assert set(statuses(voted)) == set(statuses(looked)) == {200}
    assert Vote.objects.count() == ROOM


def test_one_who_votes_and_takes_it_back_all_the_time_meets_nobody_elses_end(allow):
    jam_song = make_jam_song()
    [frantic, calm] = [make_attendee_with_token(jam=jam_song.jam)[1] for _ in range(2)]

    said = statuses([vote(frantic, jam_song, method) for _ in range(65) for method in ("put", "delete")])

    assert said == [200] * 120 + [429] * 10
    assert vote(calm, jam_song).status_code == 200


def test_a_token_of_our_making_is_known_in_every_form(allow):
    """The bearer token and the cookie of a page draw on one allowance."""
    allow(participant="4/60")
    jam_song = make_jam_song()
    token = make_attendee_with_token(jam=jam_song.jam)[1]
    phone, path = with_cookie(jam_song.jam, token), f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"

    said = statuses([vote(token, jam_song), *(phone("PUT", path) for _ in range(4))])

    assert said == [200, 200, 200, 200, 429]


def test_who_shows_what_is_not_of_our_making_is_nobody(allow):
    allow(address="2/60", participant="5/60")
    jam_song = make_jam_song()
    token = make_attendee_with_token(jam=jam_song.jam)[1]

    forged = [token[:-1], f"{token}x", token.replace(".", ":"), "x" * 5000]

    assert statuses(vote(one, jam_song) for one in forged) == [401, 401, 429, 429]
    assert vote(signed("of our making"), jam_song).status_code == 401  # nobody here; and not the address's to pay


def test_joining_draws_on_the_address_whoever_shows_what(allow):
    """Or each token would buy more of them."""
    allow(join="5/60")
    jam = make_jam()
    path, callers = f"/api/v1/jams/{jam.slug}/attendees", [Caller()]

    for _ in range(7):
        answer = callers[-1]("POST", path, {})
        callers.append(Caller(token=answer.json().get("token", "")))

    assert answer.status_code == 429
    assert Attendee.objects.count() == 5


def test_hosts_have_an_allowance_of_their_own(allow):
    allow(address="1/60", user="3/60")
    [host, other] = [Caller(user=make_user()) for _ in range(2)]
    path = "/api/v1/jams?mine=true"

    assert statuses(host("GET", path) for _ in range(4)) == [200, 200, 200, 429]
    assert statuses(other("GET", path) for _ in range(3)) == [200] * 3


def test_an_api_token_has_an_allowance_of_its_own_and_one_that_is_made_up_has_none(allow):
    allow(address="1/60", user="2/60")
    ours = [make_api_token()[1] for _ in range(2)]

    said = [[Caller(token=token)("GET", "/api/v1/auth").status_code for _ in range(3)] for token in ours]

    assert said == [[200, 200, 429]] * 2
    made_up = Caller(token=ours[0].removeprefix("jvt_"))
    assert statuses(made_up("GET", "/api/v1/jams/nowhere/me") for _ in range(2)) == [404, 429]


def test_a_host_who_is_in_the_room_too_has_no_more_tests_of_webhooks(allow):
    allow(webhook_test="2/60")
    manager, jam = make_user(), make_jam()
    _attendee, token = make_attendee_with_token(jam=jam)
    webhook, _secret = make_webhook(venue=make_venue(manager=manager), url="https://127.0.0.1/")
    host = Client()
    host.force_login(manager)
    host.cookies[f"jam-{jam.pk}"] = token

    said = statuses(host.post(f"/webhooks/{webhook.pk}/test", **HERE) for _ in range(3))

    assert said == [303, 303, 429]


def test_a_song_list_is_fetched_only_so_often(allow):
    allow(song_list="2/60")
    manager = make_user()
    venue = make_venue(manager=manager)
    host = Caller(user=manager)

    said = statuses(host("POST", f"/api/v1/venues/{venue.slug}/song-list/fetch") for _ in range(3))

    assert said == [404, 404, 429]  # there is none


@pytest.mark.parametrize("path", ["/webhooks/1/test", "/venues/none/library/list", "/api/v1/webhooks/1/test"])
def test_who_is_nobody_is_counted_there_too(allow, path):
    allow(address="2/60")

    assert statuses(visitor.post(path, **HERE) for _ in range(3))[-1] == 429


def test_a_session_that_is_made_up_is_nobody(allow):
    allow(address="2/60")
    caller = Caller(cookies={configured.SESSION_COOKIE_NAME: "x" * 32})

    assert statuses(caller("GET", "/api/v1/jams/nowhere/me") for _ in range(3)) == [404, 404, 429]


# What is not counted ---------------------------------------------------------------------------------


@pytest.fixture
def cached(settings):
    settings.CACHED_READS = True
    store.retire(*store.groups())
    copies.clear()


def test_finished_reads_are_free_and_what_is_computed_is_not(allow, cached):
    allow(address="3/60")
    make_jam()

    finished = [visitor.get("/api/v1/jams", **HERE) for _ in range(10)]
    computed = [visitor.get(f"/api/v1/jams?page_size={number}", **HERE) for number in range(1, 6)]
    again = visitor.get("/api/v1/jams?page_size=1", **HERE)

    assert set(statuses(finished)) == {200}
    assert statuses(computed) == [200, 200, 200, 429, 429]
    assert again.status_code == 200
    assert all("RateLimit" not in answer and "RateLimit-Policy" not in answer for answer in [*finished, again])
    assert all("public" in answer["Cache-Control"] and "RateLimit" not in answer for answer in computed[:3])


def test_what_is_computed_for_an_attendee_is_theirs(allow, cached):
    allow(address="1/60", reads="3/60")
    token = make_attendee_with_token(jam=make_jam())[1]
    attendee = Caller(token=token)

    said = statuses(attendee("GET", f"/api/v1/jams?page_size={number}") for number in (1, 2, 3, 4))

    assert said == [200, 200, 200, 429]
    assert visitor.get("/api/v1/jams?page_size=5").status_code == 200


def test_one_address_cannot_keep_another_from_what_is_computed(allow, cached):
    allow(address="1/60")
    visitor.get("/api/v1/jams?page_size=1", **HERE)

    refused = visitor.get("/api/v1/jams?page_size=2", **HERE)
    elsewhere = visitor.get("/api/v1/jams?page_size=2", REMOTE_ADDR="198.51.100.9")

    assert (refused.status_code, elsewhere.status_code) == (429, 200)


# Log-in ----------------------------------------------------------------------------------------------


def log_in(email, password="wrong", address="203.0.113.7", path="/login"):
    return visitor.post(path, {"login": email, "password": password}, REMOTE_ADDR=address)


def test_an_address_tries_so_many_accounts(clock):
    said = statuses(log_in(f"somebody{number}@example.com") for number in range(32))

    assert said[:30].count(429) == 0
    assert said[30:] == [429, 429]
    assert log_in("somebody0@example.com", address="198.51.100.9").status_code != 429


def test_who_waits_as_long_as_is_said_may_log_in(clock):
    host = make_user()
    for number in range(31):
        refused = log_in(f"somebody{number}@example.com")
    wait = int(refused["Retry-After"])

    clock.now += wait - 1
    assert log_in(host.email, PASSWORD).status_code == 429
    clock.now += 1
    assert log_in(host.email, PASSWORD).status_code == 302


# What it says ----------------------------------------------------------------------------------------


def test_an_answer_says_what_is_left_to_the_number(clock):
    jam_song = make_jam_song()
    token = make_attendee_with_token(jam=jam_song.jam)[1]

    said = [vote(token, jam_song) for _ in range(3)]
    clock.now += timedelta(seconds=1).total_seconds()
    said.append(vote(token, jam_song))

    assert {answer["RateLimit-Policy"] for answer in said} == {'"participant";q=120;w=60'}
    assert [answer["RateLimit"] for answer in said] == [
        '"participant";r=119;t=1', '"participant";r=118;t=1', '"participant";r=117;t=2', '"participant";r=118;t=1'
    ]  # fmt: skip


def test_each_policy_is_said(clock):
    answer = log_in("somebody@example.com")

    assert answer["RateLimit-Policy"] == '"login";q=30;w=300'
    assert answer["RateLimit"] == '"login";r=29;t=10'


def test_a_program_is_told_when_to_come_back(allow, clock):
    allow(participant="2/60")
    jam_song = make_jam_song()
    token = make_attendee_with_token(jam=jam_song.jam)[1]
    answer = [vote(token, jam_song) for _ in range(3)][-1]

    problem = answer.json()

    assert (answer.status_code, answer["Content-Type"]) == (429, "application/problem+json")
    assert (problem["code"], problem["status"], problem["title"]) == ("too_many_requests", 429, "Too Many Requests")
    assert problem["request_id"] == answer["X-Request-Id"]
    assert answer["Retry-After"] == "30"
    assert answer["RateLimit"] == '"participant";r=0;t=30'
    assert answer["Cache-Control"] == "private, no-store"
    clock.now += 30
    assert vote(token, jam_song).status_code == 200


def test_people_get_a_page(allow):
    allow(code="1/60")
    visitor.get("/j/ABCDEF", **HERE)

    answer = visitor.get("/j/ABCDEF", **HERE)

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "Try again in 60 seconds" in answer.content.decode()


def test_wrong_codes_keep_nobody_from_the_page_of_the_right_one(allow):
    allow(code="3/60", address="3/60")
    jam = make_jam()

    wrong = statuses(visitor.get(f"/j/ABCDE{letter}", **HERE) for letter in "FGHJK")
    entered = visitor.post("/j/", {"code": jam.code}, headers={"Origin": "http://testserver"}, **HERE)

    assert wrong == [404, 404, 404, 429, 429]
    assert entered.status_code == 303
    assert visitor.get(f"/j/{jam.code}", **HERE).status_code == 200


def test_a_call_without_its_form_token_is_counted_too(allow):
    allow(user="2/60")
    host = Caller(user=make_user(), csrf=False)

    said = statuses(host("POST", "/jams/new", "") for _ in range(3))

    assert said == [403, 403, 429]


def test_a_refusal_is_no_line_in_the_log(allow, caplog):
    allow(code="1/60")

    for _ in range(5):
        visitor.get("/j/ABCDEF", **HERE)

    assert not [record for record in caplog.records if "Too Many Requests" in record.getMessage()]


# The tables ------------------------------------------------------------------------------------------


def test_every_row_names_routes_and_policies_that_are_there():
    views = {f"{route.view.__module__}.{getattr(route.view, '__name__', '')}" for route in ROUTES.values()}
    names = {*ROUTES, *views}

    for row, policies in configured.LIMITED.items():
        method, _, route = row.partition(" ")
        assert method in {"GET", "POST"}
        assert not route or route in names, row
        assert set(policies) <= configured.LIMITS.keys(), row


def test_the_docs_have_every_policy():
    text = (configured.BASE_DIR / "docs" / "api.md").read_text()

    for name, (_whose, (calls, seconds)) in configured.LIMITS.items():
        assert re.search(rf"^\| `{name}` \| .*\b{calls:,}\b.*\b{seconds} s\b", text, re.MULTILINE), name
        assert math.isfinite(calls / seconds)
