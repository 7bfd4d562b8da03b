import re

import pytest
from django.test import Client

from apps.jams.identity import cookie_name, move_token
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_performance,
    make_song,
    make_vote,
)

pytestmark = pytest.mark.django_db


def vote(client, jam_song, voted="1", **more):
    return client.post(f"/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote", {"voted": voted, **more})


def test_a_visitor_sees_the_ranking_and_how_to_join(client, jam, text):
    make_jam_song(jam=jam, title="Creep")

    response = client.get(f"/jams/{jam.slug}")

    assert "Creep" in text(response)
    assert "Join to vote" in text(response)
    assert response["Cache-Control"] == "private, no-store"


def test_the_page_stands_in_the_order_of_the_snapshot(client, jam):
    songs = [make_jam_song(jam=jam, title=f"Song {n}") for n in range(4)]
    for jam_song in songs[2:]:
        make_vote(jam_song=jam_song)
    JamSong.objects.filter(pk=songs[1].pk).update(pinned=True)

    page = [song["id"] for song in client.get(f"/jams/{jam.slug}").context["board"]["ranking"]]
    api = [song["id"] for song in client.get(f"/api/v1/jams/{jam.slug}/snapshot").json()["songs"]]

    assert page == api
    assert page[0] == songs[1].pk


def test_a_vote_without_a_script_counts_and_shows(attendee_client, jam, text):
    client, _attendee = attendee_client(jam)
    jam_song = make_jam_song(jam=jam, title="Creep")

    response = vote(client, jam_song)

    assert (response.status_code, response["Location"]) == (303, f"/jams/{jam.slug}#song-{jam_song.pk}")
    page = client.get(f"/jams/{jam.slug}")
    assert 'data-state="voted"' in page.content.decode()
    assert "Creep Place 1" in text(page)


def test_voting_twice_counts_once_and_taking_back_takes_it_back(attendee_client, jam):
    client, _ = attendee_client(jam)
    jam_song = make_jam_song(jam=jam)

    vote(client, jam_song)
    vote(client, jam_song)
    assert Vote.objects.count() == 1

    vote(client, jam_song, voted="0", to="me")
    assert Vote.objects.count() == 0


def test_a_refused_vote_says_why_under_its_row(attendee_client, jam):
    Jam.objects.filter(pk=jam.pk).update(max_votes=1)
    client, _ = attendee_client(jam)
    first, second = make_jam_song(jam=jam), make_jam_song(jam=jam)

    vote(client, first)
    vote(client, second)

    page = client.get(f"/jams/{jam.slug}").content.decode()
    row = page[page.index(f'id="song-{second.pk}"') :].split("</li>")[0]
    assert "All your votes are out" in row
    assert 'data-state="refused"' in row


@pytest.mark.parametrize("status", ["queued", "playing", "played"])
def test_a_frozen_song_takes_no_vote(attendee_client, jam, status):
    client, _ = attendee_client(jam)

    vote(client, make_jam_song(jam=jam, status=status))

    assert Vote.objects.count() == 0


@pytest.mark.parametrize("status", ["pending", "removed"])
def test_a_song_that_is_not_shown_cannot_be_voted_for(attendee_client, jam, status):
    client, _ = attendee_client(jam)

    response = vote(client, make_jam_song(jam=jam, status=status))

    assert response.status_code == 404


def test_a_visitor_who_votes_is_asked_to_join(client, jam):
    response = vote(client, make_jam_song(jam=jam))

    assert response["Location"] == f"/j/{jam.code}"
    assert Vote.objects.count() == 0


def test_a_forged_cookie_is_nobody(client, jam):
    client.cookies[cookie_name(jam)] = "made-up-secret:made-up-signature"

    response = vote(client, make_jam_song(jam=jam))

    assert response["Location"] == f"/j/{jam.code}"
    assert Vote.objects.count() == 0


def test_another_jams_cookie_is_nobody_here(attendee_client, jam):
    elsewhere = make_jam()
    client, _ = attendee_client(elsewhere)
    client.cookies[cookie_name(jam)] = client.cookies[cookie_name(elsewhere)].value

    vote(client, make_jam_song(jam=jam))

    assert Vote.objects.count() == 0


