"""Voting over the API: PUT and DELETE, by token or by cookie, and nobody for somebody else."""

from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone

from apps.core.credentials import signed
from apps.jams import identity
from apps.jams.errors import VotesOut
from apps.jams.models import Attendee, JamSong
from apps.jams.operations import set_paused
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, leave_jam, remove_attendee
from apps.voting.queries import mine, suggestions_left, votes_left
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_api_token,
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_user,
    make_vote,
)
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def vote_path(jam_song):
    return f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"


def votes_of(jam_song):
    return JamSong.objects.get(pk=jam_song.pk).votes


# A vote -----------------------------------------------------------------------------------------------


def test_put_casts_and_delete_takes_back_however_often():
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    sam, path = Caller(token=token), vote_path(jam_song)

    put = [sam("PUT", path).json() for _ in range(2)]
    deleted = [sam("DELETE", path).json() for _ in range(2)]

    assert put == [{"id": jam_song.pk, "votes": 1, "voted": True, "revision": 1}] * 2
    assert deleted == [{"id": jam_song.pk, "votes": 0, "voted": False, "revision": 2}] * 2


def test_post_does_not_toggle():
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    response = Caller(token=token)("POST", vote_path(jam_song))

    assert response.status_code == 405
    assert votes_of(jam_song) == 0


def test_the_answer_is_nobody_elses():
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    assert Caller(token=token)("PUT", vote_path(jam_song))["Cache-Control"] == "private, no-store"


def test_a_vote_by_cookie_needs_the_csrf_token():
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    forged = with_cookie(jam_song.jam, token, csrf=False)("PUT", vote_path(jam_song))
    assert (forged.status_code, votes_of(jam_song)) == (403, 0)

    assert with_cookie(jam_song.jam, token)("PUT", vote_path(jam_song)).json()["votes"] == 1


@pytest.mark.parametrize("counts", ["hidden", "top"])
def test_hidden_counts_are_not_in_the_answer(counts):
    jam_song = make_jam_song(jam=make_jam(counts=counts))
    for _ in range(4):
        make_vote(jam_song=jam_song)
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    answer = Caller(token=token)("PUT", vote_path(jam_song)).json()

    assert (answer["votes"], answer["voted"]) == (None, True)
    assert answer["revision"] > 1_000  # no count of changes


@pytest.mark.parametrize(
    ("jam_fields", "song_status", "code"),
    [
        ({"status": "ended"}, "open", "voting_closed"),
        ({"voting_paused": True}, "open", "voting_paused"),
        ({}, "queued", "song_frozen"),
        ({}, "played", "song_frozen"),
    ],
)
def test_why_a_vote_was_not_taken_is_said(jam_fields, song_status, code):
    jam_song = make_jam_song(jam=make_jam(**jam_fields), status=song_status)
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    response = Caller(token=token)("PUT", vote_path(jam_song))

    assert (response.status_code, response.json()["code"]) == (409, code)


def test_a_cap_is_told_and_left():
    jam = make_jam(max_votes=1)
    one, two = make_jam_song(jam=jam), make_jam_song(jam=jam)
    _sam, token = make_attendee_with_token(jam=jam)
    sam = Caller(token=token)
    sam("PUT", vote_path(one))

    refused = sam("PUT", vote_path(two))

    assert (refused.status_code, refused.json()["code"]) == (409, "votes_out")
    assert sam("GET", f"/api/v1/jams/{jam.slug}/me").json()["votes_left"] == 0


def test_a_song_of_another_jam_is_not_there():
    jam, elsewhere = make_jam(), make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam)

    response = Caller(token=token)("PUT", f"/api/v1/jams/{jam.slug}/songs/{elsewhere.pk}/vote")

    assert response.status_code == 404
    assert votes_of(elsewhere) == 0


