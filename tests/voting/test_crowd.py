"""The simulated crowd, against the real server; and that it notices when the server does not keep its word."""

import asyncio
import io
import json
import os
import random
import signal
import socket
import threading
import time

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core.errors import DomainError
from apps.jams.models import Attendee, JamSong
from apps.voting.corrections import differences
from apps.voting.crowd.board import Board
from apps.voting.crowd.check import check
from apps.voting.crowd.evening import Plan, hold
from apps.voting.crowd.figures import Figures
from apps.voting.crowd.here import NotHere, check_here
from apps.voting.crowd.person import Person, come
from apps.voting.crowd.phone import Phone
from apps.voting.crowd.room import Room
from apps.voting.crowd.server import Answer, FailedError, Server
from apps.voting.models import Vote
from tests.factories import make_jam, make_jam_song, make_song


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    monkeypatch.setattr("apps.voting.crowd.person.FIRST_TAP", (0.05, 0.3))


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("apps.voting.crowd.check.PATIENCE", 0.5)


@pytest.fixture
def before_the_check(monkeypatch):
    """Does something to the database after the last vote."""

    def arrange(damage):
        async def check_after(room, people):
            await sync_to_async(damage)()
            await check(room, people)

        monkeypatch.setattr("apps.voting.crowd.evening.check", check_after)

    return arrange


def jam_with_songs(**fields):
    jam = make_jam(**fields)
    for _number in range(5):
        make_jam_song(jam=jam)
    for _number in range(3):
        make_song()
    return jam


def crowd(url, **options):
    """The summary of a run, and how it exits."""
    said = io.StringIO()
    options = {"attendees": 6, "seconds": 1, "rate": 20, "json": True} | options
    try:
        call_command("crowd", url, stdout=said, stderr=said, **options)
    except SystemExit as end:
        return json.loads(said.getvalue()), end.code
    return json.loads(said.getvalue()), 0


# With a server ----------------------------------------------------------------------------------------


def test_a_crowd_joins_watches_and_votes_and_every_vote_counts_once(asgi_server):
    jam = jam_with_songs()

    summary, code = crowd(asgi_server, seconds=3)

    assert (summary["errors"], code) == ({}, 0)
    assert summary["joined"] == summary["checked"] == Attendee.objects.filter(jam=jam).count() == 6
    assert summary["votes"] - summary["taken_back"] + summary["suggested"] == Vote.objects.count() > 0
    assert summary["frames"] > 0
    assert 0 < summary["vote_p50"] <= summary["vote_p95"]
    assert summary["seen_p50"] > 0
    assert differences() == []


def test_it_goes_to_the_jam_that_is_named(asgi_server):
    jam_with_songs()
    jam = jam_with_songs(status="open")

    crowd(asgi_server, jam=jam.slug, socket_url=asgi_server.replace("http", "ws"))

    assert set(Vote.objects.values_list("jam_song__jam", flat=True)) == {jam.pk}


def test_it_tells_how_it_goes(asgi_server):
    jam_with_songs(status="open")
    said = io.StringIO()

    call_command("crowd", asgi_server, attendees=2, seconds=1, stdout=said)

    assert "votes per second" in said.getvalue()
    assert "errors           {}" in said.getvalue()


def test_on_a_terminal_it_tells_in_one_line(asgi_server, monkeypatch):
    jam_with_songs()
    said = io.StringIO()
    monkeypatch.setattr(said, "isatty", lambda: True)

    call_command("crowd", asgi_server, attendees=2, seconds=3, stdout=said)

    assert "\r\033[Kjoined 2  sockets 2" in said.getvalue()


def test_hidden_counts_and_a_cap_are_respected(asgi_server):
    jam_with_songs(counts="hidden", max_votes=1)

    summary, code = crowd(asgi_server)

    assert (summary["errors"], code) == ({}, 0)
    assert set(summary["refused"]) <= {"votes_out", "already_in_jam"}
    assert Vote.objects.count() <= 6


