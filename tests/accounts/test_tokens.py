"""API tokens: made once, known by their signature, used until they end."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.errors import AccountClosed, TokenExpired, TokenRevoked, TokenUnknown, TooManyTokens
from apps.accounts.models import ApiToken, AuditEvent
from apps.accounts.tokens import api_token_in, find_token, make_token, revoke_token, revoke_tokens
from apps.core.errors import Invalid
from tests.factories import make_api_token, make_staff, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now


def test_the_database_has_nothing_that_could_be_sent():
    token, text = make_api_token()

    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        row = " ".join(map(str, cursor.fetchone()))

    secret = text.removeprefix("jvt_").split(".")[0]
    assert text.startswith(token.beginning)
    assert len(secret) == 43  # 256 bits
    assert secret not in row
    assert secret[6:] not in row
    assert text.split(".")[1] not in row


def test_a_token_finds_its_row_and_user(django_assert_num_queries):
    token, text = make_api_token(last_used_at=NOW())

    with django_assert_num_queries(1):
        found = find_token(text)
        assert (found.pk, found.user.pk) == (token.pk, token.user_id)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "jvt_",
        lambda text: "jvt_" + "a" * 43,
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text.replace("jvt_", "jvt_jvt_"),
        lambda text: f"{text[:10]}{'b' if text[10] == 'a' else 'a'}{text[11:]}",
        lambda text: text.swapcase().replace("JVT_", "jvt_"),
        lambda text: "jvt_ü.ü",
        lambda text: "jvt_\x00.\x00",
    ],
)
def test_what_is_made_up_or_mistyped_asks_no_database(django_assert_num_queries, change):
    _token, text = make_api_token()

    with django_assert_num_queries(0), pytest.raises(TokenUnknown):
        find_token(change(text))


def test_signed_for_something_else_is_no_token(django_assert_num_queries):
    from apps.core.credentials import signed

    with django_assert_num_queries(0), pytest.raises(TokenUnknown):
        find_token("jvt_" + signed("a" * 43))


def test_a_signed_secret_that_the_database_does_not_know_is_no_token():
    with pytest.raises(TokenUnknown) as refused:
        find_token("jvt_" + tokens.signer.sign("a" * 43))

    assert refused.value.code == "token_unknown"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"revoked_at": NOW()}, TokenRevoked),
        ({"expires_at": NOW()}, TokenExpired),
        ({"revoked_at": NOW(), "expires_at": NOW()}, TokenRevoked),
    ],
)
def test_a_token_that_ended_says_how(fields, error):
    _token, text = make_api_token(**fields)

    with pytest.raises(error):
        find_token(text)
    assert ApiToken.objects.get().last_used_at is None


def test_who_may_not_log_in_has_no_use_of_a_token():
    _token, text = make_api_token(user=make_user(is_active=False))

    with pytest.raises(AccountClosed):
        find_token(text)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Bearer jvt_a.b", "jvt_a.b"), ("bearer  jvt_a.b ", "jvt_a.b"), ("BEARER jvt_", "jvt_"),
        ("Bearer an-attendees", None), ("Basic jvt_a.b", None), ("jvt_a.b", None), ("Bearer", None), ("", None),
        ("Bearer JVT_a.b", None), ("Bearer xjvt_a.b", None),
    ],
)  # fmt: skip
def test_a_header_is_ours_by_its_prefix(header, found):
    assert api_token_in(header) == found


# Making ------------------------------------------------------------------------------------------------


def test_what_is_not_said_is_usual():
    token, _text = make_token(user=make_user(), name="  My\u200b  lights ", scopes=["library", "jams", "jams"])

    assert token.name == "My lights"
    assert token.scopes == ["jams", "library"]
    assert timedelta(days=89) < token.expires_at - NOW() <= timedelta(days=settings.API_TOKEN_DAYS)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"), ({"name": "a" * 81}, "name"), ({"name": "\u3164"}, "name"), ({"days": 0}, "days"),
        ({"days": 366}, "days"), ({"days": -1}, "days"), ({"days": 10**12}, "days"),
        ({"scopes": ["jams", "everything"]}, "scopes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_field(wrong, field):
    with pytest.raises(Invalid) as refused:
        make_token(user=make_user(), **{"name": "A", "scopes": [], "days": 1} | wrong)

    assert list(refused.value.fields) == [field]
    assert not ApiToken.objects.exists()


def test_a_user_has_so_many_live_ones(settings):
    settings.MAX_API_TOKENS = 2
    user = make_user()
    first, _text = make_api_token(user=user)
    make_api_token(user=user, expires_at=NOW())
    make_api_token()
    make_api_token(user=user)

    with pytest.raises(TooManyTokens):
        make_api_token(user=user)
    revoke_token(token=first, by=user)

    make_api_token(user=user)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_that_are_made_at_once_see_each_other(settings):
    settings.MAX_API_TOKENS = 1
    user, answers, start = make_user(), [], threading.Barrier(4)

    def make():
        start.wait()
        try:
            answers.append(make_token(user=user, name="A", scopes=[]))
        except TooManyTokens as error:
            answers.append(error)
        connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(answer, TooManyTokens) for answer in answers) == 3
    assert user.tokens.count() == 1


def test_what_ended_long_ago_is_cleared_away():
    user, long_ago = make_user(), NOW() - timedelta(days=31)
    for fields in ({"revoked_at": long_ago}, {"expires_at": long_ago}):
        make_api_token(user=user, name="Long ago", **fields)
    make_api_token(user=user, name="Lately", revoked_at=NOW())
    make_api_token(name="Of another", revoked_at=long_ago)

    make_api_token(user=user, name="New")

    assert set(ApiToken.objects.values_list("name", flat=True)) == {"Lately", "Of another", "New"}


# Use and end -------------------------------------------------------------------------------------------


def test_its_use_is_noted_once_a_minute(django_assert_num_queries):
    token, text = make_api_token()

    find_token(text)
    token.refresh_from_db()
    first = token.last_used_at
    with django_assert_num_queries(1):
        find_token(text)
    token.refresh_from_db()
    assert first == token.last_used_at

    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    find_token(text)
    token.refresh_from_db()
    assert token.last_used_at > first


def test_revoking_twice_does_no_harm():
    token, _text = make_api_token()

    revoke_token(token=token, by=token.user)
    token.refresh_from_db()
    first = token.revoked_at
    revoke_token(token=token, by=token.user)

    token.refresh_from_db()
    assert token.revoked_at == first
    assert AuditEvent.objects.filter(verb="revoke_token").count() == 1


def test_all_of_a_user_are_revoked_and_nobody_elses():
    user = make_user()
    mine = [make_api_token(user=user)[1] for _ in range(2)]
    _other, others = make_api_token()

    assert revoke_tokens(user=user, by=user) == 2

    for text in mine:
        with pytest.raises(TokenRevoked):
            find_token(text)
    assert find_token(others)


def test_the_audit_log_says_who_made_and_who_revoked_it():
    staff, user = make_staff(), make_user()
    token, text = make_token(user=user, name="Lights", scopes=["jams"])
    revoke_token(token=token, by=staff)

    revoked, made = AuditEvent.objects.about(user)
    assert (made.verb, made.actor, made.after["token"]) == ("make_token", user, f"Lights ({token.beginning}…)")
    assert made.after["scopes"] == ["jams"]
    assert (revoked.verb, revoked.actor) == ("revoke_token", staff)
    assert text[14:] not in f"{made.after}{revoked.before}"


def test_the_command_revokes_all_of_a_user(capsys):
    user = make_user(email="robin@example.com")
    _token, text = make_api_token(user=user)

    call_command("revoke_tokens", user="Robin@Example.com")

    assert "1 token revoked" in capsys.readouterr().out
    with pytest.raises(TokenRevoked):
        find_token(text)
    with pytest.raises(CommandError, match="no account"):
        call_command("revoke_tokens", user="nobody@example.com")