# Who votes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["", " ", "x", "x" * 5000, "null", "None", "\x7f", "é", "1", "Bearer", "a b", "' OR 1=1 --", "%00"]
)
def test_an_invented_token_is_nobody(token):
    jam_song = make_jam_song()
    Attendee.objects.create(jam=jam_song.jam, display_name="Erased", secret_hash=None)

    response = Caller()("PUT", vote_path(jam_song), Authorization=f"Bearer {token}")

    assert (response.status_code, response.json()["code"]) == (401, "not_in_jam")
    assert response["WWW-Authenticate"] == "Bearer"
    assert votes_of(jam_song) == 0


def test_neither_the_hash_nor_the_id_nor_the_name_is_a_token():
    jam_song = make_jam_song()
    sam = make_attendee(jam=jam_song.jam, name="Sam")

    for guess in (sam.secret_hash, str(sam.pk), "Sam"):
        assert Caller(token=guess)("PUT", vote_path(jam_song)).status_code == 401


@pytest.mark.parametrize("pk", [0, 10**18, 2**63, 10**25])
def test_a_song_that_cannot_be_is_not_there(pk):
    jam = make_jam_song().jam
    _sam, token = make_attendee_with_token(jam=jam)

    assert Caller(token=token)("PUT", f"/api/v1/jams/{jam.slug}/songs/{pk}/vote").status_code == 404


def test_another_jams_token_is_nobody_here():
    jam_song = make_jam_song()
    _stranger, token = make_attendee_with_token()

    response = Caller(token=token)("PUT", vote_path(jam_song))

    assert response.status_code == 401
    assert votes_of(jam_song) == 0


def forgeries(sam, token, other_token):
    """What looks like a token and is not the one that the server gave to Sam."""
    secret, _, signature = token.rpartition(".")
    return {
        "unsigned": secret,
        "another key": signing.Signer(key="x" * 50, salt="jamvote.attendee", sep=".").sign(secret),
        "another salt": signing.Signer(salt="jamvote.move", sep=".").sign(secret),
        "a session's salt": signing.Signer(salt="django.contrib.sessions", sep=".").sign(secret),
        "another jam's": other_token,
        "an id": signed(str(sam.pk)),
        "a hash": signed(sam.secret_hash),
        "another secret": f"{'A' * 43}.{signature}",
        "a name": f"Sam.{signature}",
        "signed twice": signed(token),
        "cut": token[:-1],
        "empty": "",
        "a move link": "a-code-that-nobody-gave",
    }


@pytest.mark.parametrize("forgery", forgeries(Attendee(secret_hash=""), "", ""))
@pytest.mark.parametrize("shown", ["cookie", "token"])
def test_what_is_forged_is_nobody(shown, forgery):
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    _other, other_token = make_attendee_with_token()
    forged = forgeries(sam, token, other_token)[forgery]
    phone = with_cookie(jam_song.jam, forged) if shown == "cookie" else Caller(token=forged)

    response = phone("PUT", vote_path(jam_song))

    assert (response.status_code, response.json()["code"]) == (401, "not_in_jam")
    assert votes_of(jam_song) == 0


def test_token_and_cookie_are_one_string_as_the_api_gives_it():
    jam_song = make_jam_song()
    token = Caller()("POST", f"/api/v1/jams/{jam_song.jam.slug}/attendees", {}).json()["token"]

    answers = [
        Caller(token=token)("PUT", vote_path(jam_song)),
        with_cookie(jam_song.jam, token)("PUT", vote_path(jam_song)),
    ]

    assert [answer.json()["votes"] for answer in answers] == [1, 1]


def test_a_cookie_under_another_jams_name_is_nobody():
    jam_song, other = make_jam_song(), make_jam()
    _sam, token = make_attendee_with_token(jam=other)

    assert with_cookie(jam_song.jam, token)("PUT", vote_path(jam_song)).status_code == 401


