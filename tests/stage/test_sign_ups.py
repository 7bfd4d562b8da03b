"""Who plays what: the first claim has the slot, the next wait in order, and the database holds it to that."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import AuditEvent
from apps.jams.attendees import rename_attendee
from apps.jams.errors import NotAHost, SongNotReady, WasRemoved
from apps.jams.lineup import add_songs, finish_song, play_song, remove_song
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.operations import end_jam
from apps.stage.errors import (
    AlreadySignedUp,
    SignUpGone,
    SignUpsClosed,
    SignUpsFrozen,
    SlotGone,
    StillWaiting,
    TooManySignUps,
)
from apps.stage.models import SignUp, Slot
from apps.stage.operations import (
    check_in,
    check_in_for,
    follow_song,
    move_sign_up,
    sign_up,
    sign_up_for,
    take_off,
    withdraw,
)
from apps.voting.operations import leave_jam, remove_attendee, void_attendees
from apps.voting.songs import merge_songs
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_user,
)
from tests.races import in_threads

pytestmark = pytest.mark.django_db
FEW, MANY = 50, 1000


@pytest.fixture
def host():
    return make_user()


@pytest.fixture
def jam(host):
    return make_jam(host=host)


@pytest.fixture
def slot(jam):
    return make_slot(jam_song=make_jam_song(jam=jam))


def people(jam, count=3):
    return [make_attendee(jam=jam) for _ in range(count)]


def signed_up(slot, *attendees):
    return [sign_up(slot=slot, attendee=attendee) for attendee in attendees]


def states(*sign_ups):
    return [SignUp.objects.get(pk=one.pk).state for one in sign_ups]


def line_of(slot):
    """The holder, then who waits, by attendee."""
    holder = SignUp.objects.holding().filter(slot=slot)
    return [one.attendee for one in [*holder, *SignUp.objects.filter(slot=slot).line()]]


# Signing up -------------------------------------------------------------------------------------------


def test_the_first_has_the_slot_and_the_next_wait_in_order(jam, slot):
    ana, ben, cleo = people(jam)

    assert states(*signed_up(slot, ana, ben, cleo)) == ["claimed", "waiting", "waiting"]
    assert line_of(slot) == [ana, ben, cleo]


def test_said_twice_it_is_the_same_sign_up(jam, slot):
    ana, ben, _ = people(jam)

    first, second = signed_up(slot, ana, ana)
    waiting, again = signed_up(slot, ben, ben)

    assert (first, waiting) == (second, again)
    assert SignUp.objects.count() == 2


def test_a_limit_holds_for_what_is_still_to_be_played(jam, host):
    ana = make_attendee(jam=jam)
    slots = [make_slot(jam_song=make_jam_song(jam=jam)) for _ in range(4)]
    first, *_rest = [sign_up(slot=slot, attendee=ana) for slot in slots[:3]]

    with pytest.raises(TooManySignUps):
        sign_up(slot=slots[3], attendee=ana)
    assert sign_up(slot=slots[0], attendee=ana) == first  # what they have they may say again

    play_song(jam_song=slots[0].jam_song, host=host)
    finish_song(jam_song=slots[0].jam_song, host=host)
    assert sign_up(slot=slots[3], attendee=ana).state == "claimed"


def test_who_waits_counts_to_the_limit_too(jam, slot):
    Jam.objects.filter(pk=jam.pk).update(max_sign_ups=1)
    ana, ben, _ = people(jam)
    signed_up(slot, ana, ben)

    with pytest.raises(TooManySignUps):
        sign_up(slot=make_slot(jam_song=make_jam_song(jam=jam)), attendee=ben)


@pytest.mark.parametrize("fields", [{"sign_ups": False}, {"status": "draft"}, {"status": "ended"}])
def test_a_jam_that_takes_none(jam, slot, fields):
    Jam.objects.filter(pk=jam.pk).update(**fields)

    with pytest.raises(SignUpsClosed):
        sign_up(slot=slot, attendee=make_attendee(jam=jam))


@pytest.mark.parametrize(
    ("status", "error"), [("played", SignUpsFrozen), ("removed", SignUpsFrozen), ("pending", SongNotReady)]
)
def test_a_song_that_is_not_to_be_signed_up_for(jam, slot, status, error):
    JamSong.objects.filter(pk=slot.jam_song_id).update(status=status)

    with pytest.raises(error):
        sign_up(slot=slot, attendee=make_attendee(jam=jam))


@pytest.mark.parametrize("state", [Attendee.State.LEFT, Attendee.State.REMOVED])
def test_who_is_gone_signs_up_for_nothing(jam, slot, state):
    ana = make_attendee(jam=jam)
    Attendee.objects.filter(pk=ana.pk).update(state=state)

    with pytest.raises(WasRemoved):
        sign_up(slot=slot, attendee=ana)


def test_nobody_signs_up_in_another_jam(slot):
    with pytest.raises(WasRemoved):
        sign_up(slot=slot, attendee=make_attendee())


def test_a_slot_that_is_gone(jam, slot):
    ana = make_attendee(jam=jam)
    Slot.objects.all().delete()

    with pytest.raises(SlotGone):
        sign_up(slot=slot, attendee=ana)


@pytest.mark.parametrize(("first", "second"), [("claimed", "checked_in"), ("checked_in", "claimed")])
def test_the_database_lets_a_slot_have_one_holder(jam, slot, first, second):
    make_sign_up(slot=slot, state=first)
    make_sign_up(slot=slot, state="played")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_sign_up(slot=slot, state=second)


def test_the_database_lets_nobody_be_there_twice(jam, slot):
    ana = make_attendee(jam=jam)
    make_sign_up(slot=slot, attendee=ana, state="withdrawn")
    make_sign_up(slot=slot, attendee=ana, state="waiting")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_sign_up(slot=slot, attendee=ana, state="claimed")


# Withdrawing ------------------------------------------------------------------------------------------


def test_a_withdrawal_promotes_the_first_in_line(jam, slot):
    ana, ben, cleo = people(jam)
    first, *_ = signed_up(slot, ana, ben, cleo)

    withdraw(sign_up=first)
    withdraw(sign_up=first)  # said twice it takes nobody else's

    assert line_of(slot) == [ben, cleo]
    assert states(first) == ["withdrawn"]


def test_who_waits_and_withdraws_promotes_nobody(jam, slot):
    ana, ben, cleo = people(jam)
    _first, second, _third = signed_up(slot, ana, ben, cleo)

    withdraw(sign_up=second)

    assert line_of(slot) == [ana, cleo]


def test_who_comes_back_waits_at_the_end(jam, slot):
    ana, ben, cleo = people(jam)
    first, *_ = signed_up(slot, ana, ben, cleo)
    withdraw(sign_up=first)

    sign_up(slot=slot, attendee=ana)

    assert line_of(slot) == [ben, cleo, ana]


def test_away_keeps_the_place_and_is_promoted_like_others(jam, slot):
    ana, ben, cleo = people(jam)
    first, *_ = signed_up(slot, ana, ben, cleo)
    Attendee.objects.filter(pk=ben.pk).update(state="away")

    withdraw(sign_up=first)

    assert line_of(slot) == [ben, cleo]


def test_what_was_played_stays(jam, slot, host):
    ana, ben, _ = people(jam)
    first, second = signed_up(slot, ana, ben)
    play_song(jam_song=slot.jam_song, host=host)
    finish_song(jam_song=slot.jam_song, host=host)

    assert states(first, second) == ["played", "waiting"]
    withdraw(sign_up=first)  # over already
    with pytest.raises(SignUpsFrozen):
        withdraw(sign_up=second)
    assert states(first, second) == ["played", "waiting"]


def test_the_end_of_the_night_is_the_end_of_what_plays(jam, slot, host):
    [first] = signed_up(slot, make_attendee(jam=jam))
    play_song(jam_song=slot.jam_song, host=host)

    end_jam(jam=jam, host=host)

    assert states(first) == ["played"]


def test_a_song_that_was_taken_off_comes_back_with_its_sign_ups(jam, slot, host):
    ana, ben, _ = people(jam)
    both = signed_up(slot, ana, ben)
    remove_song(jam_song=slot.jam_song, host=host)
    with pytest.raises(SignUpsFrozen):
        withdraw(sign_up=both[0])
    assert not SignUp.objects.out(ana).exists()

    add_songs(jam=jam, host=host, songs=[slot.jam_song.song])

    assert line_of(slot) == [ana, ben]
    assert SignUp.objects.out(ana).count() == 1


def test_where_playing_was_not_over_after_all_they_hold_their_slots_again(jam, slot):
    [first] = signed_up(slot, make_attendee(jam=jam))
    song = slot.jam_song
    song.status = "played"
    follow_song(song=song, before="playing")
    assert states(first) == ["played"]

    song.status = "playing"
    follow_song(song=song, before="played")

    assert states(first) == ["checked_in"]


# Being here -------------------------------------------------------------------------------------------


def test_im_here(jam, slot):
    ana, ben, _ = people(jam)
    first, second = signed_up(slot, ana, ben)

    assert check_in(sign_up=first).state == "checked_in"
    assert check_in(sign_up=first).state == "checked_in"
    with pytest.raises(StillWaiting):
        check_in(sign_up=second)
    withdraw(sign_up=first)
    with pytest.raises(SignUpGone):
        check_in(sign_up=first)
    assert states(first, second) == ["withdrawn", "claimed"]


# Leaving ----------------------------------------------------------------------------------------------


def test_who_leaves_is_withdrawn_from_all_and_the_next_are_promoted(jam, slot):
    ana, ben, _ = people(jam)
    other = make_slot(jam_song=make_jam_song(jam=jam))
    signed_up(slot, ana, ben)
    signed_up(other, ben, ana)

    leave_jam(attendee=ana)

    assert (line_of(slot), line_of(other)) == ([ben], [ben])


def test_who_is_taken_off_the_jam_is_taken_off_the_stage(jam, slot, host):
    ana, ben, _ = people(jam)
    signed_up(slot, ana, ben)

    remove_attendee(attendee=ana, host=host)

    assert line_of(slot) == [ben]


def test_of_many_who_are_voided_nobody_is_promoted(jam, slot, host):
    ana, ben, cleo = people(jam)
    signed_up(slot, ana, ben, cleo)

    void_attendees(jam=jam, host=host, attendees=[ana.pk, ben.pk])

    assert line_of(slot) == [cleo]


def test_who_leaves_has_played_what_they_played(jam, slot, host):
    ana = make_attendee(jam=jam, name="Ana")
    [first] = signed_up(slot, ana)
    play_song(jam_song=slot.jam_song, host=host)
    finish_song(jam_song=slot.jam_song, host=host)

    leave_jam(attendee=ana)

    assert states(first) == ["played"]
    assert Slot.objects.shown(jam).with_holders().get().holder == ""


def test_a_new_name_stands_on_the_slot_with_a_new_revision(jam, slot, django_capture_on_commit_callbacks):
    ana = make_attendee(jam=jam, name="Ana")
    signed_up(slot, ana)
    before = Slot.objects.get().revision

    with django_capture_on_commit_callbacks(execute=True):
        rename_attendee(attendee=ana, display_name="Anna")

    found = Slot.objects.shown(jam).with_holders().get()
    assert found.holder == "Anna"
    assert found.revision > before


# Hosts ------------------------------------------------------------------------------------------------


def test_a_host_signs_up_for_somebody_beyond_the_limit_and_it_is_written_down(jam, slot, host):
    Jam.objects.filter(pk=jam.pk).update(max_sign_ups=0)
    ana = make_attendee(jam=jam)

    found = sign_up_for(slot=slot, attendee=ana, host=host)

    assert (found.state, line_of(slot)) == ("claimed", [ana])
    event = AuditEvent.objects.about(jam).get()
    assert (event.verb, event.actor) == ("sign_up", host)
    assert event.after == {f"sign_up {found.pk}": {"slot": slot.pk, "attendee": ana.pk, "state": "claimed"}}


def test_a_host_takes_somebody_off_and_the_next_is_promoted(jam, slot, host):
    ana, ben, _ = people(jam)
    first, _second = signed_up(slot, ana, ben)

    take_off(sign_up=first, host=host)

    assert line_of(slot) == [ben]
    assert AuditEvent.objects.about(jam).get().before[f"sign_up {first.pk}"]["state"] == "claimed"


def test_a_host_has_seen_somebody(jam, slot, host):
    [first] = signed_up(slot, make_attendee(jam=jam))

    check_in_for(sign_up=first, host=host)
    check_in_for(sign_up=first, host=host)

    assert states(first) == ["checked_in"]
    assert AuditEvent.objects.about(jam).count() == 1


def test_a_host_moves_somebody_to_a_free_slot_and_the_line_moves_up(jam, slot, host):
    ana, ben, _ = people(jam)
    first, _second = signed_up(slot, ana, ben)
    free = make_slot(jam_song=slot.jam_song, instrument="bass")
    check_in(sign_up=first)

    move_sign_up(sign_up=first, slot=free, host=host)

    assert (line_of(slot), line_of(free)) == ([ben], [ana])
    assert states(first) == ["checked_in"]


def test_two_who_hold_a_slot_swap(jam, slot, host):
    ana, ben, cleo = people(jam)
    bass = make_slot(jam_song=make_jam_song(jam=jam), instrument="bass")
    first, _ = signed_up(slot, ana, cleo)
    [second] = signed_up(bass, ben)
    check_in(sign_up=second)

    move_sign_up(sign_up=first, slot=bass, host=host)

    assert (line_of(slot), line_of(bass)) == ([ben, cleo], [ana])
    assert states(first, second) == ["claimed", "checked_in"]


def test_a_host_gives_a_slot_to_somebody_in_line(jam, slot, host):
    ana, ben, cleo = people(jam)
    _first, _second, third = signed_up(slot, ana, ben, cleo)

    move_sign_up(sign_up=third, slot=slot, host=host)

    assert line_of(slot) == [cleo, ana, ben]


def test_nobody_is_moved_to_where_they_are(jam, slot, host):
    ana, ben, _ = people(jam)
    bass = make_slot(jam_song=slot.jam_song, instrument="bass")
    first, second = signed_up(slot, ana, ben)
    signed_up(bass, ana)

    move_sign_up(sign_up=first, slot=slot, host=host)
    with pytest.raises(AlreadySignedUp):
        move_sign_up(sign_up=first, slot=bass, host=host)
    withdraw(sign_up=second)
    with pytest.raises(SignUpGone):
        move_sign_up(sign_up=second, slot=bass, host=host)

    assert line_of(slot) == [ana]


def test_nobody_is_moved_to_another_jam(jam, slot, host):
    [first] = signed_up(slot, make_attendee(jam=jam))

    with pytest.raises(SlotGone):
        move_sign_up(sign_up=first, slot=make_slot(), host=host)


@pytest.mark.parametrize("deed", ["sign_up_for", "take_off", "check_in_for", "move_sign_up"])
def test_only_hosts_do_what_hosts_do(jam, slot, deed):
    ana, ben, _ = people(jam)
    [first] = signed_up(slot, ana)
    stranger = make_user()
    deeds = {
        "sign_up_for": lambda: sign_up_for(slot=slot, attendee=ben, host=stranger),
        "take_off": lambda: take_off(sign_up=first, host=stranger),
        "check_in_for": lambda: check_in_for(sign_up=first, host=stranger),
        "move_sign_up": lambda: move_sign_up(sign_up=first, slot=slot, host=stranger),
    }

    with pytest.raises(NotAHost):
        deeds[deed]()
    assert (line_of(slot), states(first)) == ([ana], ["claimed"])


# What can be played -----------------------------------------------------------------------------------


def test_a_song_is_playable_when_all_that_it_requires_is_there(jam):
    song = make_jam_song(jam=jam)
    guitar = make_slot(jam_song=song)
    make_slot(jam_song=song, instrument="trumpet", required=False)
    ana, ben, _ = people(jam)
    assert playable(jam) == [False, False]

    first, _ = signed_up(guitar, ana, ben)

    assert playable(jam) == [True, True]
    withdraw(sign_up=first)
    assert playable(jam) == [True, True]  # the next one plays
    SignUp.objects.all().delete()
    assert playable(jam) == [False, False]


def playable(jam):
    return [slot.playable for slot in Slot.objects.shown(jam).with_playable()]


# Races ------------------------------------------------------------------------------------------------


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_many_at_once_for_the_last_slot_are_one_holder_and_a_line(full, jam, slot):
    count = MANY if full else FEW
    attendees = [Attendee(jam=jam, display_name=f"{n}", folded_name=f"{n}", secret_hash=f"{n}") for n in range(count)]
    attendees = Attendee.objects.bulk_create(attendees)
    raised, at_once = [], FEW
    for start in range(0, count, at_once):
        some = attendees[start : start + at_once]
        raised += in_threads([lambda one=one: sign_up(slot=slot, attendee=one) for one in some])

    assert raised == []
    holder, *line = SignUp.objects.filter(slot=slot).order_by("pk")
    assert (holder.state, {one.state for one in line}) == ("claimed", {"waiting"})
    assert len(line) == count - 1
    places = SignUp.objects.filter(slot=slot).line().with_place()
    assert [one.place for one in places] == list(range(1, count))


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_slot_is_never_free_while_somebody_waits(jam, slot):
    """Half of them come while the other half go."""
    attendees = people(jam, 24)
    there = signed_up(slot, *attendees[:12])
    going = [lambda one=one: withdraw(sign_up=one) for one in there]
    coming = [lambda one=one: sign_up(slot=slot, attendee=one) for one in attendees[12:]]

    assert in_threads(going + coming) == []

    assert SignUp.objects.holding().filter(slot=slot).count() == 1
    assert {one.attendee_id for one in SignUp.objects.live().filter(slot=slot)} == {one.pk for one in attendees[12:]}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_many_claims_of_one_person_at_once_keep_to_the_limit(jam):
    ana = make_attendee(jam=jam)
    slots = [make_slot(jam_song=make_jam_song(jam=jam)) for _ in range(10)]

    raised = in_threads([lambda slot=slot: sign_up(slot=slot, attendee=ana) for slot in slots])

    assert {type(error) for error in raised} == {TooManySignUps}
    assert SignUp.objects.out(ana).count() == jam.max_sign_ups


# Two songs that are one ------------------------------------------------------------------------------


def held(slot):
    """Who stands at the slot, the holder first."""
    rows = SignUp.objects.live().filter(slot=slot).order_by("pk")
    return [(one.attendee.display_name, one.state) for one in sorted(rows, key=lambda one: not one.holds)]


def test_merging_songs_unites_their_sign_ups_by_who_was_first(jam, host):
    song, into = make_jam_song(jam=jam), make_jam_song(jam=jam)
    slot, to = make_slot(jam_song=song), make_slot(jam_song=into)
    ana, ben, cleo, dan = (make_attendee(jam=jam, name=name) for name in ("Ana", "Ben", "Cleo", "Dan"))
    make_sign_up(slot=slot, attendee=ana, state="checked_in")
    make_sign_up(slot=to, attendee=ben)
    make_sign_up(slot=to, attendee=ana, state="waiting")
    make_sign_up(slot=slot, attendee=cleo, state="waiting")
    make_sign_up(slot=to, attendee=dan, state="waiting")

    merge_songs(jam_song=song, into=into, host=host)

    assert held(to) == [("Ana", "checked_in"), ("Ben", "waiting"), ("Cleo", "waiting"), ("Dan", "waiting")]
    assert held(slot) == []
    assert SignUp.objects.filter(state="withdrawn").get().attendee == ana


def test_who_waited_first_has_the_slot_of_the_merged_song(jam, host):
    song, into = make_jam_song(jam=jam), make_jam_song(jam=jam)
    slot, to = make_slot(jam_song=song), make_slot(jam_song=into)
    early, late = make_attendee(jam=jam, name="Early"), make_attendee(jam=jam, name="Late")
    make_sign_up(slot=slot, attendee=make_attendee(jam=jam), state="withdrawn")
    make_sign_up(slot=slot, attendee=early)
    make_sign_up(slot=to, attendee=late)

    merge_songs(jam_song=song, into=into, host=host)

    assert held(to) == [("Early", "claimed"), ("Late", "waiting")]


def test_a_slot_that_the_other_song_lacks_comes_along(jam, host):
    song, into = make_jam_song(jam=jam), make_jam_song(jam=jam)
    make_slot(jam_song=into)
    cello, empty = make_slot(jam_song=song, instrument="cello", required=False), make_slot(jam_song=song, number=2)
    make_sign_up(slot=cello, attendee=make_attendee(jam=jam, name="Cleo"))

    merge_songs(jam_song=song, into=into, host=host)

    slots = {(slot.instrument, slot.number, slot.required): slot for slot in into.slots.all()}
    assert set(slots) == {("guitar", 1, True), ("cello", 1, False)}
    assert held(slots["cello", 1, False]) == [("Cleo", "claimed")]
    assert held(empty) == []