def test_nobody_votes_while_voting_is_paused(asgi_server):
    jam_with_songs(voting_paused=True)

    summary, code = crowd(asgi_server)

    assert (summary["votes"], summary["refused"], code) == (0, {}, 0)


def test_who_is_taken_off_goes(asgi_server):
    jam = jam_with_songs()

    def take_all_off_once_they_are_here():
        while jam.attendees.count() < 6:
            time.sleep(0.05)
        jam.attendees.update(state="removed")
        connection.close()

    host = threading.Thread(target=take_all_off_once_they_are_here)
    host.start()

    summary, code = crowd(asgi_server, seconds=8)  # over as soon as each was told

    host.join()
    assert 1 <= summary["refused"]["removed"] <= 6
    assert (summary["checked"], code) == (0, 0)


def test_phones_that_sleep_come_back(asgi_server, monkeypatch):
    monkeypatch.setattr("apps.voting.crowd.phone.AWAKE", 0.3)
    jam_with_songs()

    summary, code = crowd(asgi_server, seconds=2)

    assert summary["reconnected"] > 3
    assert (summary["errors"], code) == ({}, 0)


def test_an_interrupt_ends_it_with_a_check(asgi_server):
    jam_with_songs()
    timer = threading.Timer(1, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()

    summary, code = crowd(asgi_server, seconds=0)

    assert (summary["joined"], summary["checked"], code) == (6, 6, 0)


def test_a_count_that_the_database_lost_is_an_error(asgi_server, impatient, before_the_check):
    jam = jam_with_songs()
    before_the_check(lambda: JamSong.objects.filter(jam=jam).update(votes=0))

    summary, code = crowd(asgi_server)

    assert summary["errors"]["snapshot: fewer votes than acknowledged"]
    assert code == 1
    call_command("recount", fix=True, stdout=io.StringIO())  # too low a count does not let its votes be deleted


def test_votes_that_vanish_are_an_error(asgi_server, impatient, before_the_check):
    jam = jam_with_songs()
    before_the_check(lambda: Vote.objects.filter(jam_song__jam=jam).delete())

    summary, code = crowd(asgi_server)

    assert summary["errors"]["me: an acknowledged vote is missing"]
    assert code == 1


def test_where_no_jam_takes_votes_it_says_so(asgi_server):
    make_jam(status="ended")

    with pytest.raises(CommandError, match="No jam there takes votes"):
        call_command("crowd", asgi_server)
    with pytest.raises(CommandError, match="No jam there takes votes"):
        call_command("crowd", asgi_server, jam="none")


@pytest.mark.parametrize("wrong", [{"attendees": 0}, {"seconds": -1}, {"rate": -5}])
def test_a_crowd_of_nobody_is_refused(wrong):
    with pytest.raises(CommandError, match="takes a number"):
        call_command("crowd", "http://127.0.0.1:1", **wrong)


def test_where_nobody_listens_it_says_so():
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    with pytest.raises(CommandError, match="does not answer: ConnectError"):
        call_command("crowd", url)


def test_a_host_that_the_server_does_not_serve_is_explained(asgi_server, settings):
    settings.ALLOWED_HOSTS = ["jam.example"]

    with pytest.raises(CommandError, match="answers 400. Is its host in ALLOWED_HOSTS"):
        call_command("crowd", asgi_server)


# Only this machine ------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80", "ws://127.9.9.9"])
def test_this_machine_is_taken(url):
    check_here(url)


def test_an_own_interface_is_taken():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no interface but loopback")
        check_here(f"http://{probe.getsockname()[0]}:8000")


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1:8000", "http://8.8.8.8", "http://[2001:db8::1]", "http://1.1.1.1:80"]
)
def test_another_machine_is_refused(url):
    with pytest.raises(NotHere, match="not this machine"):
        check_here(url)


