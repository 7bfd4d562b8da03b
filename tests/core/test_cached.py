"""Finished answers: what they look like, when they are given, and when a request goes past them."""

import gzip
import sys
import threading
import time
from datetime import timedelta

import brotli
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Song
from apps.core import cached, counts
from apps.core import store as module
from apps.core.cached import preferred, wants_json
from apps.core.store import Away, Debts, RedisStore, copies, store
from tests.factories import make_jam, make_jam_song, make_song, make_user, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

SONGS = "/api/v1/songs"
VENUES = "/api/v1/venues"


def get(path=SONGS, **headers):
    return Client(headers=headers).get(path)


@pytest.fixture
def hit(django_assert_num_queries):
    """Nothing is asked of the database."""
    return lambda: django_assert_num_queries(0)


# What an answer looks like ----------------------------------------------------------------------------


def test_a_hit_is_what_the_miss_was(hit):
    make_song(title="Valerie")

    miss = get()
    with hit():
        answer = get()

    assert answer.json()["results"][0]["title"] == "Valerie"
    assert answer.content == miss.content
    own = {"X-Request-Id"}
    assert {k: v for k, v in answer.items() if k not in own} == {k: v for k, v in miss.items() if k not in own}
    assert answer["X-Request-Id"] != miss["X-Request-Id"]
    assert answer["X-Content-Type-Options"] == "nosniff"  # what middleware adds is there too
    assert answer.resolver_match.url_name == "songs"


def test_each_encoding_is_a_representation_with_a_strong_tag_of_its_own(hit):
    for number in range(20):
        make_song(title=f"A song called {number}")
    plain = get()
    with hit():
        zipped, small = get(accept_encoding="gzip"), get(accept_encoding="gzip, deflate, br")

    assert gzip.decompress(zipped.content) == brotli.decompress(small.content) == plain.content
    assert [a.get("Content-Encoding") for a in (plain, zipped, small)] == [None, "gzip", "br"]
    assert len({a["ETag"] for a in (plain, zipped, small)}) == 3
    assert all(a["ETag"].startswith('"') for a in (plain, zipped, small))
    assert all(int(a["Content-Length"]) == len(a.content) for a in (plain, zipped, small))
    assert len(small.content) < len(zipped.content) < len(plain.content) / 4


def test_browsers_ask_every_time_and_edges_may_keep_it_for_seconds():
    answer = get()

    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate, s-maxage=5"
    assert answer["CDN-Cache-Control"] == "max-age=5, stale-while-revalidate=5"
    assert answer["Vary"] == "Accept, Accept-Encoding"
    assert answer["Surrogate-Key"] == "songs songs"
    assert not answer.cookies


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_client_has_is_not_sent_again(hit, form):
    first = get(accept_encoding="br")
    with hit():
        second = get(accept_encoding="br", if_none_match=form.format(first["ETag"]))

    assert (second.status_code, second.content) == (304, b"")
    assert {name: second[name] for name in ("ETag", "Vary", "Cache-Control")} == {
        name: first[name] for name in ("ETag", "Vary", "Cache-Control")
    }
    assert get(accept_encoding="gzip", if_none_match=first["ETag"]).status_code == 200  # another representation
    make_song()
    assert get(accept_encoding="br", if_none_match=first["ETag"]).status_code == 200 or form == "*"


def test_head_is_get_without_the_body(hit):
    answer = Client().head(SONGS)  # also a miss
    with hit():
        full = get()

    assert answer.content == b""
    assert (answer["ETag"], answer["Content-Length"]) == (full["ETag"], full["Content-Length"])
    assert Client().head(SONGS, headers={"If-None-Match": full["ETag"]}).status_code == 304


# The key ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "paths",
    [
        ("/api/v1/songs?page_size=5&ordering=-title", "/api/v1/songs?ordering=-title&page_size=5"),
        ("/api/v1/songs", "/api/songs/"),
        ("/api/v1/venues?page=1&page=1", "/api/v1/venues?page=1&page=1&since=3"),
    ],
)
def test_what_means_the_same_is_computed_once(hit, paths):
    for number in range(25):
        make_song(title=f"{number}")
    one = get(paths[0])
    with hit():
        other = get(paths[1])

    assert one.content == other.content


