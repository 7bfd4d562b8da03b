import pytest
from django.test import Client

from apps.jams.models import Attendee, Jam, JamHost, JamSong
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_staff, make_vote

pytestmark = pytest.mark.django_db


def act(client, jam, action, **data):
    return client.post(f"/jams/{jam.slug}/host/{action}", data)


def song_act(client, jam_song, action, **data):
    return client.post(f"/jams/{jam_song.jam.slug}/host/songs/{jam_song.pk}/{action}", data)


ADDRESSES = [
    ("get", "/host"),
    ("get", "/host/end"),
    ("post", "/host/start"),
    ("post", "/host/pause"),
    ("post", "/host/add"),
    ("post", "/host/songs/{song}/queue"),
    ("get", "/host/people/{attendee}/remove"),
    ("post", "/host/people/{attendee}/remove"),
    ("get", "/edit"),
    ("post", "/edit"),
    ("get", "/duplicate"),
    ("post", "/duplicate"),
    ("get", "/delete"),
    ("post", "/delete"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_nobody_but_hosts_gets_to_a_jam(client, as_other, attendee_client, jam, method, address):
    jam_song, attendee = make_jam_song(jam=jam), make_attendee(jam=jam)
    guest, _ = attendee_client(jam)
    path = f"/jams/{jam.slug}{address.format(song=jam_song.pk, attendee=attendee.pk)}"

    assert getattr(client, method)(path)["Location"].startswith("/login?next=")
    assert getattr(guest, method)(path)["Location"].startswith("/login?next=")
    assert getattr(as_other, method)(path).status_code == 403
    jam_song.refresh_from_db()
    assert (jam_song.status, Jam.objects.get().status, attendee.state) == ("open", "live", "active")


def test_staff_and_co_hosts_get_to_it(jam, other_host):
    JamHost.objects.create(jam=jam, user=other_host, role="co_host")

    for user in (other_host, make_staff()):
        client = Client()
        client.force_login(user)
        assert client.get(f"/jams/{jam.slug}/host").status_code == 200


def test_the_console_shows_the_night(as_host, jam, text):
    make_jam_song(jam=jam, title="Superstition", status="playing")
    make_jam_song(jam=jam, title="Valerie", status="queued", position=1)
    make_jam_song(jam=jam, title="Creep")
    make_jam_song(jam=jam, title="Sir Duke", status="pending", suggested_by=make_attendee(jam=jam, name="Priya"))

    response = as_host.get(f"/jams/{jam.slug}/host")

    page = text(response).replace("\u2068", "").replace("\u2069", "")
    assert "Start Valerie and mark Superstition as played" in page
    assert "Sir Duke The Testers from Priya" in page
    assert response["Cache-Control"] == "private, no-cache"


def test_hosts_see_hidden_counts_in_their_order(as_host, jam, text):
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    make_jam_song(jam=jam, title="Nobody")
    wanted = make_jam_song(jam=jam, title="Wanted")
    for _ in range(3):
        make_vote(jam_song=wanted)

    response = as_host.get(f"/jams/{jam.slug}/host")

    assert [song["title"] for song in response.context["board"]["ranking"]] == ["Wanted", "Nobody"]
    assert "3 votes Wanted" in text(response)


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("draft", "open", "open"),
        ("open", "start", "live"),
        ("live", "last-call", "last_call"),
        ("live", "end", "ended"),
    ],
)
def test_the_rail_moves_the_night_on(as_host, host, before, action, after):
    jam = make_jam(host=host, status=before)

    response = act(as_host, jam, action)

    assert response.status_code == 303
    assert Jam.objects.get().status == after


def test_a_step_that_cannot_be_taken_says_why(as_host, host, text):
    jam = make_jam(host=host, status="ended")

    page = text(as_host.post(f"/jams/{jam.slug}/host/start", follow=True))

    assert "The jam is Ended: that is not possible from there." in page


def test_ending_asks_first(as_host, jam, text):
    assert "This cannot be undone" in text(as_host.get(f"/jams/{jam.slug}/host/end"))
    assert Jam.objects.get().status == "live"


