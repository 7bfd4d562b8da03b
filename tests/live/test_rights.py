"""Who may listen no longer hears nothing more, also on a socket that is open."""

import asyncio
import contextlib

import pytest
from allauth.usersessions.models import UserSession
from channels.layers import get_channel_layer
from django.contrib.auth import get_user
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.accounts.operations import end_other_sessions
from apps.accounts.tokens import revoke_token
from apps.accounts.users import change_user
from apps.jams import identity
from apps.jams.consumers import user_with
from apps.jams.models import Jam, JamHost
from apps.jams.operations import delete_jam
from apps.live.changes import Close
from apps.live.hub import Socket, hub
from apps.live.streams import announce, dismiss
from apps.voting.operations import cast_vote, leave_jam, remove_attendee
from tests.callers import Caller
from tests.factories import (
    make_api_token,
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_staff,
    make_user,
    make_venue,
)
from tests.live.test_sockets import WAIT, Phone, address, fast, watching  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast")]


def hidden_night(**fields):
    """A jam whose counts only hosts hear, and its song."""
    jam_song = make_jam_song(jam=make_jam(host=make_user(), counts="hidden", **fields))
    return jam_song.jam, jam_song


def votes_heard(frames):
    return [song["votes"] for frame in frames for song in frame.get("songs", []) if song["votes"] is not None]


def take_off(jam, user):
    JamHost.objects.get(jam=jam, user=user).delete()


def take_off_in_bulk(jam, user):
    JamHost.objects.filter(jam=jam, user=user).delete()


def delete(jam, user):
    user.delete()


def lock_out(jam, user):
    user.is_active = False
    user.save()


CO_HOST_ENDS = [take_off, take_off_in_bulk, delete, lock_out]


@pytest.mark.parametrize("end", CO_HOST_ENDS)
def test_a_former_co_host_hears_no_hidden_counts(asgi_server, end):
    jam, jam_song = hidden_night()
    co_host = make_user()
    JamHost.objects.create(jam=jam, user=co_host, role="co_host")

    with watching(asgi_server, jam, user=co_host) as console:
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))
        assert console.song(jam_song.pk)["votes"] == 1
        cookies = console.socket.request.headers["Cookie"]

        end(jam, co_host)
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))

        heard = []
        with contextlib.suppress(ConnectionClosed):
            console.until(heard.append)
    assert console.socket.close_code == 4403
    assert votes_heard(heard) == []
    with connect(address(asgi_server, jam), additional_headers={"Cookie": cookies}) as again:
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))
        assert votes_heard(Phone(again).all_for(0.3)) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda venue, user: venue.managers.remove(user),
        lambda venue, user: venue.managers.set([]),
        lambda venue, user: user.venues.clear(),
        lambda venue, user: user.venues.remove(venue),
    ],
)
def test_a_former_manager_of_the_venue_comes_back_as_anybody(asgi_server, end):
    user = make_user()
    jam, _jam_song = hidden_night(venue=make_venue(manager=user))

    with watching(asgi_server, jam, user=user) as console:
        end(jam.venue, user)

        assert console.close_code() == 4403


def demote(user, console):
    user.role = "host"
    user.save()


def log_out(user, console):
    caller = Caller()
    name, _, value = console.socket.request.headers["Cookie"].split("; ")[0].partition("=")
    caller.client.cookies[name] = value
    assert get_user(caller.client).is_authenticated
    caller.client.logout()


def end_sessions(user, console):
    key = console.socket.request.headers["Cookie"].split("; ")[0].partition("=")[2]
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key=key)
    end_other_sessions(user=user, keep="", by=user)


@pytest.mark.parametrize("end", [demote, log_out, end_sessions])
def test_staff_who_are_no_longer_come_back_as_anybody(asgi_server, end):
    user, other = make_staff(), make_staff()
    jam, _jam_song = hidden_night()

    with watching(asgi_server, jam, user=user) as console, watching(asgi_server, jam, user=other) as stays:
        end(user, console)

        assert console.close_code() == 4403
        assert stays.all_for(0.2) is not None


def test_the_session_is_over_before_its_sockets_close(monkeypatch):
    jam, _jam_song = hidden_night()
    caller, known = Caller(user=jam.hosts.get()), []
    cookies = {name: morsel.value for name, morsel in caller.client.cookies.items()}
    monkeypatch.setattr("apps.jams.receivers.dismiss", lambda *to: known.append(user_with(cookies).is_authenticated))
    assert user_with(cookies).is_authenticated

    caller.client.logout()

    assert known == [False]  # who comes back at once is nobody


def test_a_login_elsewhere_disturbs_nobody(asgi_server):
    jam, _jam_song = hidden_night()
    user = jam.hosts.get()

    with watching(asgi_server, jam, user=user) as console:
        Caller(user=user)

        console.all_for(0.3)


@pytest.mark.parametrize("how", ["removed", "left"])
def test_who_is_not_in_the_room_any_more_loses_what_was_addressed_to_them(asgi_server, how):
    jam = make_jam(host=make_user())
    sam, token = make_attendee_with_token(jam=jam)
    cookie = {identity.cookie_name(jam): identity.cookies.sign(token)}

    with (
        watching(asgi_server, jam, token=token) as program,
        watching(asgi_server, jam, cookies=cookie) as phone,
        watching(asgi_server, jam) as other,
    ):
        remove_attendee(attendee=sam, host=jam.hosts.get()) if how == "removed" else leave_jam(attendee=sam)

        assert program.close_code() == phone.close_code() == 4403
        other.until(lambda frame: frame.get("people") == 0)