def test_another_jams_song_is_not_found(attendee_client, jam):
    client, _ = attendee_client(jam)
    foreign = make_jam_song()

    response = client.post(f"/jams/{jam.slug}/songs/{foreign.pk}/vote", {"voted": "1"})

    assert response.status_code == 404


def test_a_vote_needs_the_token_of_the_form(attendee_client, jam):
    client, _ = attendee_client(jam)
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = client.cookies

    assert vote(careful, make_jam_song(jam=jam)).status_code == 403


def test_hidden_counts_are_nowhere_on_the_page(attendee_client, jam, text):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    client, _ = attendee_client(jam)
    jam_song = make_jam_song(jam=jam, title="Valerie")
    make_vote(jam_song=jam_song)
    JamSong.objects.filter(pk=jam_song.pk).update(votes=3_133_731)

    page = client.get(f"/jams/{jam.slug}")

    assert "Counts are hidden until the end" in text(page)
    assert not re.search("3.?133.?731", text(page))


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"voting_paused": True}, "The host has paused voting"),
        ({"suggestions_paused": True}, "The host has paused suggestions"),
        ({"status": "last_call"}, "Suggestions are closed for tonight"),
        ({"status": "open"}, "Doors are open"),
        ({"counts": "top", "counts_top": 2}, "Only the counts of the first 2 songs"),
    ],
)
def test_the_page_says_how_the_jam_stands(attendee_client, jam, text, fields, line):
    Jam.objects.filter(pk=jam.pk).update(**fields)
    client, _ = attendee_client(jam)

    assert line in text(client.get(f"/jams/{jam.slug}"))


def test_a_page_without_pauses_speaks_of_none(attendee_client, jam, text):
    client, _ = attendee_client(jam)

    page = text(client.get(f"/jams/{jam.slug}"))

    assert "paused" not in page
    assert "closed" not in page


def test_an_ended_jam_shows_what_was_played_in_order(client, host, text):
    jam = make_jam(host=host, status="ended")
    make_vote(jam_song=make_jam_song(jam=jam, title="Left Over"))
    make_jam_song(jam=jam, title="Was Announced", status="queued", position=1)
    played = make_jam_song(jam=jam, title="Was Played", status="played", ended_at=jam.ends_at)
    make_performance(jam=jam, song=played.song)

    page = text(client.get(f"/jams/{jam.slug}"))

    assert "That was the night" in page
    assert "Songs played 1 " in page
    assert "People 1 Votes 1" in page
    assert "Most wanted: Left Over" in page
    assert "Still wanted with their votes 1 Left Over The Testers 0 Was Announced" in page


def test_a_draft_is_for_its_hosts(client, as_host, as_other, host):
    draft = make_jam(host=host, status="draft")

    assert client.get(f"/jams/{draft.slug}").status_code == 404
    assert as_other.get(f"/jams/{draft.slug}").status_code == 404
    assert as_host.get(f"/jams/{draft.slug}").status_code == 200


def test_titles_and_names_are_escaped_and_isolated(attendee_client, jam):
    client, _ = attendee_client(jam, name="<b>Sam</b>")
    make_jam_song(jam=jam, title="<script>alert(1)</script>")

    page = client.get(f"/jams/{jam.slug}").content.decode()

    assert "<script>alert(1)" not in page
    assert "<bdi>&lt;b&gt;Sam&lt;/b&gt;</bdi>" in page


# Suggestions -----------------------------------------------------------------------------------------


def test_suggesting_from_the_library_votes_for_it(attendee_client, jam, text):
    client, _attendee = attendee_client(jam)
    song = make_song(title="Come As You Are")

    response = client.post(f"/jams/{jam.slug}/songs", {"song": song.pk}, follow=True)

    jam_song = JamSong.objects.get(jam=jam)
    assert Vote.objects.get().jam_song == jam_song
    assert "is in, with your vote" in text(response)


def test_suggesting_in_free_text_makes_the_song(attendee_client, jam):
    client, _ = attendee_client(jam)

    client.post(f"/jams/{jam.slug}/songs", {"title": "New Tune", "artist": "New Band"})

    assert JamSong.objects.get().song.title == "New Tune"


