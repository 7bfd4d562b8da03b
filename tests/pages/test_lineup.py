"""The console's line-up and people, without a script: small pages and forms."""

import re

import pytest

from apps.accounts.models import AuditEvent
from apps.jams.attendees import ERASED
from apps.jams.models import Attendee
from apps.jams.people import add_person
from apps.stage.models import SignUp, Slot
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(jam):
    return make_jam_song(jam=jam, title="Valerie", status="queued", position=1)


@pytest.fixture
def slot(song):
    return make_slot(jam_song=song, instrument="bass")


def words(response, text):
    return text(response).replace("\u2068", "").replace("\u2069", "")


def stands():
    live = SignUp.objects.live().order_by("slot", "pk")
    return [
        (one.attendee.display_name, one.slot.instrument, one.state) for one in live.select_related("attendee", "slot")
    ]


def test_the_console_shows_who_plays_who_waits_and_what_is_missing(as_host, jam, song, slot, text):
    for name, state in (("Tom", "checked_in"), ("Ana", "waiting"), ("Bo", "waiting")):
        make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name=name), state=state)
    make_slot(jam_song=song, instrument="keys")
    make_slot(jam_song=song, instrument="violin", required=False)
    make_slot(jam_song=make_jam_song(jam=jam, title="Creep"))

    page = words(as_host.get(f"/jams/{jam.slug}/host?side=lineup"), text)

    assert "Line-up 1 required slots of the set list are empty" in page
    assert "Valerie next Bass Tom, here In line: Ana, Bo Keys Put someone on Violin if there is one" in page
    assert "Other songs 1 Creep 1 slot" in page


def test_who_is_away_or_not_here_yet_is_said(as_host, jam, song, slot, text):
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom", state="away"))
    make_sign_up(slot=make_slot(jam_song=song), attendee=make_attendee(jam=jam, name="Jo"))

    page = words(as_host.get(f"/jams/{jam.slug}/host/lineup"), text)

    assert "Bass Tom, away" in page
    assert "Guitar Jo, not here yet" in page


def test_names_of_the_line_are_for_hosts_alone(client, as_other, attendee_client, jam, slot):
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Unmistakable"), state="waiting")
    guest, _ = attendee_client(jam)

    for path in ("host/lineup", f"host/slots/{slot.pk}", "host/people", "print"):
        for who in (client, as_other, guest):
            answer = who.get(f"/jams/{jam.slug}/{path}")
            assert answer.status_code in {302, 403}
            assert b"Unmistakable" not in answer.content


def test_somebody_in_the_room_is_put_on_and_the_next_one_waits(as_host, jam, slot):
    at = f"/jams/{jam.slug}/host/slots/{slot.pk}"
    for name in ("Tom", "Ana"):
        person = make_attendee(jam=jam, name=name)
        response = as_host.post(at, {"do": "put_on", "attendee": person.pk})
        assert response["Location"] == f"/jams/{jam.slug}/host?side=lineup#side"

    assert stands() == [("Tom", "bass", "claimed"), ("Ana", "bass", "waiting")]


def test_somebody_new_is_added_and_put_on_in_one_step_or_not_at_all(as_host, jam, slot, text):
    at = f"/jams/{jam.slug}/host/slots/{slot.pk}"
    as_host.post(at, {"do": "put_on", "attendee": "", "display_name": "Uncle Bob"})
    assert stands() == [("Uncle Bob", "bass", "claimed")]
    jam.sign_ups = False
    jam.save()

    page = text(as_host.post(at, {"do": "put_on", "display_name": "Aunt Jo"}, follow=True))

    assert "This jam takes no sign-ups" in page
    assert not Attendee.objects.filter(display_name="Aunt Jo").exists()


