"""Sessions: in the cache for a while, and ended at once wherever they are ended."""

import asyncio
import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.accounts.sessions import SessionStore
from apps.pages.views.my_account import device_of
from tests.accounts.browser import ADDRESS, is_in, log_in, verbs
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def logged_in(client):
    client.user = make_user()
    client.force_login(client.user)
    client.key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return client


def seconds_left(key):
    """In the cache; None if it is not there."""
    name = SessionStore.cache_key_prefix + key
    if settings.REDIS_URL:
        return cache.ttl(name) or None
    until = cache._expire_info.get(cache.make_key(name))
    return until and round(until - time.time())


def test_a_session_is_in_the_cache_for_half_an_hour_and_lives_for_two_weeks(logged_in):
    assert 1700 < seconds_left(logged_in.key) <= 1800

    cache.clear()
    assert logged_in.get(reverse("pages:host")).status_code == 200

    assert 1700 < seconds_left(logged_in.key) <= 1800
    assert SessionStore(logged_in.key).get_expiry_age() == 14 * 24 * 3600
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=13)


def test_a_session_that_ends_sooner_leaves_the_cache_sooner():
    session = SessionStore()
    session.set_expiry(60)
    session.save()

    assert 50 < seconds_left(session.session_key) <= 60


@pytest.mark.django_db(transaction=True)
def test_the_same_without_threads():
    async def kept():
        session = SessionStore()
        await session.aset("a", 1)
        await session.asave()
        cache.clear()
        return session.session_key, await SessionStore(session.session_key).aget("a")

    key, value = asyncio.run(kept())

    assert value == 1
    assert 1700 < seconds_left(key) <= 1800


def test_a_cached_session_costs_no_query(logged_in, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert SessionStore(logged_in.key)["_auth_user_id"] == str(logged_in.user.pk)


def test_logging_out_ends_it_at_once_in_cache_and_database(logged_in):
    key = logged_in.key

    logged_in.post(reverse("pages:logout"))

    assert seconds_left(key) is None
    assert not Session.objects.exists()
    assert SessionStore(key).load() == {}


@pytest.mark.parametrize("change", ["password", "locked"])
def test_a_new_password_and_a_lock_end_it_at_once(logged_in, change):
    user = logged_in.user
    if change == "password":
        user.set_password(PASSWORD + "!")
    else:
        user.is_active = False
    user.save()

    assert logged_in.get(reverse("pages:host")).status_code == 302


# Listed and ended -------------------------------------------------------------------------------------

PHONE = "Mozilla/5.0 (Linux; Android 16; Pixel 9) (KHTML, like Gecko) Chrome/143.0 Mobile Safari/537.36"


@pytest.fixture
def two_browsers():
    """Of the same person, both logged in by the page."""
    make_user(email=ADDRESS)
    laptop, phone = Client(), Client(HTTP_USER_AGENT=PHONE)
    for browser in (laptop, phone):
        log_in(browser, REMOTE_ADDR="203.0.113.7")
    return laptop, phone


def listed(browser):
    return browser.get("/account/sessions").context["sessions"]


def test_my_sessions_are_listed_with_this_one_marked(two_browsers):
    laptop, _phone = two_browsers
    log_in(Client(), make_user(email="kim@example.com").email)

    assert [(one["device"], one["row"].ip, one["here"]) for one in listed(laptop)] == [
        ("Chrome, Android", "203.0.113.7", False), ("", "203.0.113.7", True),
    ]  # fmt: skip


def test_a_session_that_is_ended_is_over_at_once_in_cache_and_database(two_browsers):
    laptop, phone = two_browsers
    key = phone.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_in(phone)
    assert seconds_left(key)

    assert laptop.post(f"/account/sessions/{listed(laptop)[0]['row'].pk}/end")["Location"] == "/account/sessions"

    assert (seconds_left(key), SessionStore(key).load()) == (None, {})
    assert (is_in(phone), is_in(laptop)) == (False, True)
    assert len(listed(laptop)) == 1
    assert verbs()[-1] == "end_session"


def test_all_others_end_and_this_one_stays(two_browsers):
    laptop, phone = two_browsers
    third = Client()
    log_in(third)

    laptop.post("/account/sessions")

    assert [is_in(browser) for browser in (laptop, phone, third)] == [True, False, False]
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.after) == ("log_out_everywhere", {"sessions": 2})


def test_nobody_ends_a_session_of_somebody_else(two_browsers):
    laptop, phone = two_browsers
    stranger = Client()
    log_in(stranger, make_user(email="kim@example.com").email)

    assert stranger.post(f"/account/sessions/{listed(laptop)[0]['row'].pk}/end").status_code == 404
    stranger.post("/account/sessions")

    assert is_in(laptop)
    assert is_in(phone)


def test_this_session_is_ended_by_logging_out(two_browsers):
    laptop, phone = two_browsers
    here = next(one["row"].pk for one in listed(laptop) if one["here"])

    laptop.post(f"/account/sessions/{here}/end")
    assert is_in(laptop)
    laptop.post("/logout")

    assert len(listed(phone)) == 1
    assert UserSession.objects.count() == 1


def test_sessions_that_ran_out_are_not_listed(two_browsers):
    laptop, phone = two_browsers
    key = phone.cookies[settings.SESSION_COOKIE_NAME].value
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(days=1))

    assert len(listed(laptop)) == 1


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (PHONE, "Chrome, Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0", "Edge, Windows"),
        ("curl/8.1", ""),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_name(user_agent, device):
    assert device_of(user_agent) == device