def test_a_suggestion_can_wait_for_the_host(attendee_client, jam, text):
    Jam.objects.filter(pk=jam.pk).update(approve_suggestions=True)
    client, _ = attendee_client(jam)

    response = client.post(f"/jams/{jam.slug}/songs", {"title": "New Tune", "artist": "New Band"}, follow=True)

    assert "is with the host now" in text(response)
    assert response.context["board"]["ranking"] == []


@pytest.mark.parametrize("sent", [{}, {"title": "Only title"}, {"song": "999999"}, {"song": "x"}, {"title": "a" * 300}])
def test_half_a_suggestion_is_refused_with_words(attendee_client, jam, sent):
    client, _ = attendee_client(jam)

    response = client.post(f"/jams/{jam.slug}/songs", sent, follow=True)

    assert response.status_code == 200
    assert response.context["notes"]["suggest"]
    assert JamSong.objects.count() == 0


def test_searching_without_a_script_offers_what_fits(attendee_client, jam, text):
    client, _ = attendee_client(jam)
    here = make_song(title="Come Together")
    make_jam_song(jam=jam, song=here, status="played", ended_at=jam.starts_at)
    make_song(title="Come As You Are")

    page = text(client.get(f"/jams/{jam.slug}", {"find": "come"}))

    assert "Come As You Are The Testers Suggest" in page
    assert "Played at" in page


def test_suggesting_what_is_there_says_so(attendee_client, jam, text):
    client, _ = attendee_client(jam)
    jam_song = make_jam_song(jam=jam, title="Creep")

    response = client.post(f"/jams/{jam.slug}/songs", {"song": jam_song.song_id}, follow=True)

    assert "is in the jam already" in text(response)


def test_suggesting_what_is_there_leads_to_it(attendee_client, jam):
    client, _ = attendee_client(jam)
    there = make_jam_song(jam=jam, song=make_song(title="Smooth", artist="Santana feat. Rob Thomas"))

    response = client.post(f"/jams/{jam.slug}/songs", {"title": "Smooth", "artist": "Santana & Rob Thomas"})

    assert response["Location"] == f"/jams/{jam.slug}#song-{there.pk}"


def test_what_may_be_meant_is_asked_and_can_be_chosen_or_not(attendee_client, jam, text):
    client, _ = attendee_client(jam)
    known = make_song(title="Bohemian Rhapsody", artist="Queen")
    written = {"title": "Bohemian Rapsody", "artist": "Queen", "instrument": "bass"}

    response = client.post(f"/jams/{jam.slug}/songs", written, follow=True)
    page = response.content.decode()

    assert "Did you mean one of these? Bohemian Rhapsody Queen Suggest" in text(response)
    assert f'name="song" value="{known.pk}"' in page
    for name, value in written.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    client.post(f"/jams/{jam.slug}/songs", {**written, "instrument": "", "insist": "1"})
    assert JamSong.objects.get().song.title == "Bohemian Rapsody"
    client.post(f"/jams/{jam.slug}/songs", {"title": "", "artist": "", "song": known.pk, "insist": "1"})
    assert JamSong.objects.filter(song=known).exists()


# Me --------------------------------------------------------------------------------------------------


def test_a_name_can_be_changed(attendee_client, jam, text):
    client, attendee = attendee_client(jam)

    response = client.post(f"/jams/{jam.slug}/me", {"display_name": "  Sam  "}, follow=True)

    attendee.refresh_from_db()
    assert attendee.display_name == "Sam"
    assert "You vote as Sam now" in text(response)


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 41])
def test_a_name_that_is_none_changes_nothing(attendee_client, jam, name):
    client, attendee = attendee_client(jam, name="Sam")

    response = client.post(f"/jams/{jam.slug}/me", {"display_name": name}, follow=True)

    attendee.refresh_from_db()
    assert attendee.display_name == "Sam"
    assert response.context["notes"]["me"]


def test_leaving_erases_votes_name_and_cookie(attendee_client, jam, text):
    client, attendee = attendee_client(jam, name="Sam")
    make_vote(jam_song=make_jam_song(jam=jam), attendee=attendee)

    response = client.post(f"/jams/{jam.slug}/leave", follow=True)

    assert Vote.objects.count() == 0
    assert not Attendee.objects.filter(display_name="Sam").exists()
    assert "Join to vote" in text(response)