def test_nobody_chosen_is_told_and_somebody_of_another_night_is_not_there(as_host, jam, slot, text):
    at = f"/jams/{jam.slug}/host/slots/{slot.pk}"

    assert "Choose a person, or write a name." in text(as_host.post(at, {"do": "put_on"}, follow=True))
    stranger = make_attendee(jam=make_jam())
    assert as_host.post(at, {"do": "put_on", "attendee": stranger.pk}).status_code == 404
    assert not SignUp.objects.exists()


def test_here_off_and_promotion_from_the_line(as_host, jam, slot):
    tom, _ana, bo = (
        make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name=name), state=state)
        for name, state in (("Tom", "claimed"), ("Ana", "waiting"), ("Bo", "waiting"))
    )
    at = f"/jams/{jam.slug}/host/sign-ups"

    as_host.post(f"{at}/{tom.pk}/here")
    assert stands()[0] == ("Tom", "bass", "checked_in")
    as_host.post(f"{at}/{bo.pk}/move", {"slot": slot.pk})
    assert stands() == [("Tom", "bass", "waiting"), ("Ana", "bass", "waiting"), ("Bo", "bass", "claimed")]
    as_host.post(f"{at}/{bo.pk}/off")
    assert stands() == [("Tom", "bass", "claimed"), ("Ana", "bass", "waiting")]


def test_two_who_hold_a_slot_swap(as_host, jam, song, slot, text):
    keys = make_slot(jam_song=song, instrument="keys")
    tom = make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))
    make_sign_up(slot=keys, attendee=make_attendee(jam=jam, name="Jo"))
    assert "Keys: Jo · Valerie" in words(as_host.get(f"/jams/{jam.slug}/host/slots/{slot.pk}"), text)

    as_host.post(f"/jams/{jam.slug}/host/sign-ups/{tom.pk}/move", {"slot": keys.pk})

    assert stands() == [("Jo", "bass", "claimed"), ("Tom", "keys", "claimed")]


def test_slots_come_and_go(as_host, jam, song, slot):
    as_host.post(f"/jams/{jam.slug}/host/songs/{song.pk}/slots", {"instrument": "Cello"})
    as_host.post(f"/jams/{jam.slug}/host/slots/{slot.pk}", {"do": "remove"})

    assert list(Slot.objects.values_list("instrument", "required")) == [("cello", False)]


def test_a_slot_of_a_song_that_is_over_has_no_page(as_host, jam):
    slot = make_slot(jam_song=make_jam_song(jam=jam, status="played"))

    assert as_host.get(f"/jams/{jam.slug}/host/slots/{slot.pk}").status_code == 404


def test_a_small_page_comes_bare_for_the_dialog(as_host, jam, slot):
    bare = as_host.get(f"/jams/{jam.slug}/host/slots/{slot.pk}?part=1").content.decode()

    assert "<html" not in bare
    assert "csrf" not in bare  # or it would differ each time, and be drawn anew
    assert 'data-call="POST attendees/{attendee}/signups"' in bare


# People -----------------------------------------------------------------------------------------------


def test_the_console_says_of_each_what_they_play_and_whether_they_are_here(as_host, jam, song, slot, text):
    ines = make_attendee(jam=jam, name="Ines")
    for one in (slot, make_slot(jam_song=make_jam_song(jam=jam), instrument="bass")):
        make_sign_up(slot=one, attendee=ines)
    make_attendee(jam=jam, name="Jo", state="away")
    make_attendee(jam=jam, name="Gone", state="removed")
    as_host.post(f"/jams/{jam.slug}/host/people/add", {"display_name": "Uncle Bob"})

    page = words(as_host.get(f"/jams/{jam.slug}/host?side=people"), text)

    assert "Ines Bass · 2 songs · Here More for Ines" in page
    assert "Jo Away More for Jo" in page
    assert "Uncle Bob Here · without a phone" in page
    assert "Gone" not in page