def test_of_a_parameter_that_is_given_twice_the_order_matters():
    for number in range(3):
        make_venue(name=f"{number}")

    first, last = get(f"{VENUES}?page_size=2&page=1&page=2"), get(f"{VENUES}?page_size=2&page=2&page=1")

    assert len(first.json()["results"]) == 1
    assert len(last.json()["results"]) == 2


@pytest.mark.parametrize("query", ["search=val", "page=1&x=1", "format=json", "ordering=" + "x" * 300])
def test_parameters_that_the_read_does_not_name_go_past(query):
    get(f"{SONGS}?{query}")

    assert store.groups() == []
    assert get(f"{SONGS}?{query}").get("Cache-Control") == "private, no-store"


def test_an_error_is_not_kept():
    answer = get(f"{VENUES}?page=99")

    assert (answer.status_code, answer["Cache-Control"]) == (404, "private, no-store")
    assert store.groups() == []
    assert get("/api/v1/songs", host="evil.example").status_code == 400
    assert store.groups() == []


def test_links_lead_to_the_host_that_was_asked(settings):
    settings.ALLOWED_HOSTS = ["one.example", "two.example"]
    make_venue(name="a")
    make_venue(name="b")

    links = [get(f"{VENUES}?page_size=1", host=host).json()["next"] for host in ("one.example", "two.example")]

    assert links == [f"http://{host}{VENUES}?page=2&page_size=1" for host in ("one.example", "two.example")]


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("", True), ("*/*", True), ("application/json", True), ("application/json, text/plain, */*", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False), ("application/json; indent=4", False),
        ("text/html", False), ("application/xml", False),
    ],
)  # fmt: skip
def test_who_gets_json(accept, json):
    assert wants_json(accept) is json
    get()  # it is known now

    assert (get(accept=accept).get("ETag") is not None) is json


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("", "identity"), ("gzip, deflate, br, zstd", "br"), ("gzip;q=1.0, br;q=0", "gzip"), ("br;q=0.5", "br"),
        ("deflate", "identity"), ("GZIP", "gzip"), ("gzip; q=0.000", "identity"), ("identity", "identity"),
    ],
)  # fmt: skip
def test_the_best_coding_that_is_accepted(accept, coding):
    assert preferred(accept) == coding


# One computes, the others wait ------------------------------------------------------------------------


@pytest.fixture
def computed(monkeypatch):
    """How often a view was asked."""
    asked, as_nobody = [], cached.as_nobody
    monkeypatch.setattr(cached, "as_nobody", lambda *args: asked.append(1) or as_nobody(*args))
    return asked


def test_a_hundred_at_once_on_a_cold_key_are_one_computation(computed):
    make_song(title="Valerie")
    client, answers = Client(), []
    client.get("/api/v1/venues")  # the handler is loaded

    assert in_threads([lambda: answers.append(client.get(SONGS, headers={"Cookie": "a=b"}).content)] * 100) == []

    assert (len(computed), len(answers), len(set(answers))) == (2, 100, 1)  # one of them the venues


# How old an answer may be -----------------------------------------------------------------------------


def change_elsewhere(title):
    """Another process writes and retires: this one's copies do not hear of it."""
    Song.objects.update(title=title)
    store.retire("songs")


def title(response):
    return response.json()["results"][0]["title"]


@pytest.mark.services
def test_without_a_cookie_it_may_be_a_second_old_and_no_older(monkeypatch):
    make_song(title="old")
    began = now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert title(get()) == "old"
    change_elsewhere("new")

    now = began + settings.LOCAL_COPY_SECONDS - 0.01
    assert title(get()) == "old"
    now = began + settings.LOCAL_COPY_SECONDS
    assert title(get()) == "new"


@pytest.mark.parametrize(
    "headers", [{"cookie": "jam-1=x"}, {"authorization": "Bearer x"}, {"cache_control": "no-cache"}, {}]
)
def test_whoever_may_have_written_is_told_the_newest(headers):
    make_song(title="old")
    get()
    change_elsewhere("new")

    assert title(get(SONGS if headers else f"{SONGS}?since=7", **headers)) == "new"


def test_in_the_process_that_wrote_all_see_it_at_once():
    song = make_song(title="old")
    get()

    song.title = "new"
    song.save()

    assert title(get()) == "new"


@pytest.mark.services
def test_the_copy_can_be_switched_off(settings):
    settings.LOCAL_COPY_SECONDS = 0
    make_song(title="old")
    get()
    change_elsewhere("new")

    assert title(get()) == "new"
    assert not copies.kept