def test_votes_and_suggestions_are_paused_apart(as_host, jam):
    act(as_host, jam, "pause", voting="1")
    assert (Jam.objects.get().voting_paused, Jam.objects.get().suggestions_paused) == (True, False)

    act(as_host, jam, "pause", voting="0")
    act(as_host, jam, "pause", suggestions="1")
    assert (Jam.objects.get().voting_paused, Jam.objects.get().suggestions_paused) == (False, True)


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("pending", "approve", "open"),
        ("pending", "remove", "removed"),
        ("open", "queue", "queued"),
        ("open", "play", "playing"),
        ("queued", "unqueue", "open"),
        ("queued", "play", "playing"),
        ("playing", "finish", "played"),
        ("playing", "skip", "open"),
        ("open", "remove", "removed"),
        ("played", "encore", "open"),
    ],
)
def test_each_action_on_a_song_is_a_form(as_host, jam, before, action, after):
    jam_song = make_jam_song(jam=jam, status=before, position=1 if before == "queued" else None)

    response = song_act(as_host, jam_song, action)

    jam_song.refresh_from_db()
    assert (response.status_code, jam_song.status) == (303, after)


def test_pinning_and_unpinning(as_host, jam):
    jam_song = make_jam_song(jam=jam)

    song_act(as_host, jam_song, "pin")
    assert JamSong.objects.get().pinned
    song_act(as_host, jam_song, "unpin")
    assert not JamSong.objects.get().pinned


def test_the_set_list_is_ordered_with_buttons(as_host, jam):
    first, second = (make_jam_song(jam=jam, status="queued", position=n, title=f"Song {n}") for n in (1, 2))

    song_act(as_host, second, "move", position="0")

    queue = as_host.get(f"/jams/{jam.slug}/host").context["board"]["queue"]
    assert [song["id"] for song in queue] == [second.pk, first.pk]


def test_starting_the_next_song(as_host, jam):
    playing = make_jam_song(jam=jam, status="playing")
    queued = make_jam_song(jam=jam, status="queued", position=1)

    act(as_host, jam, "start-next")

    playing.refresh_from_db()
    queued.refresh_from_db()
    assert (playing.status, queued.status) == ("played", "playing")


def test_starting_the_next_of_nothing_says_what_to_do(as_host, jam, text):
    response = as_host.post(f"/jams/{jam.slug}/host/start-next", follow=True)

    assert "The set list is empty. Queue a song first." in text(response)


@pytest.mark.parametrize("action", ["fly", "vote", "move"])
def test_an_unknown_action_is_a_404(as_host, jam, action):
    assert song_act(as_host, make_jam_song(jam=jam), action).status_code == 404
    assert act(as_host, jam, action).status_code == 404
    assert as_host.get(f"/jams/{jam.slug}/host/{action}").status_code == 404


@pytest.mark.parametrize("position", ["", "x", "-1", "9" * 30])
def test_a_place_that_is_none_is_a_404(as_host, jam, position):
    jam_song = make_jam_song(jam=jam, status="queued", position=1)

    assert song_act(as_host, jam_song, "move", position=position).status_code == 404


def test_another_jams_song_is_not_found(as_host, jam):
    foreign = make_jam_song()

    response = as_host.post(f"/jams/{jam.slug}/host/songs/{foreign.pk}/remove")

    foreign.refresh_from_db()
    assert (response.status_code, foreign.status) == (404, "open")


def test_removing_somebody_asks_first_and_takes_the_votes(as_host, jam, text):
    attendee = make_attendee(jam=jam, name="Neon Kazoo")
    make_vote(jam_song=make_jam_song(jam=jam), attendee=attendee)
    path = f"/jams/{jam.slug}/host/people/{attendee.pk}/remove"

    assert "Remove Neon Kazoo ?" in text(as_host.get(path))
    assert Vote.objects.count() == 1

    page = text(as_host.post(path, follow=True))
    assert "Neon Kazoo is off the jam" in page
    assert Vote.objects.count() == 0
    assert Attendee.objects.get().state == "removed"


def test_somebody_of_another_jam_cannot_be_removed(as_host, jam):
    stranger = make_attendee()

    assert as_host.post(f"/jams/{jam.slug}/host/people/{stranger.pk}/remove").status_code == 404


def test_pasted_lines_become_songs(as_host, jam, text):
    make_jam_song(jam=jam, song=make_song(title="Creep", artist="Radiohead"))
    lines = "Valerie - Amy Winehouse\r\n\r\nCreep – Radiohead\nUse Me\tBill Withers\nno dash here\n"

    response = as_host.post(f"/jams/{jam.slug}/host/add", {"lines": lines}, follow=True)

    assert "2 songs added. 1 was there already. Not understood: no dash here." in text(response)
    assert set(jam.songs.values_list("song__title", flat=True)) == {"Creep", "Valerie", "Use Me"}