def test_a_host_votes_for_who_has_no_phone_and_sees_those_votes(as_host, jam, host, text):
    creep = make_jam_song(jam=jam, title="Creep")
    bob = add_person(jam=jam, host=host, display_name="Bob")
    at = f"/jams/{jam.slug}/host/people/{bob.pk}"

    as_host.post(at, {"do": "vote", "song": creep.pk})
    assert "Votes for Creep Take back Creep" in words(as_host.get(at), text)
    as_host.post(at, {"do": "take_back", "song": creep.pk})

    assert not Vote.objects.exists()
    assert AuditEvent.objects.filter(verb="vote_for").count() == 2


def test_what_somebody_with_a_phone_votes_for_no_host_learns(as_host, jam, text):
    sam, creep = make_attendee(jam=jam, name="Sam"), make_jam_song(jam=jam, title="Creep")
    make_vote(jam_song=creep, attendee=sam)
    at = f"/jams/{jam.slug}/host/people/{sam.pk}"

    page = as_host.get(at).content.decode()
    told = text(as_host.post(at, {"do": "vote", "song": creep.pk}, follow=True))

    assert not re.search(r"Votes for|Vote for them", page)
    assert "They have a phone and vote by themselves." in told
    Attendee.objects.filter(pk=sam.pk).update(**ERASED)  # their phone's secret, too
    assert not re.search(r"Votes for|Vote for them", as_host.get(at).content.decode())


def test_a_host_signs_somebody_up_and_sends_them_away_and_back(as_host, jam, slot):
    sam = make_attendee(jam=jam, name="Sam")
    at = f"/jams/{jam.slug}/host/people/{sam.pk}"

    as_host.post(at, {"do": "sign_up", "slot": slot.pk})
    for do, state in (("away", "away"), ("back", "active")):
        as_host.post(at, {"do": do})
        sam.refresh_from_db()
        assert sam.state == state
    assert stands() == [("Sam", "bass", "claimed")]


@pytest.mark.parametrize(
    "form", [{}, {"do": "promote"}, {"do": "vote", "song": "x"}, {"do": "sign_up", "slot": "9" * 30}]
)
def test_a_form_that_nobody_wrote_is_not_found(as_host, jam, form):
    sam = make_attendee(jam=jam)

    assert as_host.post(f"/jams/{jam.slug}/host/people/{sam.pk}", form).status_code == 404


# Undo, and paper --------------------------------------------------------------------------------------


def test_an_undo_says_which_sign_ups_are_not_as_they_were(as_host, jam, slot, text):
    people = [make_attendee(jam=jam, name=name) for name in ("Tom", "Ana")]
    for one in people:
        as_host.post(f"/jams/{jam.slug}/host/slots/{slot.pk}", {"do": "put_on", "attendee": one.pk})
    as_host.post(f"/jams/{jam.slug}/host/people/{people[0].pk}/remove")

    page = text(as_host.post(f"/jams/{jam.slug}/host/undo", {"undo": "remove_attendee"}, follow=True))

    assert "1 of their sign-ups is not as it was" in page
    assert stands() == [("Tom", "bass", "waiting"), ("Ana", "bass", "claimed")]


def test_the_night_goes_on_from_paper(as_host, jam, song, slot, text):
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Tom"))
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name="Ana"), state="waiting")
    wanted, other = make_jam_song(jam=jam, title="Wanted"), make_jam_song(jam=jam, title="Nobody")
    jam.venue.library.create(song=song.song, key="E♭m")  # as phones show it to who plays it
    make_vote(jam_song=wanted)
    make_slot(jam_song=other, instrument="violin")

    response = as_host.get(f"/jams/{jam.slug}/print")

    page = words(response, text)
    assert re.search(r"Valerie The Testers E♭m .*Bass Tom then Ana", page)
    assert re.search(r"Next, by votes 1 Wanted .* 0 Nobody The Testers Violin", page)
    assert page.count(jam.code) >= 2
    assert response.content.count(b"<svg") >= 2  # the code, small and large
    assert response["Cache-Control"] == "private, no-store"
