"""The page of one's API tokens, without a script."""

import re

import pytest
from django.test import Client

from apps.accounts.models import ApiToken
from apps.accounts.tokens import find_token
from tests.factories import make_api_token, make_user

PAGE = "/account/tokens"
NEW = {"name": "Lights <b>", "scopes": ["jams"], "days": "30"}


def test_a_token_is_made_and_shown_on_the_answer_alone(as_host, host, text):
    answer = as_host.post(PAGE, NEW)

    assert "It holds until" in text(answer)
    text = re.search(r"<output[^>]*>(jvt_[^<]*)</output>", answer.content.decode())[1]
    token = find_token(text)
    assert (token.user, token.name, token.scopes) == (host, "Lights <b>", ["jams"])
    assert (token.expires_at - token.created_at).days in (29, 30)
    assert "no-store" in answer["Cache-Control"]
    assert b"<b>" not in answer.content.replace(b"<b></b>", b"").split(b"<main")[1]
    page = as_host.get(PAGE).content.decode()
    assert token.beginning in page
    assert text[len(token.beginning) :] not in page


def test_the_list_tells_use_scopes_and_end(as_host, host, text):
    make_api_token(user=host, name="Reader", scopes=[])
    used, secret = make_api_token(user=host, name="Writer", scopes=["library", "account"])
    find_token(secret)

    page = text(as_host.get(PAGE))

    assert "Reads only" in page
    assert "Never used" in page
    assert "Change venues and songs, Change my name" in page
    assert "Last used" in page
    assert f"{used.expires_at:%Y}" in page


def test_tokens_of_others_are_not_there(as_host, text):
    theirs, _secret = make_api_token(name="Kim's secret lights")

    assert "Kim" not in text(as_host.get(PAGE))
    for method in (as_host.get, as_host.post):
        assert method(f"{PAGE}/{theirs.pk}/revoke").status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_revoking_asks_first(as_host, host, text):
    token, _secret = make_api_token(user=host)
    path = f"{PAGE}/{token.pk}/revoke"

    assert "Revoke Lights" in text(as_host.get(path))
    token.refresh_from_db()
    assert token.revoked_at is None

    answer = as_host.post(path, follow=True)

    assert "is revoked" in text(answer)
    token.refresh_from_db()
    assert token.revoked_at
    assert path not in answer.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "a" * 81}, {"days": "9999"}, {"days": ""}, {"scopes": ["staff"]}]
)
def test_what_is_wrong_is_said_in_the_form(as_host, wrong):
    answer = as_host.post(PAGE, NEW | wrong)

    assert answer.status_code == 400
    assert 'class="error"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_too_many_are_said_in_the_form(as_host, host, settings, text):
    settings.MAX_API_TOKENS = 1
    make_api_token(user=host)

    assert "Revoke one that you do not need" in text(as_host.post(PAGE, NEW))


def test_the_page_is_for_whoever_is_logged_in_and_forged_forms_make_nothing(host):
    assert Client().get(PAGE)["Location"] == f"/login?next={PAGE}"
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(host)

    assert forged.post(PAGE, NEW).status_code == 403
    assert not ApiToken.objects.exists()


def test_an_account_that_is_switched_off_sees_nothing(as_host, host):
    make_user()
    host.is_active = False
    host.save()

    assert as_host.get(PAGE).status_code == 302
