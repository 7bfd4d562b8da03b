"""Guessing ends in a lock: for whoever guesses, where they do, and for a while. Nothing of it is in the cache."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import AuditEvent
from tests.accounts.browser import ADDRESS, code_of, confirm, is_in, link, log_in, turn_on_second_factor
from tests.admin_pages import page_of
from tests.factories import PASSWORD, make_staff, make_user

pytestmark = pytest.mark.django_db
VENUE, HOME = "203.0.113.7", "198.51.100.1"


@pytest.fixture(autouse=True)
def robin(settings):
    settings.LOGIN_FAILURES = settings.AXES_FAILURE_LIMIT = 3
    return make_user(email=ADDRESS, name="Robin")


def guess(times, email=ADDRESS, address=VENUE, **options):
    """Each with another browser and an empty cache; answers the last answer."""
    for number in range(times):
        cache.clear()
        answer = log_in(Client(), email, "wrong", REMOTE_ADDR=address, HTTP_USER_AGENT=f"Browser {number}", **options)
    return answer


def later(**time):
    """Lets time pass since the wrong tries."""
    for attempt in AccessAttempt.objects.all():
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=attempt.attempt_time - timedelta(**time))


def enters(email=ADDRESS, address=VENUE):
    return log_in(Client(), email, REMOTE_ADDR=address).status_code == 302


def test_too_many_wrong_tries_lock_and_say_for_how_long():
    assert guess(2).status_code == 200

    answer = guess(1)

    assert answer.status_code == 429
    assert 890 <= int(answer["Retry-After"]) <= 900
    assert "Try again in 15 minutes." in answer.content.decode()
    assert not enters()  # the right password is none now


def test_the_lock_ends_by_itself_and_trying_does_not_make_it_longer():
    guess(3)
    later(minutes=14)
    assert not enters()
    guess(5)

    later(minutes=2)

    assert enters()


def test_wrong_tries_of_long_ago_do_not_count():
    guess(2)
    later(minutes=16)

    assert guess(2).status_code == 200


def test_getting_in_forgets_wrong_tries():
    guess(2)
    assert enters()

    assert guess(2).status_code == 200


def test_an_abuser_locks_out_nobody_else_at_the_venue():
    make_user(email="kim@example.com")

    guess(3)

    assert enters("kim@example.com", VENUE)


def test_the_victim_gets_in_from_elsewhere():
    guess(3)

    assert not enters(address=VENUE)
    assert enters(address=HOME)


def test_another_spelling_is_no_other_account():
    for spelling in (ADDRESS, "ROBIN@example.com", " Robin@Example.com "):
        guess(1, spelling)

    assert not enters()


def test_an_account_that_does_not_exist_is_locked_alike():
    assert [guess(n, "nobody@example.com").status_code for n in (2, 1)] == [guess(n).status_code for n in (2, 1)]


def test_guesses_from_everywhere_have_a_limit_that_does_not_hold_where_the_owner_is_logged_in(settings):
    settings.LOGIN_FAILURES_IN_ALL = 6
    enters(address=HOME)
    for number in range(6):
        guess(1, address=f"203.0.113.{number}")

    assert guess(1, address="203.0.113.99").status_code == 429
    assert not enters(address="203.0.113.98")
    assert enters(address=HOME)


def test_a_password_that_is_mended_by_mail_unlocks(client):
    guess(3)
    client.post("/account/reset", {"email": ADDRESS}, REMOTE_ADDR=VENUE)
    new = {"password1": "another-long-password", "password2": "another-long-password"}
    client.post(client.get(link())["Location"], new)

    assert log_in(client, password="another-long-password", REMOTE_ADDR=VENUE)["Location"] == "/host"


def test_codes_are_guessed_no_longer_than_passwords(client):
    log_in(client)
    secret, codes = turn_on_second_factor(client)
    cache.clear()
    thief = Client()
    log_in(thief)

    answers = []
    for number in range(3):
        cache.clear()
        answers.append(thief.post("/login/code", {"code": f"00000{number}"}).status_code)

    assert answers == [200, 200, 429]
    assert thief.post("/login/code", {"code": code_of(secret)}).status_code == 429
    assert thief.post("/login/code", {"code": codes[0]}).status_code == 429
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/account/again", {"password": "wrong"}),
        ("/account/password", {"oldpassword": "wrong", "password1": "x" * 12, "password2": "x" * 12}),
    ],
)
def test_who_found_an_open_browser_guesses_no_longer_either(client, path, fields):
    log_in(client)

    assert [client.post(path, fields).status_code for _ in range(3)] == [200, 200, 429]
    assert confirm(client).status_code == 429


def test_a_lock_is_written_down_once_and_staff_undo_it(client, robin):
    guess(6)
    event = AuditEvent.objects.get(verb="locked_out")
    assert (event.about, event.after) == (f"user:{robin.pk}", {"email": ADDRESS, "address": VENUE})

    client.force_login(make_staff())
    rows = AccessAttempt.objects.values_list("pk", flat=True)
    client.post(page_of(AccessAttempt), {"action": "delete_selected", "_selected_action": list(rows), "post": "yes"})

    assert enters()


def test_nothing_that_was_typed_secretly_is_kept():
    log_in(Client(), ADDRESS, "Secret-Word-12345")

    kept = str(list(AccessAttempt.objects.values()))
    assert "Secret-Word" not in kept


def test_nobody_else_asks_for_locks(client, robin, django_assert_num_queries):
    guess(3)
    client.force_login(robin)

    with django_assert_num_queries(1):  # user
        client.get("/venues/new", REMOTE_ADDR=VENUE)


def test_wrong_tries_that_are_over_are_forgotten():
    guess(2)
    later(minutes=16)

    guess(1, "kim@example.com")

    assert list(AccessAttempt.objects.values_list("username", flat=True)) == ["kim@example.com"]
    assert timezone.now() - AccessAttempt.objects.get().attempt_time < timedelta(minutes=1)
    assert PASSWORD not in str(list(AccessAttempt.objects.values()))