def test_a_song_of_the_library_is_found_and_added(as_host, jam, text):
    song = make_song(title="Come Together")

    assert "Come Together" in text(as_host.get(f"/jams/{jam.slug}/host", {"find": "come"}))
    page = text(as_host.post(f"/jams/{jam.slug}/host/add", {"song": song.pk}, follow=True))

    assert "1 song added." in page
    assert "Already in the jam" in text(as_host.get(f"/jams/{jam.slug}/host", {"find": "come"}))


@pytest.mark.parametrize("sent", [{}, {"song": "x"}, {"song": "9" * 40}, {"song": "999999"}, {"lines": "\x00 - \x00"}])
def test_adding_nothing_adds_nothing(as_host, jam, sent, text):
    response = as_host.post(f"/jams/{jam.slug}/host/add", sent, follow=True)

    assert "0 songs added." in text(response)
    assert jam.songs.count() == 0


@pytest.mark.parametrize("side", ["people", "join", "x"])
def test_the_side_switches_without_a_script(as_host, jam, side):
    response = as_host.get(f"/jams/{jam.slug}/host", {"side": side})

    assert response.context["side"] == (side if side != "x" else "requests")


def test_too_many_pasted_lines_are_refused_and_kept(as_host, jam, text):
    lines = "\n".join(f"Song {number} - Somebody" for number in range(201))

    response = as_host.post(f"/jams/{jam.slug}/host/add", {"lines": lines})

    assert response.status_code == 400
    assert "These are 201 songs, and at most 200 come in at once. Nothing was added" in text(response)
    assert "Song 200 - Somebody" in text(response)
    assert jam.songs.count() == 0


def test_empty_lines_are_not_counted_as_songs(as_host, jam):
    lines = "\n\n".join(f"Song {number} - Somebody" for number in range(150))

    response = as_host.post(f"/jams/{jam.slug}/host/add", {"lines": lines})

    assert (response.status_code, jam.songs.count()) == (303, 150)


@pytest.mark.parametrize("line", ["- - -", "– — –", "Valerie - -", "--- - Amy Winehouse"])
def test_dashes_alone_are_no_title_and_no_artist(as_host, jam, line, text):
    page = text(as_host.post(f"/jams/{jam.slug}/host/add", {"lines": line}, follow=True))

    assert "0 songs added. Not understood" in page
    assert jam.songs.count() == 0


def test_songs_are_added_above_the_candidates(as_host, jam):
    page = as_host.get(f"/jams/{jam.slug}/host").content.decode()

    assert page.index('id="add"') < page.index("data-cand-rows")


def test_one_vote_is_one_vote(as_host, client, jam, text):
    make_vote(jam_song=make_jam_song(jam=jam, title="Creep"))

    assert "1 vote Creep" in text(as_host.get(f"/jams/{jam.slug}/host"))
    for path in (f"/jams/{jam.slug}", f"/jams/{jam.slug}/screen"):
        page = text(client.get(path))
        assert "1 vote" in page
        assert "1 votes" not in page


def test_opening_is_the_one_big_step_of_a_draft(as_host, host, jam, text):
    draft = make_jam(host=host, status="draft")

    page = text(as_host.get(f"/jams/{draft.slug}/host"))

    assert "Open the jam" in page
    assert "Queue a song to start it" not in page
    assert "Open the jam" not in text(as_host.get(f"/jams/{jam.slug}/host"))


def test_the_console_of_an_ended_jam_says_so_and_leads_on(as_host, host, text):
    ended = make_jam(host=host, status="ended")

    page = as_host.get(f"/jams/{ended.slug}/host")

    assert "The night is over" in text(page)
    assert "The night is over" not in text(as_host.get(f"/jams/{make_jam(host=host).slug}/host"))
    assert 'aria-current="step" aria-disabled="true">Ended' in page.content.decode()


def test_a_co_host_is_shown_no_way_to_settings_that_are_not_theirs(jam, as_host, as_other, other_host):
    JamHost.objects.create(jam=jam, user=other_host, role="co_host")
    edit = f"/jams/{jam.slug}/edit".encode()

    for page in (f"/jams/{jam.slug}/host", "/host"):
        assert edit in as_host.get(page).content
        assert edit not in as_other.get(page).content
    assert as_other.get(edit.decode()).status_code == 403