@pytest.mark.parametrize(
    "body", [{"attendee": 1}, {"attendee_id": 1, "id": 2}, {"display_name": "Sam"}, {"token": "x"}]
)
def test_a_foreign_id_in_the_body_gets_nowhere(body):
    jam_song = make_jam_song()
    victim = make_attendee(jam=jam_song.jam, name="Victim")
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    body = {name: victim.pk if value in (1, 2) else value for name, value in body.items()}

    response = Caller(token=token)("PUT", vote_path(jam_song), body)

    assert response.status_code == 400
    assert set(response.json()["errors"]) == set(body)
    assert not Vote.objects.exists()


def test_a_foreign_id_in_the_address_is_ignored():
    jam_song = make_jam_song()
    victim = make_attendee(jam=jam_song.jam)
    sam, token = make_attendee_with_token(jam=jam_song.jam)

    Caller(token=token)("PUT", f"{vote_path(jam_song)}?attendee={victim.pk}&attendee_id={victim.pk}")

    assert Vote.objects.get().attendee == sam


def test_a_wrong_token_does_not_fall_back_to_the_cookie():
    jam_song = make_jam_song()
    _sam, secret = make_attendee_with_token(jam=jam_song.jam)

    response = with_cookie(jam_song.jam, secret)("PUT", vote_path(jam_song), Authorization="Bearer wrong")

    assert response.status_code == 401


def test_who_was_removed_is_told_so():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    remove_attendee(attendee=sam, host=host)
    me = f"/api/v1/jams/{jam_song.jam.slug}/me"

    for method, path in (("PUT", vote_path(jam_song)), ("GET", me), ("PATCH", me), ("DELETE", me)):
        response = Caller(token=token)(method, path, {"display_name": "X"} if method == "PATCH" else None)
        assert (response.status_code, response.json()["code"]) == (403, "removed")


def test_who_left_is_nobody_any_more():
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    leave_jam(attendee=sam)

    assert Caller(token=token)("PUT", vote_path(jam_song)).status_code == 401
    assert with_cookie(jam_song.jam, token)("PUT", vote_path(jam_song)).status_code == 401


def test_a_host_without_a_token_does_not_vote():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))

    assert Caller(user=host)("PUT", vote_path(jam_song)).status_code == 401


OUR_PAGE, ANOTHERS = {"Origin": "http://testserver"}, {"Origin": "https://elsewhere.example"}
LITE = 5  # statements on SQLite, which locks no rows: begin, find, vote, find, commit


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("by", ["token", "cookie"])
def test_a_vote_is_one_statement(django_assert_num_queries, method, by):
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    make_vote(jam_song=jam_song, attendee=sam) if method == "DELETE" else None
    caller = Caller(token=token) if by == "token" else with_cookie(jam_song.jam, token)

    with django_assert_num_queries(1 if connection.vendor == "postgresql" else LITE):
        response = caller(method, vote_path(jam_song), **({} if by == "token" else OUR_PAGE))

    assert (response.status_code, votes_of(jam_song)) == (200, method == "PUT")


@pytest.mark.parametrize(("method", "max_votes"), [("PUT", None), ("DELETE", None), ("DELETE", 1)])
def test_a_vote_that_is_said_again_is_one_statement_too(django_assert_num_queries, method, max_votes):
    jam_song = make_jam_song(jam=make_jam(max_votes=max_votes))
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    sam = Caller(token=token)
    sam(method, vote_path(jam_song))

    with django_assert_num_queries(1 if connection.vendor == "postgresql" else LITE):
        again = sam(method, vote_path(jam_song))

    assert (again.status_code, votes_of(jam_song)) == (200, method == "PUT")


def test_a_vote_under_a_cap_is_answered_before_the_framework(django_assert_num_queries):
    jam_song = make_jam_song(jam=make_jam(max_votes=1))
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    sam = Caller(token=token)

    with django_assert_num_queries(6 if connection.vendor == "postgresql" else 5):  # see test_ballot.py
        answer = sam("PUT", vote_path(jam_song))

    assert (answer.status_code, votes_of(jam_song)) == (200, 1)