def test_the_cache_can_be_switched_off(settings):
    settings.CACHED_READS = False
    make_song(title="old")
    assert title(get()) == "old"
    Song.objects.update(title="new")

    answer = get()

    assert title(answer) == "new"
    assert answer["Cache-Control"] == "private, no-store"


def test_what_it_says_of_voting_does_not_outlast_the_closing_time():
    jam = make_jam(voting_closes_at=timezone.now() + timedelta(seconds=1.2))
    later = make_jam()
    addresses = ["/api/v1/jams", f"/api/v1/jams/{jam.slug}", f"/api/v1/jams/{jam.slug}/snapshot"]
    for address in addresses:
        answer = get(address).json()
        assert "open" in {jam["voting"] for jam in answer.get("results", [answer])}

    time.sleep(max(0, (jam.voting_closes_at - timezone.now()).total_seconds()) + 0.01)

    for address in addresses:
        answer = get(address).json()
        voting = {jam["slug"]: jam["voting"] for jam in answer.get("results", [answer])}
        assert voting == {jam.slug: "closed"} | ({later.slug: "open"} if "results" in answer else {})


def test_a_view_that_wants_privacy_gets_it(monkeypatch):
    from apps.catalog.api import SongViewSet

    plain = SongViewSet.list
    for header, value in (("Cache-Control", "private"), ("Cache-Control", "no-store")):

        def private(self, request, header=header, value=value):
            response = plain(self, request)
            response[header] = value
            return response

        monkeypatch.setattr(SongViewSet, "list", private)
        assert get(f"{SONGS}?page_size=5")["Cache-Control"] == value
    assert store.groups() == []


def test_nothing_of_who_asks_reaches_the_view_that_computes(monkeypatch):
    from apps.catalog.api import SongViewSet

    seen, plain = [], SongViewSet.list

    def spy(self, request):
        seen.append((dict(request.META), dict(request.COOKIES), request.user.is_authenticated, dict(request.headers)))
        return plain(self, request)

    monkeypatch.setattr(SongViewSet, "list", spy)
    who = {"cookie": "session=x; jam-1=y", "authorization": "Bearer z", "accept_language": "ar"}
    get(f"{SONGS}?page_size=5", **who, x_forwarded_for="1.2.3.4")

    [(meta, cookies, known, headers)] = seen
    assert (cookies, known) == ({}, False)
    assert not {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_ACCEPT_LANGUAGE", "HTTP_X_FORWARDED_FOR"} & set(meta)
    assert "Cookie" not in headers


# Redis away -------------------------------------------------------------------------------------------


@pytest.fixture
def away(monkeypatch):
    """A Redis where nobody listens."""
    gone = RedisStore(redis.Redis.from_url("unix:///nowhere/redis.sock", socket_timeout=0.1))
    owed = Debts()
    for place in (module, cached, counts):
        monkeypatch.setattr(place, "store", gone)
    for place in (module, cached):
        monkeypatch.setattr(place, "debts", owed)
    return gone


@pytest.mark.services
def test_redis_away_everything_answers_from_the_database(away, settings):
    settings.LOCAL_COPY_SECONDS = 0
    jam = make_jam()
    make_jam_song(jam=jam, title="old")
    paths = ["/api/v1/jams", f"/api/v1/jams/{jam.slug}", f"/api/v1/jams/{jam.slug}/snapshot", SONGS, "/api/v1/venues"]

    for path in paths:
        answer = get(path, accept_encoding="br")
        assert (answer.status_code, answer["Content-Encoding"]) == (200, "br")
    Song.objects.update(title="new")

    assert title(get()) == "new"  # and nothing is kept that could not be retired


@pytest.mark.services
def test_redis_away_is_asked_once_a_pause(away, monkeypatch):
    asked = []

    def exchange(*words):
        asked.append(threading.current_thread())
        raise module.RedisError

    monkeypatch.setattr(away, "exchange", exchange)
    monkeypatch.setattr(module, "PAUSE", 60)
    for _ in range(20):
        assert get(cookie="a=b").status_code == 200

    assert asked.count(threading.current_thread()) == 1  # another pays what is owed
    with pytest.raises(Away):
        away.get("songs", "x")


@pytest.mark.services
def test_somebody_who_is_logged_in_is_answered_without_redis_too(monkeypatch):
    """Sessions are kept in Redis besides the database."""
    client = Client()
    client.force_login(make_user())

    def gone(*args, **kwargs):
        raise redis.ConnectionError

    monkeypatch.setattr(redis.Redis, "execute_command", gone)

    assert client.get("/host").status_code == 200


def test_hits_are_counted_by_kind(hit):
    jam = make_jam()
    paths = ["/api/v1/jams", f"/api/v1/jams/{jam.slug}/snapshot"]
    before = counts.counts.total.copy()
    for path in paths:
        get(path)

    with hit():
        for path in paths * 10:
            get(path)

    new = counts.counts.total - before
    assert (new["jams miss"], new["board miss"]) == (1, 1)
    assert [new[f"{kind} local"] + new[f"{kind} store"] for kind in ("jams", "board")] == [10, 10]
    assert new["board bytes"] > 11 * 300
    counts.counts.tell()
    assert store.counts()["board miss"] >= 1


def test_waiting_is_for_the_same_answer_only(monkeypatch):
    """Who asks for something else is not held up by a slow computation."""
    from apps.catalog.api import SongViewSet

    plain, go, started = SongViewSet.list, threading.Event(), threading.Event()

    def slow(self, request):
        started.set()
        go.wait(5)
        return plain(self, request)

    monkeypatch.setattr(SongViewSet, "list", slow)
    waiting = threading.Thread(target=lambda: (get(), connection.close()))
    waiting.start()
    started.wait(5)

    assert get("/api/v1/venues").status_code == 200
    go.set()
    waiting.join()


# What was computed last --------------------------------------------------------------------------------


def computed_last(**given):
    kept = cached.Answer(**{"until": float("inf"), "place": 7, "etag": "x", "headers": {}, "body": b""} | given)
    return cached.LastComputed("http://h/p?", 100.0, {"br http://h/p?": kept})


def test_a_place_makes_no_address_of_its_own():
    """Each that is remembered takes memory, and a crowd names thousands."""
    cached.understood.cache_clear()
    for number in range(5):
        assert get(f"{SONGS}?page_size=5&since={number}").status_code == 200

    assert cached.understood.cache_info().currsize == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ("", None)), ("page=2", ("page=2", None)), ("since=7", ("", 7)), ("since=7&since=8", ("", 8)),
        ("page=2&since=7&page_size=5", ("page=2&page_size=5", 7)), ("since=x", ("", sys.maxsize)),
        ("q=since=7", ("q=since=7", None)), ("insince=7", ("insince=7", None)),
    ],
)  # fmt: skip
def test_a_place_is_cut_out_of_the_parameters(query, expected):
    assert cached.without_since(query) == expected


