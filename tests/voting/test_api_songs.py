"""The songs of a jam over the API: attendees suggest, hosts add, everybody reads what the room may see."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.catalog.models import Song
from apps.core.errors import NotThere
from apps.jams.errors import SuggestionsClosed, TooManySuggestions, VotesOut, WasRemoved
from apps.jams.lineup import approve_song
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.operations import end_jam
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, leave_jam, remove_attendee, suggest_song
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_user,
    make_venue,
    make_vote,
)
from tests.races import in_threads, one_after_the_other

pytestmark = pytest.mark.django_db


def songs_of(jam):
    return f"/api/v1/jams/{jam.slug}/songs"


def suggest(jam, body, token=""):
    return Caller(token=token or make_attendee_with_token(jam=jam)[1])("POST", songs_of(jam), body)


# Suggestions ------------------------------------------------------------------------------------------


def test_a_suggestion_of_the_library_stands_on_the_board_with_its_vote():
    jam, song = make_jam(), make_song(title="Superstition", key="E♭m")
    sam, token = make_attendee_with_token(jam=jam)

    response = suggest(jam, {"song": song.pk}, token)

    state = response.json()
    assert response.status_code == 201
    assert (state["title"], state["key"], state["status"], state["votes"]) == ("Superstition", "E♭m", "open", 1)
    row = JamSong.objects.get()
    assert (row.suggested_by, row.origin) == (sam, "suggestion")
    assert state == Caller()("GET", f"/api/v1/jams/{jam.slug}/snapshot").json()["songs"][0]


def test_a_song_that_nobody_knew_is_new_in_the_library():
    response = suggest(make_jam(), {"title": " New\u200b  Song ", "artist": "Some  Body"})

    assert response.status_code == 201
    assert Song.objects.values_list("title", "artist").get() == ("New Song", "Some Body")


def test_a_known_song_by_another_spelling_is_that_song():
    song = make_song(title="Crazy In Love", artist="Beyoncé & Jay-Z")

    response = suggest(make_jam(), {"title": "crazy in love", "artist": "BEYONCE and Jay Z"})

    assert response.json()["song"] == song.pk
    assert Song.objects.count() == 1


def test_where_the_host_approves_a_suggestion_waits_unseen():
    jam = make_jam(approve_suggestions=True)

    response = suggest(jam, {"title": "Secret Wish", "artist": "A"})

    assert (response.status_code, response.json()["status"]) == (201, "pending")
    for path in (songs_of(jam), f"/api/v1/jams/{jam.slug}/snapshot", f"/api/v1/jams/{jam.slug}", "/api/v1/jams"):
        assert "Secret Wish" not in Caller()("GET", path).content.decode()


def test_three_open_suggestions_a_person():
    jam = make_jam()
    _sam, token = make_attendee_with_token(jam=jam)
    for _ in range(3):
        assert suggest(jam, {"song": make_song().pk}, token).status_code == 201

    refused = suggest(jam, {"title": "One more", "artist": "A"}, token)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_suggestions")
    assert not Song.objects.filter(title="One more").exists()
    assert suggest(jam, {"song": make_song().pk}).status_code == 201  # somebody else
    JamSong.objects.filter(pk=JamSong.objects.earliest("pk").pk).update(status="played")
    assert suggest(jam, {"song": make_song().pk}, token).status_code == 201


def test_a_suggestion_is_a_vote_and_so_the_cap_holds():
    jam = make_jam(max_votes=1)
    sam, token = make_attendee_with_token(jam=jam)
    make_vote(jam_song=make_jam_song(jam=jam), attendee=sam)

    refused = suggest(jam, {"song": make_song().pk}, token)

    assert (refused.status_code, refused.json()["code"]) == (409, "votes_out")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"status": "last_call"}, "suggestions_closed"),
        ({"status": "ended"}, "suggestions_closed"),
        ({"suggestions_paused": True}, "suggestions_paused"),
        ({"voting_closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, "suggestions_closed"),
        ({"max_suggestions": 0}, "too_many_suggestions"),
    ],
)
def test_when_suggestions_are_not_taken_the_reason_is_said(fields, code):
    refused = suggest(make_jam(**fields), {"title": "New", "artist": "A"})

    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert not Song.objects.exists()


@pytest.mark.parametrize("status", ["open", "queued", "playing"])
def test_a_song_that_is_in_the_jam_can_be_voted_for_there(status):
    there = make_jam_song(status=status)

    refused = suggest(there.jam, {"song": there.song_id}).json()

    assert (refused["code"], refused["jam_song"]) == ("already_in_jam", there.pk)


@pytest.mark.parametrize(
    ("status", "why"), [("pending", "waits for the host"), ("removed", "has taken “Creep” off tonight")]
)
def test_a_song_that_the_room_does_not_see_is_not_pointed_to(status, why):
    there = make_jam_song(title="Creep", status=status, ended_at=datetime(2026, 11, 20, tzinfo=UTC))

    refused = suggest(there.jam, {"song": there.song_id}).json()

    assert refused["code"] == "already_in_jam"
    assert why in refused["detail"]
    assert "jam_song" not in refused


def test_a_played_song_of_which_nobody_knows_when_is_pointed_to():
    there = make_jam_song(title="Creep", status="played")

    refused = suggest(there.jam, {"song": there.song_id}).json()

    assert (refused["detail"], refused["jam_song"]) == ("“Creep” is in the jam already: vote for it there.", there.pk)


def test_a_song_of_tonight_was_played_at_the_venues_time():
    jam = make_jam(venue=make_venue(time_zone="Asia/Tokyo"))
    there = make_jam_song(
        jam=jam, title="Superstition", status="played", ended_at=datetime(2026, 11, 20, 12, 14, tzinfo=UTC)
    )

    refused = suggest(jam, {"song": there.song_id}).json()

    assert "was played at 21:14" in refused["detail"]


def test_a_venue_that_takes_no_suggestions_says_so():
    refused = suggest(make_jam(takes_suggestions=False), {"title": "New", "artist": "A"}).json()

    assert (refused["code"], refused["detail"]) == (
        "suggestions_closed",
        "This venue takes no suggestions. You can still vote.",
    )


def test_whoever_is_away_suggests_and_whoever_was_taken_off_does_not():
    jam, song = make_jam(), make_song()

    with pytest.raises(WasRemoved):
        suggest_song(jam=jam, attendee=make_attendee(jam=jam, state="removed"), song=song)

    assert suggest_song(jam=jam, attendee=make_attendee(jam=jam, state="away"), song=song).votes == 1


def test_a_song_that_has_left_the_library_meanwhile_is_not_suggested():
    jam, song = make_jam(), make_song()
    Song.objects.filter(pk=song.pk).delete()

    with pytest.raises(NotThere):
        suggest_song(jam=jam, attendee=make_attendee(jam=jam), song=song)

    assert not JamSong.objects.exists()


@pytest.mark.parametrize("approves", [False, True])
def test_the_room_hears_of_a_suggestion_and_the_desk_of_one_that_waits(
    approves, monkeypatch, django_capture_on_commit_callbacks
):
    jam, told = make_jam(approve_suggestions=approves), []
    attendee = make_attendee(jam=jam)
    monkeypatch.setattr("apps.live.streams.announcer.tell", lambda _, news: told.extend(news.messages()) or True)

    with django_capture_on_commit_callbacks(execute=True):
        jam_song = suggest_song(jam=jam, attendee=attendee, song=make_song())

    assert [message["id"] for message in told if message["part"] == "songs"] == ([] if approves else [jam_song.pk])
    assert [message["to"] for message in told if "desk" in message["state"]] == (["host"] if approves else [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": "A"},
        {"artist": "A"},
        {"title": "", "artist": "A"},
        {"title": "\u200b", "artist": "A"},
        {"title": "x" * 201, "artist": "A"},
        {"title": ["A"], "artist": "A"},
        {"title": "A", "artist": "B", "song": 1},
        {"song": None},
        {"song": "x"},
        {"song": 0},
        {"song": -1},
        {"song": True},
        {"song": [1]},
        {"song": {"id": 1}},
        {"song": 2**63},
        {"song": 10**30},
        {"song": 1e308},
        {"title": "A", "artist": "B", "status": "playing"},
        {"title": "A", "artist": "B", "votes": 100},
        {"title": "A", "artist": "B", "pinned": True, "origin": "host", "suggested_by": 1},
    ],
)
def test_a_suggestion_that_is_not_right_is_refused(body):
    jam = make_jam()

    response = suggest(jam, body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert not JamSong.objects.exists()


def test_who_asks_is_known_before_what_they_ask_is_looked_up(django_assert_max_num_queries):
    jam = make_jam()

    with django_assert_max_num_queries(1):
        response = Caller()("POST", songs_of(jam), {"songs": list(range(1, 10_000))})

    assert response.status_code == 401


# Hosts add --------------------------------------------------------------------------------------------


def test_a_host_adds_many_and_is_told_what_was_there():
    host = make_user()
    jam = make_jam(host=host)
    there, songs = make_jam_song(jam=jam), [make_song() for _ in range(3)]
    ids = [song.pk for song in songs]

    response = Caller(user=host)("POST", songs_of(jam), {"songs": [*ids, there.song_id, ids[0]]})

    body = response.json()
    assert (response.status_code, body["skipped"]) == (201, [there.song_id])
    assert list(JamSong.objects.filter(pk__in=body["added"]).values_list("song", flat=True)) == ids
    assert JamSong.objects.filter(jam=jam, origin="host").count() == 4


@pytest.mark.parametrize("count", [1, 3, 30])
def test_adding_many_costs_the_same(django_assert_max_num_queries, count):
    host = make_user()
    jam = make_jam(host=host)
    ids = [make_song().pk for _ in range(count)]
    caller = Caller(user=host)

    with django_assert_max_num_queries(20):
        assert caller("POST", songs_of(jam), {"songs": ids}).status_code == 201


@pytest.mark.parametrize(
    "songs",
    [[], "x", None, {}, [0], [-1], [10**30], [2**63], [None], [[1]], ["x"], [True], list(range(1, 202)), [7**9]],
)
def test_many_that_are_not_songs_are_refused(songs):
    host = make_user()
    jam = make_jam(host=host)

    response = Caller(user=host)("POST", songs_of(jam), {"songs": songs})

    assert response.status_code == 400
    assert not JamSong.objects.exists()


def test_a_host_who_adds_one_that_is_there_gets_it():
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))

    response = Caller(user=host)("POST", songs_of(jam_song.jam), {"song": jam_song.song_id})

    assert (response.status_code, response.json()["id"]) == (200, jam_song.pk)


def test_a_host_adds_by_title_and_artist():
    host = make_user()
    jam = make_jam(host=host, status="draft")

    response = Caller(user=host)("POST", songs_of(jam), {"title": "New", "artist": "A"})

    assert (response.status_code, response.json()["votes"]) == (201, 0)


def test_an_attendee_adds_one_at_a_time():
    jam = make_jam()

    response = suggest(jam, {"songs": [make_song().pk]})

    assert (response.status_code, response.json()["code"]) == (403, "not_a_host")


# Read -------------------------------------------------------------------------------------------------


def test_the_list_is_in_the_order_of_the_board_and_paged():
    jam = make_jam()
    for n in range(5):
        song = make_jam_song(jam=jam, title=str(n))
        for _ in range(n):
            make_vote(jam_song=song)

    pages = [Caller()("GET", f"{songs_of(jam)}?page_size=2&page={page}").json() for page in (1, 2, 3)]

    assert [song["title"] for page in pages for song in page["results"]] == ["4", "3", "2", "1", "0"]
    assert pages[0]["count"] == 5
    assert "page=2" in pages[0]["next"]
    assert (pages[0]["previous"], pages[2]["next"]) == (None, None)


@pytest.mark.parametrize("counts", ["hidden", "top"])
def test_the_list_hides_counts_and_their_order(counts):
    jam = make_jam(counts=counts)
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    queued = make_jam_song(jam=jam, status="queued", position=1)
    for _ in range(5):
        make_vote(jam_song=songs[2])

    results = Caller()("GET", songs_of(jam)).json()["results"]

    assert [song["id"] for song in results] == [queued.pk, *[song.pk for song in songs]]
    assert {(song["votes"], song["counted_at"]) for song in results} == {(None, None)}
    assert len({song["revision"] for song in results}) == 1


# At once ----------------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("going", ["leaves", "is removed"])
def test_whoever_suggests_while_they_go_holds_nobody_up(going):
    host = make_user()
    jam = make_jam(host=host)
    for _ in range(8):
        person, songs = make_attendee(jam=jam), [make_song() for _ in range(3)]
        go = {
            "leaves": lambda p=person: leave_jam(attendee=Attendee.objects.get(pk=p.pk)),
            "is removed": lambda p=person: remove_attendee(attendee=Attendee.objects.get(pk=p.pk), host=host),
        }[going]
        suggest_all = [lambda s=song, p=person: suggest_song(jam=jam, attendee=p, song=s) for song in songs]

        raised = in_threads([*suggest_all, go])

        assert {type(error) for error in raised} <= {WasRemoved}
        assert not Vote.objects.filter(attendee=person).exists()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_suggestion_waits_for_its_jam_to_close_and_is_late():
    host = make_user()
    jam = make_jam(host=host)
    attendee, song = make_attendee(jam=jam), make_song()

    refused = one_after_the_other(
        lambda: end_jam(jam=Jam.objects.get(pk=jam.pk), host=host),
        lambda: suggest_song(jam=jam, attendee=attendee, song=song),
    )

    assert (refused, JamSong.objects.count()) == ([SuggestionsClosed], 0)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_suggestion_waits_for_the_last_vote_that_a_cap_allows():
    jam = make_jam(max_votes=1)
    attendee, song, jam_song = make_attendee(jam=jam), make_song(), make_jam_song(jam=jam)

    refused = one_after_the_other(
        lambda: cast_vote(jam_song=jam_song, attendee=attendee),
        lambda: suggest_song(jam=jam, attendee=attendee, song=song),
    )

    assert (refused, JamSong.objects.count()) == ([VotesOut], 1)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_one_person_who_suggests_many_at_once_has_three():
    jam = make_jam()
    person, songs = make_attendee(jam=jam), [make_song() for _ in range(8)]

    raised = in_threads([lambda s=song: suggest_song(jam=jam, attendee=person, song=s) for song in songs])

    assert [type(error) for error in raised] == [TooManySuggestions] * 5
    assert JamSong.objects.filter(suggested_by=person, votes=1).count() == 3


def test_what_somebody_writes_in_is_not_in_the_library_until_a_host_says_yes(client):
    host = make_user()
    jam = make_jam(host=host, approve_suggestions=True)
    jam_song = suggest_song(jam=jam, attendee=make_attendee(jam=jam), title="Zzsecret", artist="Hushhush")
    song = jam_song.song

    for address in ("/api/songs?search=zzsecret", "/songs?search=zzsecret"):
        assert "Hushhush" not in client.get(address).content.decode()
    for address in (f"/api/songs/{song.pk}", f"/songs/{song.pk}"):
        assert client.get(address).status_code == 404

    approve_song(jam_song=jam_song, host=host)

    assert client.get(f"/api/songs/{song.pk}").json()["title"] == "Zzsecret"
    assert "Hushhush" in client.get("/songs?search=zzsecret").content.decode()


def test_a_pending_song_is_not_there_for_a_vote():
    jam = make_jam()
    _, token = make_attendee_with_token(jam=jam)
    pending = make_jam_song(jam=jam, status="pending")

    answer = Client().put(f"/api/jams/{jam.slug}/songs/{pending.pk}/vote", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 404


@pytest.mark.parametrize("counts", ["live", "hidden"])
def test_songs_of_a_jam_by_their_status(counts):
    jam = make_jam(counts=counts)
    for status in ("open", "queued", "played", "pending", "removed"):
        make_jam_song(jam=jam, title=status, status=status, position=1 if status == "queued" else None)
    path = f"/api/v1/jams/{jam.slug}/songs"

    def titles(query):
        return [song["title"] for song in Caller()("GET", path + query).json()["results"]]

    assert titles("?status=queued") == ["queued"]
    assert titles("?status=played&status=open") == ["open", "played"]
    assert Caller()("GET", f"{path}?status=pending").status_code == 400
    assert titles("") == ["queued", "open", "played"]