def test_a_jam_that_is_deleted_is_not_there_any_more(asgi_server):
    host = make_user()
    jam = make_jam(host=host)

    with watching(asgi_server, jam) as phone, watching(asgi_server, jam, user=host) as console:
        delete_jam(jam=jam, host=host)

        assert phone.close_code() == console.close_code() == 4404


def test_a_jam_that_becomes_a_draft_again_is_for_its_hosts(asgi_server):
    host = make_user()
    jam = make_jam(host=host)

    with watching(asgi_server, jam) as phone:
        jam.status = Jam.Status.DRAFT
        jam.save()

        assert phone.close_code() == 4403
    with connect(address(asgi_server, jam)) as again, pytest.raises(ConnectionClosed):
        again.recv(timeout=WAIT)
    assert again.close_code == 4404
    with watching(asgi_server, jam, user=host) as console:
        assert "revision" in console.greeting


def test_what_closes_is_not_told_to_who_comes_next(asgi_server):
    jam = make_jam()

    with watching(asgi_server, jam) as phone:
        dismiss(jam.stream)
        assert phone.close_code() == 4403
    with watching(asgi_server, jam) as phone:
        announce(jam.stream)

        assert [set(frame) for frame in (phone.greeting, phone.next())] == [
            {"revision", "present", "since"}, {"revision", "refetch"}
        ]  # fmt: skip


def test_rights_that_end_while_a_socket_connects_end_there_too(asgi_server, monkeypatch):
    """After the first look at them, and before this process listens to the stream."""
    jam, _jam_song = hidden_night()
    host, look, looks = jam.hosts.get(), identity.addresses, []

    def looked(*who):
        looks.append(look(*who))
        if len(looks) == 1:
            take_off(jam, host)
        return looks[-1]

    monkeypatch.setattr(identity, "addresses", looked)
    with pytest.raises(ConnectionClosed) as closed, watching(asgi_server, jam, user=host):
        pass

    assert closed.value.rcvd.code == 4403
    assert len(looks) == 2


def test_what_was_lost_may_have_been_an_end_of_rights():
    """A message of the stream never came: hosts come back, so that their rights are looked at."""
    closed = {}

    async def scene():
        sockets = {name: Socket(quiet, lambda code, name=name: closed.update({name: code}), frozenset({name}))
                   for name in ("host", "attendee:1")}  # fmt: skip
        joined = [await hub().join("jam.lost", socket) for socket in sockets.values()]
        announce("jam.lost")
        while not joined[0].revision:
            await asyncio.sleep(0.01)
        joined[0].lose(joined[0].revision + 1)
        while not closed:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        for task in hub().tasks:
            task.cancel()
        await get_channel_layer().group_discard("jam.lost", hub().channel)

    async def quiet(text):
        pass

    asyncio.run(scene())

    assert closed == {"host": Close.CHANGED}


# API tokens -------------------------------------------------------------------------------------------


def test_a_hosts_token_makes_a_hosts_socket(asgi_server):
    jam, jam_song = hidden_night()
    _token, mine = make_api_token(user=jam.hosts.get(), scopes=[])
    _other, strange = make_api_token()

    with watching(asgi_server, jam, token=mine) as program, watching(asgi_server, jam, token=strange) as stranger:
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))

        assert program.song(jam_song.pk)["votes"] == 1
        assert votes_heard(stranger.all_for(0.3)) == []


@pytest.mark.parametrize("end", ["revoked", "switched off", "demoted"])
def test_a_token_that_ends_closes_its_sockets_and_opens_none(asgi_server, end):
    user = make_staff()
    jam, jam_song = hidden_night()
    token, text = make_api_token(user=user)

    with watching(asgi_server, jam, token=text) as program:
        if end == "revoked":
            revoke_token(token=token, by=user)
        else:
            change_user(user=user, by=make_staff(), **({"role": "host"} if end == "demoted" else {"is_active": False}))

        assert program.close_code() == 4403
    headers = {"Authorization": f"Bearer {text}"}
    if end == "demoted":  # still somebody, but nobody's host
        with connect(address(asgi_server, jam), additional_headers=headers) as again:
            cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))
            assert votes_heard(Phone(again).all_for(0.3)) == []
        return
    with connect(address(asgi_server, jam), additional_headers=headers) as again, pytest.raises(ConnectionClosed):
        again.recv(timeout=WAIT)
    assert again.close_code == 4404


@pytest.mark.parametrize("text", ["jvt_", "jvt_forged.signature"])
def test_a_token_that_does_not_hold_hears_nothing_even_beside_a_session(asgi_server, text):
    jam, _jam_song = hidden_night()
    cookies = {name: m.value for name, m in Caller(user=jam.hosts.get()).client.cookies.items()}
    headers = {"Authorization": f"Bearer {text}", "Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}

    with connect(address(asgi_server, jam), additional_headers=headers) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=WAIT)

    assert socket.close_code == 4404


def test_a_draft_is_heard_with_its_hosts_token_only(asgi_server):
    host = make_user()
    jam = make_jam(host=host, status="draft")

    with watching(asgi_server, jam, token=make_api_token(user=host)[1]) as program:
        assert "revision" in program.greeting
    with (
        pytest.raises(ConnectionClosed) as closed,
        watching(asgi_server, jam, token=make_api_token()[1]),
    ):
        pass
    assert closed.value.rcvd.code == 4404


def test_a_token_in_a_sockets_address_is_nothing(asgi_server):
    jam, jam_song = hidden_night()
    _token, text = make_api_token(user=jam.hosts.get())

    with connect(f"{address(asgi_server, jam)}?token={text}") as socket:
        phone = Phone(socket)
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam))

        assert votes_heard(phone.all_for(0.3)) == []
