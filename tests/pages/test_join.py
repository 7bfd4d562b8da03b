import pytest
from django.test import Client

from apps.jams.identity import cookie_name
from apps.jams.models import Attendee
from apps.voting.models import Vote
from tests.factories import make_jam, make_jam_song

pytestmark = pytest.mark.django_db


def test_joining_takes_one_tap_and_no_name(client, jam):
    response = client.post(f"/j/{jam.code}")

    assert (response.status_code, response["Location"]) == (303, f"/jams/{jam.slug}")
    assert Attendee.objects.get(jam=jam).display_name
    assert client.get(response["Location"]).context["attendee"].jam == jam


def test_the_cookie_is_out_of_reach_of_scripts(client, jam):
    client.post(f"/j/{jam.code}")

    morsel = client.cookies[cookie_name(jam)]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"


def test_joining_shows_no_secret(client, jam):
    response = client.post(f"/j/{jam.code}", follow=True)

    secret = client.cookies[cookie_name(jam)].value.split(":")[0]
    assert secret.encode() not in response.content


def test_a_taken_name_gets_a_number(client, jam):
    Client().post(f"/j/{jam.code}", {"display_name": "Sam"})

    client.post(f"/j/{jam.code}", {"display_name": "sam"})

    assert set(Attendee.objects.values_list("display_name", flat=True)) == {"Sam", "sam 2"}


def test_joining_twice_stays_one_person(client, jam):
    client.post(f"/j/{jam.code}")

    again = client.get(f"/j/{jam.code}")

    assert again.status_code == 303
    assert Attendee.objects.count() == 1


def test_a_vote_on_the_way_in_is_cast(client, jam):
    jam_song = make_jam_song(jam=jam)

    response = client.post(f"/j/{jam.code}", {"song": jam_song.pk})

    assert response["Location"] == f"/jams/{jam.slug}#song-{jam_song.pk}"
    assert Vote.objects.filter(jam_song=jam_song).count() == 1


@pytest.mark.parametrize("song", ["", "x", "-1", "9" * 30, "0"])
def test_a_song_that_is_none_does_not_keep_anybody_out(client, jam, song):
    response = client.post(f"/j/{jam.code}", {"song": song})

    assert response.status_code == 303
    assert Vote.objects.count() == 0


def test_another_jams_song_takes_no_vote_on_the_way_in(client, jam):
    foreign = make_jam_song()

    client.post(f"/j/{jam.code}", {"song": foreign.pk})

    assert Vote.objects.count() == 0


def test_a_code_is_forgiving(client, jam):
    code = jam.code.lower()

    assert client.get(f"/j/{code[:3]}-{code[3:]}").status_code == 200


@pytest.mark.parametrize("code", ["ZZZZZZ", "nope", "🎸", "..", "a" * 300])
def test_an_unknown_code_says_so(client, db, code, text):
    response = client.get(f"/j/{code}")

    assert response.status_code == 404
    assert "No jam has this code" in text(response)


def test_the_code_of_an_ended_jam_leads_to_its_set_list(client, text):
    jam = make_jam(status="ended")

    response = client.get(f"/j/{jam.code}", follow=True)

    assert "This night is over" in text(response)
    assert "That was the night" in text(response)


def test_the_code_of_a_draft_is_unknown(client, host):
    draft = make_jam(host=host, status="draft")

    assert client.get(f"/j/{draft.code}").status_code == 404


def test_too_long_a_name_is_refused_with_its_reason(client, jam, text):
    response = client.post(f"/j/{jam.code}", {"display_name": "x" * 41})

    assert response.status_code == 400
    assert "at most 40 characters" in text(response)
    assert Attendee.objects.count() == 0


def test_a_removed_person_is_not_let_in_again_by_the_code(attendee_client, jam, text):
    client, attendee = attendee_client(jam)
    Attendee.objects.filter(pk=attendee.pk).update(state="removed")

    response = client.post(f"/j/{jam.code}", follow=True)

    assert "You were taken off this jam" in text(response)
    assert Attendee.objects.count() == 1


def test_joining_needs_the_token_of_the_form(jam):
    careful = Client(enforce_csrf_checks=True)

    response = careful.post(f"/j/{jam.code}")

    assert response.status_code == 403
    assert b"This page lay open too long" in response.content