@pytest.mark.parametrize("path", ["me", "leave", "songs"])
def test_nobody_changes_anything_without_having_joined(client, jam, path):
    make_attendee(jam=jam, name="Sam")

    client.post(f"/jams/{jam.slug}/{path}", {"display_name": "Eve", "title": "a", "artist": "b"})

    assert Attendee.objects.get().display_name == "Sam"
    assert JamSong.objects.count() == 0


def test_votes_move_to_another_phone(attendee_client, jam):
    client, attendee = attendee_client(jam)
    page = client.get(f"/jams/{jam.slug}/move")
    link = page.context["address"]
    path = link.split("/", 3)[3]
    other_phone = Client()

    asked = other_phone.get(f"/{path}")
    brought = other_phone.post(f"/jams/{jam.slug}/move", {"token": asked.context["token"]})

    assert brought.status_code == 303
    assert other_phone.get(f"/jams/{jam.slug}").context["attendee"] == attendee
    assert page["Cache-Control"] == "private, no-store"


def test_an_old_or_forged_link_moves_nobody(attendee_client, client, jam, text):
    response = client.post(f"/jams/{jam.slug}/move", {"token": "forged:token"}, follow=True)

    assert "This link is used up or too old" in text(response)
    assert cookie_name(jam) not in client.cookies


def test_a_link_of_another_jam_moves_nobody(attendee_client, client, jam, rf):
    elsewhere = make_jam()
    joined, _ = attendee_client(elsewhere)
    request = rf.get("/")
    request.COOKIES = {name: morsel.value for name, morsel in joined.cookies.items()}
    token = move_token(request, elsewhere)

    client.post(f"/jams/{jam.slug}/move", {"token": token})

    assert cookie_name(jam) not in client.cookies


def test_moving_needs_somebody_to_move(client, jam):
    assert client.get(f"/jams/{jam.slug}/move")["Location"] == f"/j/{jam.code}"


@pytest.mark.parametrize("path", ["", "/songs/1/vote", "/screen", "/host", "/me"])
def test_an_unknown_jam_is_a_404(client, db, path):
    method = client.post if path in ("/songs/1/vote", "/me") else client.get
    response = method(f"/jams/none{path}")

    assert response.status_code == (302 if path == "/host" else 404)


def test_a_removed_person_sees_that_they_were_removed(attendee_client, jam, text):
    client, attendee = attendee_client(jam)
    Attendee.objects.filter(pk=attendee.pk).update(state="removed")

    assert "You were taken off this jam" in text(client.get(f"/jams/{jam.slug}"))


def test_a_link_moves_once_and_looking_at_it_uses_nothing_up(attendee_client, jam, text):
    client, attendee = attendee_client(jam, name="Neon Kazoo")
    address = client.get(f"/jams/{jam.slug}/move").context["address"]
    token = address.partition("token=")[2]
    first, second = Client(), Client()

    for _ in range(2):
        assert "Neon Kazoo" in text(first.get(f"/jams/{jam.slug}/move", {"token": token}))
    first.post(f"/jams/{jam.slug}/move", {"token": token})
    refused = second.post(f"/jams/{jam.slug}/move", {"token": token}, follow=True)

    assert first.get(f"/jams/{jam.slug}").context["attendee"] == attendee
    assert "This link is used up or too old" in text(refused)
    assert cookie_name(jam) not in second.cookies


def test_the_link_that_moves_does_not_carry_the_secret(attendee_client, jam):
    client, _ = attendee_client(jam)
    secret = client.cookies[cookie_name(jam)].value.split(":")[0]

    assert secret not in client.get(f"/jams/{jam.slug}/move").content.decode()


def test_stepping_out_keeps_the_places_and_coming_back_is_one_tap(client):
    jam = make_jam()
    attendee, token = make_attendee_with_token(jam=jam)
    client.cookies[cookie_name(jam)] = token

    gone = client.post(f"/jams/{jam.slug}/away", {"away": "1"}, follow=True).content.decode()
    attendee.refresh_from_db()
    assert (attendee.state, "Your places are kept." in gone, "I’m back" in gone) == ("away", True, True)

    client.post(f"/jams/{jam.slug}/away", {"away": "0"})
    attendee.refresh_from_db()
    assert attendee.state == "active"