@pytest.mark.parametrize("url", ["", "jam", "ftp://localhost", "http://", "http://[", "http://localhost:99999"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(NotHere, match="not an address"):
        check_here(url)


def test_an_unknown_name_is_refused():
    with pytest.raises(NotHere, match="not known"):
        check_here("http://jam..example")


def test_sockets_elsewhere_are_refused_too():
    plan = Plan(url="http://127.0.0.1:8000", socket_url="ws://192.0.2.1:8001")

    with pytest.raises(DomainError, match="not this machine"):
        asyncio.run(hold(plan))


def test_no_proxy_of_the_environment_carries_the_crowd_away(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")

    async def ask():
        async with Server("http://127.0.0.1:1") as server:
            await server.ask("GET", "/jams")

    with pytest.raises(FailedError, match="ConnectError"):
        asyncio.run(ask())


# The board of a phone ---------------------------------------------------------------------------------


def song(id_, revision, votes, **fields):
    return {"id": id_, "revision": revision, "votes": votes, "status": "open", "title": "x", **fields}


def shown(songs, revision=1):
    jam = {"jam_revision": 1, "voting": "open", "suggestions": "open", "counts": "live"}
    return {"revision": revision, **jam, "songs": songs}


def test_an_older_state_does_not_replace_a_newer_one():
    board = Board()
    board.replace(shown([song(1, 5, 9)]))

    board.merge({"revision": 2, "songs": [{"id": 1, "revision": 4, "votes": 3}]})
    board.replace(shown([song(1, 3, 2)]))

    assert board.songs[1].votes == 9


def test_a_frame_before_the_snapshot_is_not_lost():
    board = Board()
    board.merge({"revision": 2, "songs": [{"id": 1, "revision": 6, "votes": 10}]})

    board.replace(shown([song(1, 5, 9)]))

    assert (board.songs[1].votes, board.revision) == (10, 2)


def test_a_song_never_seen_asks_for_everything_unless_it_is_gone():
    board = Board()
    board.replace(shown([]))

    assert board.merge({"revision": 2, "songs": [song(1, 1, 0)]})
    assert not board.merge({"revision": 3, "songs": [{"id": 2, "revision": 1, "votes": 1}]})
    assert board.merge({"revision": 4, "songs": [{"id": 3, "revision": 1, "status": "removed"}]})
    assert set(board.open_songs()) == {1}


def test_a_host_s_action_changes_what_may_be_done():
    board = Board()
    board.replace(shown([]))

    board.merge({"revision": 2, "jam_revision": 2, "voting": "paused", "suggestions": "closed", "counts": "live"})
    board.merge({"revision": 3, "jam_revision": 1, "voting": "open", "suggestions": "open", "counts": "live"})

    assert (board.voting, board.suggestions) == ("paused", "closed")


# What it would notice ---------------------------------------------------------------------------------


class Liar:
    """A server that says what a test wants."""

    def __init__(self, **answers):
        self.answers = answers

    async def ask(self, method, path, **options):
        answer = self.answers[path.partition("?")[0].rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer


def room_of(**answers):
    return Room(Liar(**answers), "jam", "ws://127.0.0.1:1", Figures(), rng=random.Random(1))


def checked(room, votes, board=None):
    person = Person(room, Phone(room, "token"))
    person.votes = votes
    person.phone.board.replace(board or shown([]))
    asyncio.run(check(room, [person]))
    return dict(room.figures.errors)


@pytest.mark.parametrize(
    ("told", "remembered", "errors"),
    [
        ({1: True, 2: False}, [1], {}),
        ({1: True}, [], {"me: an acknowledged vote is missing": 1}),
        ({1: False}, [1], {"me: a vote that was not cast, or was taken back": 1}),
    ],
)
def test_each_is_asked_for_their_votes(told, remembered, errors):
    room = room_of(snapshot=Answer(200, shown([])), me=Answer(200, {"votes": remembered}))

    assert checked(room, told) == errors


def test_a_board_that_stays_behind_is_an_error(impatient):
    room = room_of(snapshot=Answer(200, shown([song(1, 5, 9)])), me=Answer(200, {"votes": []}))

    assert checked(room, {}, shown([song(1, 4, 8)])) == {"socket: the board is behind the snapshot": 1}


def test_a_fault_of_the_server_is_an_error():
    room = room_of(snapshot=FailedError("HTTP 500"))

    assert checked(room, {}) == {"GET snapshot: HTTP 500": 1}
    assert room.figures.checked == 0


def test_what_breaks_after_an_interrupt_is_none():
    room = room_of(snapshot=FailedError("ConnectError"))
    room.interrupted = True

    assert checked(room, {}) == {}


def test_an_answer_that_never_came_may_have_counted():
    room = room_of(vote=FailedError("ReadTimeout"), snapshot=Answer(200, shown([])), me=Answer(200, {"votes": [7]}))
    person = Person(room, Phone(room, "token"))

    asyncio.run(person.vote(7, cast=True))
    asyncio.run(check(room, [person]))

    assert dict(room.figures.errors) == {"PUT vote: ReadTimeout": 1}


def test_a_server_that_closes_its_sockets_is_noticed():
    async def run():
        from websockets.asyncio.server import serve

        async def close(connection):
            await connection.close(code)

        async with serve(close, "127.0.0.1", 0) as server:
            room.sockets = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            watching = asyncio.create_task(Phone(room, "token").watch())
            await asyncio.sleep(0.4)
            watching.cancel()

    for code, errors in ((1011, {"socket: closed with 1011": 1}), (1012, {})):
        room = room_of(snapshot=Answer(200, shown([])))
        asyncio.run(run())
        assert dict(room.figures.errors) == errors, code


def test_a_server_that_is_gone_is_tried_again_ever_later():
    room = room_of()
    room.sockets = "ws://127.0.0.1:1"

    async def run():
        watching = asyncio.create_task(Phone(room, "token").watch())
        await asyncio.sleep(0.4)
        watching.cancel()

    asyncio.run(run())

    assert dict(room.figures.errors) == {"socket: ConnectionRefusedError": 1}


def come_to(room, delay=0.0):
    async def run():
        async with asyncio.TaskGroup() as phones:
            return await come(room, delay, phones)

    return asyncio.run(run())


def test_who_is_not_let_in_stays_outside():
    room = room_of(attendees=Answer(409, {"code": "jam_ended"}))

    assert come_to(room) is None
    assert (room.figures.joined, dict(room.figures.refused)) == (0, {"jam_ended": 1})


def test_an_answer_that_no_phone_provokes_is_an_error():
    room = room_of(attendees=Answer(400, {}))

    come_to(room)

    assert dict(room.figures.errors) == {"POST attendees: 400 400": 1}


def test_who_comes_after_closing_does_not_join():
    room = room_of()

    async def run():
        room.closing.set()
        async with asyncio.TaskGroup() as phones:
            return await come(room, 60, phones)

    assert asyncio.run(run()) is None


def test_a_hub_that_lost_something_makes_phones_look_again():
    room = room_of(snapshot=Answer(200, shown([song(1, 5, 9)], revision=8)))

    async def run():
        phone = Phone(room, "token")
        phone.board.replace(shown([], revision=1))
        phone.hear({"revision": 8, "refetch": True})
        phone.hear({"revision": 9})
        await phone.looking
        return phone.board

    board = asyncio.run(run())
    assert (board.songs[1].votes, board.revision, room.figures.refetched) == (9, 9, 2)


@pytest.mark.parametrize(("status", "said"), [(b"502 Bad Gateway", FailedError), (b"404 Not Found", Answer(404, {}))])
def test_what_a_balancer_says_is_no_json(status, said):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno")

    async def run():
        listening = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with listening, Server(url) as server:
            return await server.ask("GET", "/jams")

    if said is FailedError:
        with pytest.raises(FailedError, match="HTTP 502"):
            asyncio.run(run())
    else:
        assert asyncio.run(run()) == said


@pytest.mark.parametrize(("method", "asked"), [("PUT", 2), ("POST", 1)])
def test_only_what_may_be_said_twice_is_said_again(method, asked):
    heard = []

    async def hang_up(reader, writer):
        heard.append(await reader.readline())
        writer.close()

    async def run():
        listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with listening, Server(url) as server:
            await server.ask(method, "/jams")

    with pytest.raises(FailedError):
        asyncio.run(run())
    assert len(heard) == asked
