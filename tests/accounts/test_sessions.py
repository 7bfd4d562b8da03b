"""Sessions: in the cache for a while, and ended at once wherever they are ended."""

import asyncio
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from apps.accounts.sessions import SessionStore
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