def wanted(since=None, base="http://h/p?"):
    return cached.Wanted(cached.declared(SONGS), "", "", base, f"br {base}", since)


@pytest.mark.parametrize(
    ("last", "want", "asked", "taken"),
    [
        (computed_last(), wanted(), 99.0, True),  # it began after the question
        (computed_last(), wanted(), 100.5, False),
        (computed_last(), wanted(since=7), 100.5, True),  # it has reached the number
        (computed_last(), wanted(since=8), 100.5, False),
        (computed_last(), wanted(since=7), 103.0, False),  # too old all the same
        (computed_last(place=None), wanted(since=0), 100.5, False),
        (computed_last(until=0.0), wanted(), 99.0, False),  # the jam has closed
        (computed_last(), wanted(base="http://h/q?"), 99.0, False),
    ],
)
def test_who_takes_what_was_computed_last(settings, last, want, asked, taken):
    settings.LOCAL_COPY_SECONDS = 1.0

    assert (last.answer(want, asked) is not None) == taken


def test_what_is_for_nobody_is_asked_of_the_view_by_each_who_waited():
    jam = make_jam(status="draft")
    path, client, statuses = f"/api/v1/jams/{jam.slug}/snapshot?since=0", Client(), []
    client.get("/api/v1/venues")

    assert in_threads([lambda: statuses.append(client.get(path).status_code)] * 12) == []

    assert set(statuses) == {404}


def test_a_site_below_a_path_has_answers_of_its_own():
    """Whoever can say where the site begins says it for their own answers only."""
    make_song(title="Valerie")
    odd = Client().get(f"{SONGS}?page_size=5", SCRIPT_NAME="/elsewhere")

    plain = Client().get(f"{SONGS}?page_size=5")

    assert len(store.groups()) == 1
    assert odd.status_code == plain.status_code == 200
    assert b"elsewhere" not in plain.content