@pytest.mark.parametrize("counts", ["live", "hidden"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_framework_answers_the_same(method, counts):
    jam_song = make_jam_song(jam=make_jam(counts=counts))
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    sam, path = Caller(token=token), vote_path(jam_song)
    sam(method, path)

    at_once, by_framework = sam(method, path), sam(method, path, {})

    said = [answer.json() | ({"revision": 0} if counts == "hidden" else {}) for answer in (at_once, by_framework)]
    assert said[0] == said[1]
    assert at_once["Content-Type"] == by_framework["Content-Type"]
    assert at_once["Cache-Control"] == by_framework["Cache-Control"] == "private, no-store"


def test_a_cookie_votes_from_our_own_pages_only():
    jam_song = make_jam_song()
    _sam, secret = make_attendee_with_token(jam=jam_song.jam)
    phone, path = with_cookie(jam_song.jam, secret, csrf=False), vote_path(jam_song)

    refused = [phone("PUT", path, **headers).status_code for headers in (
        {}, ANOTHERS, ANOTHERS | {"Authorization": "Basic c2FtOng="}, {"Sec-Fetch-Site": "cross-site"} | OUR_PAGE,
        {"Sec-Fetch-Site": "none"} | OUR_PAGE,
    )]  # fmt: skip

    assert refused == [403] * 5
    assert votes_of(jam_song) == 0
    assert phone("PUT", path, **OUR_PAGE).status_code == 200


def test_a_phone_that_knows_many_jams_votes_in_each_as_who_it_is_there():
    songs = [make_jam_song() for _ in range(3)]
    people = [make_attendee_with_token(jam=song.jam) for song in songs]
    phone = Caller(cookies={identity.cookie_name(sam.jam): token for sam, token in people})

    for song in songs:
        assert phone("PUT", vote_path(song), **OUR_PAGE).json()["votes"] == 1

    assert [Vote.objects.get(jam_song=song).attendee for song in songs] == [sam for sam, _token in people]


@pytest.mark.parametrize("max_votes", [None, 1])
def test_two_cookies_of_one_jam_are_one_vote(max_votes):
    jam_song = make_jam_song(jam=make_jam(max_votes=max_votes))
    cookies = {}
    for suffix in ("", "x", "0"):
        _sam, token = make_attendee_with_token(jam=jam_song.jam)
        cookies[f"{identity.cookie_name(jam_song.jam)}{suffix}"] = token

    tally = Caller(cookies=cookies)("PUT", vote_path(jam_song), **OUR_PAGE).json()

    row = JamSong.objects.get(pk=jam_song.pk)
    assert (tally["votes"], tally["revision"]) == (row.votes, row.revision) == (1, 1)
    assert Vote.objects.count() == 1


@pytest.mark.parametrize("counts", ["live", "hidden"])
def test_a_vote_that_is_said_again_is_told_again(counts, monkeypatch):
    """The first time something may have failed between its commit and the telling."""
    told = []
    jam_song = make_jam_song(jam=make_jam(counts=counts))
    _sam, token = make_attendee_with_token(jam=jam_song.jam)
    for module in ("voting.operations", "jams.board"):
        monkeypatch.setattr(f"apps.{module}.announce", lambda stream, *changes: told.append(changes))

    for _ in range(2):
        Caller(token=token)("PUT", vote_path(jam_song))

    assert len(told) == 2
    assert [change.state["votes"] for changes in told for change in changes] == [1, 1]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_vote_and_its_taking_back_at_once_come_one_after_the_other():
    songs = [make_jam_song(jam=jam) for jam in [make_jam()] for _ in range(12)]
    _sam, token = make_attendee_with_token(jam=songs[0].jam)
    said = {song.pk: [] for song in songs}

    def ask(method, song):
        return lambda: said[song.pk].append(Caller(token=token)(method, vote_path(song)).json())

    assert in_threads([ask(method, song) for song in songs for method in ("PUT", "DELETE")]) == []

    for song in songs:
        first, last = sorted(said[song.pk], key=lambda tally: tally["revision"])
        assert first["revision"] < last["revision"]
        assert last["voted"] == Vote.objects.filter(jam_song=song).exists()
        assert last["votes"] == votes_of(song)


def test_whoever_votes_is_seen_in_the_room():
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam, last_seen=timezone.now() - timedelta(hours=1))

    Caller(token=token)("PUT", vote_path(jam_song))

    sam.refresh_from_db()
    assert timezone.now() - sam.last_seen < timedelta(minutes=1)


# Me ---------------------------------------------------------------------------------------------------


def test_me_is_what_is_mine():
    jam = make_jam(max_votes=5)
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    sam, token = make_attendee_with_token(jam=jam, name="Sam")
    make_vote(jam_song=songs[0], attendee=sam)
    make_vote(jam_song=songs[1])
    mine = make_jam_song(jam=jam, title="Mine", suggested_by=sam, status="pending")
    make_jam_song(jam=jam, title="Theirs", suggested_by=make_attendee(jam=jam), status="pending")

    response = Caller(token=token)("GET", f"/api/v1/jams/{jam.slug}/me")

    assert response["Cache-Control"] == "private, no-store"
    assert response.json() == {
        "id": sam.pk,
        "display_name": "Sam",
        "state": "active",
        "instruments": [],
        "remembered": False,
        "votes": [songs[0].pk],
        "votes_left": 4,
        "suggestions_left": 2,
        "songs": [{"id": mine.pk, "title": "Mine", "artist": "The Testers", "status": "pending"}],
    }


@pytest.mark.parametrize(
    ("status", "left"), [("pending", 0), ("open", 0), ("queued", 0), ("playing", 0), ("played", 1), ("removed", 1)]
)
def test_a_vote_comes_back_when_its_song_is_played_or_removed(status, left):
    jam = make_jam(max_votes=1)
    jam_song, other, sam = make_jam_song(jam=jam), make_jam_song(jam=jam), make_attendee(jam=jam)
    make_vote(jam_song=jam_song, attendee=sam)
    JamSong.objects.filter(pk=jam_song.pk).update(status=status)

    assert votes_left(jam, sam) == left
    if left:
        assert cast_vote(jam_song=other, attendee=sam).votes == 1
    else:
        with pytest.raises(VotesOut):
            cast_vote(jam_song=other, attendee=sam)


def test_less_than_nothing_is_never_left():
    jam = make_jam()
    sam = make_attendee(jam=jam)
    for _ in range(2):
        make_vote(jam_song=make_jam_song(jam=jam, suggested_by=sam), attendee=sam)
    jam.max_votes = jam.max_suggestions = 1  # by a host who has thought better of it

    assert (votes_left(jam, sam), suggestions_left(jam, sam)) == (0, 0)


def test_of_my_suggestions_the_last_hundred_are_told_in_their_order(monkeypatch):
    jam = make_jam()
    sam = make_attendee(jam=jam)
    monkeypatch.setattr("apps.voting.queries.MOST_SUGGESTED", 2)
    songs = [make_jam_song(jam=jam, suggested_by=sam) for _ in range(3)]

    assert mine(sam)["songs"] == songs[1:]


def test_my_name_changes_and_nothing_else_of_mine():
    sam, token = make_attendee_with_token(name="Sam")
    caller, path = Caller(token=token), f"/api/v1/jams/{sam.jam.slug}/me"

    assert caller("PATCH", path, {"display_name": " Ana "}).json()["display_name"] == "Ana"
    for body in (
        {"display_name": "X", "state": "removed"},
        {"id": 1},
        {"secret_hash": "x"},
        {"display_name": None},
        {"remembered": True},
    ):
        assert caller("PATCH", path, body).status_code == 400

    assert Attendee.objects.get(pk=sam.pk).display_name == "Ana"


def test_whoever_deletes_me_is_erased_with_their_votes():
    jam_song = make_jam_song()
    sam, token = make_attendee_with_token(jam=jam_song.jam, name="Sam")
    make_vote(jam_song=jam_song, attendee=sam)
    caller, path = Caller(token=token), f"/api/v1/jams/{jam_song.jam.slug}/me"

    assert caller("DELETE", path).status_code == 204
    assert caller("DELETE", path).status_code == 401

    row = Attendee.objects.get(pk=sam.pk)
    assert (row.state, row.display_name, row.secret_hash, votes_of(jam_song)) == ("left", "", None, 0)


def test_votes_of_mine_stay_while_voting_is_paused():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    sam, token = make_attendee_with_token(jam=jam_song.jam)
    make_vote(jam_song=jam_song, attendee=sam)
    set_paused(jam=jam_song.jam, host=host, voting=True)

    assert Caller(token=token)("DELETE", vote_path(jam_song)).json()["code"] == "voting_paused"
    assert votes_of(jam_song) == 1


# Joining ----------------------------------------------------------------------------------------------


def test_joining_answers_a_token_once_and_sets_no_cookie():
    jam = make_jam()

    response = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", {"display_name": "Sam"})

    body = response.json()
    assert (response.status_code, set(body), body["display_name"]) == (201, {"id", "display_name", "token"}, "Sam")
    assert not response.cookies
    me = Caller(token=body["token"])("GET", f"/api/v1/jams/{jam.slug}/me")
    assert me.json()["id"] == body["id"]


def test_a_taken_name_is_never_the_first_ones_identity():
    jam_song = make_jam_song()
    path = f"/api/v1/jams/{jam_song.jam.slug}/attendees"
    first = Caller()("POST", path, {"display_name": "Sam"}).json()

    second = Caller()("POST", path, {"display_name": "ＳＡＭ "}).json()

    assert second["display_name"] == "ＳＡＭ 2"
    assert second["id"] != first["id"]
    assert second["token"] != first["token"]
    Caller(token=second["token"])("PUT", vote_path(jam_song))
    assert Caller(token=first["token"])("GET", f"/api/v1/jams/{jam_song.jam.slug}/me").json()["votes"] == []


@pytest.mark.parametrize("body", [{"id": 1}, {"token": "x"}, {"state": "active"}, {"jam": 1}, {"secret_hash": "x"}])
def test_who_joins_sets_nothing_but_a_name(body):
    jam = make_jam()

    response = Caller()("POST", f"/api/v1/jams/{jam.slug}/attendees", body)

    assert response.status_code == 400
    assert not Attendee.objects.exists()


def test_joining_an_ended_jam_is_refused():
    response = Caller()("POST", f"/api/v1/jams/{make_jam(status='ended').slug}/attendees", {})

    assert (response.status_code, response.json()["code"]) == (409, "jam_ended")


# What I voted for -------------------------------------------------------------------------------------


def test_my_votes_are_mine_alone_the_latest_first():
    jam = make_jam(host=make_user(), counts="hidden")
    sam, token = make_attendee_with_token(jam=jam)
    kim, others = make_attendee_with_token(jam=jam)
    first, second, third = (make_jam_song(jam=jam, title=title) for title in ("One", "Two", "Three"))
    for jam_song, attendee in ((first, sam), (second, sam), (third, kim)):
        make_vote(jam_song=jam_song, attendee=attendee)
    path = f"/api/v1/jams/{jam.slug}/votes"

    said = Caller(token=token)("GET", path).json()

    assert said["count"] == 2
    assert [vote["title"] for vote in said["results"]] == ["Two", "One"]
    assert set(said["results"][0]) == {"jam_song", "title", "artist", "status", "voted_at"}
    assert [vote["jam_song"] for vote in Caller(token=others)("GET", path).json()["results"]] == [third.pk]
    assert Caller(token=token)("GET", f"{path}?page_size=1&page=2").json()["results"][0]["title"] == "One"
    # Hosts, by whatever, are told nothing, nor is somebody of another jam.
    _stranger, strange = make_attendee_with_token()
    _token, program = make_api_token(user=jam.hosts.get())
    for caller in (Caller(user=jam.hosts.get()), Caller(token=program), Caller(token=strange), Caller()):
        assert caller("GET", path).status_code == 401
