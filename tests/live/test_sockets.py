"""The room's sockets, through the real server: who hears what, and in which shape."""

import asyncio
import json
import time
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from apps.jams import identity
from apps.jams.board import snapshot, tell_attendee
from apps.jams.lineup import play_song, queue_song
from apps.jams.models import JamSong
from apps.jams.operations import end_jam, set_paused
from apps.live import consumers
from apps.live import hub as hubs
from apps.live.changes import Change
from apps.live.consumers import TryLater
from apps.live.streams import announce
from apps.voting.operations import cast_vote, suggest_song, take_back_vote
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_staff,
    make_user,
    make_vote,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("fast")]
WAIT = 5


@pytest.fixture
def fast(monkeypatch):
    """Checks and heartbeats that a test can wait for."""
    monkeypatch.setattr(hubs, "CHECK", 0.1)
    monkeypatch.setattr(hubs, "HEARTBEAT", 3)


class Phone:
    def __init__(self, socket):
        self.socket = socket
        self.greeting = self.next()

    def next(self):
        return json.loads(self.socket.recv(timeout=WAIT))

    def until(self, wanted):
        """All frames up to the first for which `wanted(frame)` is true."""
        frames, deadline = [], time.monotonic() + WAIT
        while time.monotonic() < deadline:
            frames.append(self.next())
            if wanted(frames[-1]):
                return frames
        raise AssertionError(f"not among {frames}")

    def song(self, pk):
        """The first state of this song that comes."""
        is_it = lambda song: song["id"] == pk  # noqa: E731
        frame = self.until(lambda frame: any(map(is_it, frame.get("songs", []))))[-1]
        return next(filter(is_it, frame["songs"]))

    def all_for(self, seconds):
        """What comes within this time."""
        frames, deadline = [], time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                frames.append(json.loads(self.socket.recv(timeout=left)))
            except TimeoutError:
                break
        return frames

    def close_code(self):
        try:
            self.until(lambda frame: False)
        except ConnectionClosed:
            return self.socket.close_code


def address(server, jam):
    return f"{server.replace('http', 'ws')}/ws/jams/{jam.slug}"


@contextmanager
def watching(server, jam, *, token="", user=None, cookies=None, **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if user:
        headers["Cookie"] = "; ".join(
            f"{name}={morsel.value}" for name, morsel in Caller(user=user).client.cookies.items()
        )
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    with connect(address(server, jam), additional_headers=headers, **options) as socket:
        yield Phone(socket)


def fresh(jam_song):
    return JamSong.objects.select_related("jam").get(pk=jam_song.pk)


# Votes ------------------------------------------------------------------------------------------------


def test_a_vote_arrives_as_the_row_stands(asgi_server):
    jam_song = make_jam_song()
    voter = make_attendee(jam=jam_song.jam)

    with watching(asgi_server, jam_song.jam) as phone:
        tally = cast_vote(jam_song=jam_song, attendee=voter)

        state = phone.song(jam_song.pk)

    row = fresh(jam_song)
    assert (state["votes"], state["revision"]) == (tally.votes, tally.revision) == (row.votes, row.revision) == (1, 1)
    assert state.items() <= snapshot(jam_song.jam)["songs"][0].items()


def test_a_vote_over_http_reaches_everybody(asgi_server):
    jam_song = make_jam_song()
    _sam, token = make_attendee_with_token(jam=jam_song.jam)

    with watching(asgi_server, jam_song.jam) as one, watching(asgi_server, jam_song.jam) as two:
        Caller(token=token)("PUT", f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote")

        assert one.song(jam_song.pk) == two.song(jam_song.pk)


def test_the_numbers_of_a_stream_are_dense(asgi_server):
    jam_song = make_jam_song()
    voter = make_attendee(jam=jam_song.jam)

    with watching(asgi_server, jam_song.jam) as phone:
        revisions = []
        for operation in (cast_vote, take_back_vote) * 3:
            operation(jam_song=jam_song, attendee=voter)
            revisions.append(phone.until(lambda frame: "songs" in frame)[-1]["revision"])

    assert revisions == list(range(revisions[0], revisions[0] + 6))
    assert snapshot(jam_song.jam)["revision"] == revisions[-1]


def test_many_votes_make_few_frames_and_the_last_state_wins(asgi_server):
    jam = make_jam()
    songs = [make_jam_song(jam=jam) for _ in range(3)]
    voters = [make_attendee(jam=jam) for _ in range(20)]

    with watching(asgi_server, jam) as phone:
        begun = time.monotonic()
        for voter in voters:
            for song in songs:
                cast_vote(jam_song=song, attendee=voter)
        windows = (time.monotonic() - begun) / hubs.WINDOW
        frames = phone.until(lambda frame: frame["revision"] == snapshot(jam)["revision"])

    known = {song["id"]: song["votes"] for frame in frames for song in frame.get("songs", [])}
    assert known == {song.pk: 20 for song in songs}
    assert sum("songs" in frame for frame in frames) <= windows + 3
    assert not any("refetch" in frame for frame in frames)


def test_frames_of_any_length_are_written_past_the_servers_protocol(asgi_server, monkeypatch):
    jam = make_jam()
    texts = ["short", "x" * 300, "x" * 70_000]  # RFC 6455 writes their lengths in three ways

    with watching(asgi_server, jam) as phone:
        monkeypatch.setattr(consumers.StreamConsumer, "tell", None)  # the first frame went that way, no other does
        for turn, text in enumerate(texts):
            announce(jam.stream, Change({"text": text}, turn))
            heard = phone.until(lambda frame: "text" in frame)

            assert heard[-1]["text"] == text


def test_nothing_is_written_to_a_socket_that_has_not_taken_the_last_or_was_told_goodbye():
    class Transport:
        closing, waiting, written = False, 0, b""

        def is_closing(self):
            return self.closing

        def get_write_buffer_size(self):
            return self.waiting

        def write(self, frame):
            self.written += frame

    async def end(code):
        pass

    async def scene():
        consumer, transport = consumers.StreamConsumer(find=None), Transport()
        consumer.transport, consumer.close = transport, end
        took = [consumer.write(b"1")]
        transport.waiting = 1
        took.append(consumer.write(b"2"))
        transport.waiting, transport.closing = 0, True
        took.append(consumer.write(b"3"))
        transport.closing = False
        consumer.drop(1000)
        took.append(consumer.write(b"4"))
        return took, transport.written

    took, written = asyncio.run(scene())

    assert took == [True, False, False, False]
    assert written == b"1"


def test_another_jams_votes_are_not_heard(asgi_server):
    jam_song, other = make_jam_song(), make_jam()
    voter = make_attendee(jam=jam_song.jam)

    with watching(asgi_server, other) as phone:
        cast_vote(jam_song=jam_song, attendee=voter)

        assert not any("songs" in frame for frame in phone.all_for(0.3))


# What only some hear ----------------------------------------------------------------------------------


def test_hidden_counts_reach_hosts_alone(asgi_server):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host, counts="hidden"))
    voter, token = make_attendee_with_token(jam=jam_song.jam)

    with (
        watching(asgi_server, jam_song.jam, user=host) as console,
        watching(asgi_server, jam_song.jam, token=token) as phone,
        watching(asgi_server, jam_song.jam, user=make_user()) as stranger,
        watching(asgi_server, jam_song.jam, user=make_staff()) as staff,
    ):
        cast_vote(jam_song=jam_song, attendee=voter)

        assert console.song(jam_song.pk)["votes"] == staff.song(jam_song.pk)["votes"] == 1
        for other in (phone, stranger):
            assert not any("songs" in frame for frame in other.all_for(0.3))


def test_a_host_hears_what_waits_and_the_room_does_not(asgi_server):
    host = make_user()
    jam = make_jam(host=host, approve_suggestions=True)
    attendee, token = make_attendee_with_token(jam=jam, name="Unmistakable")

    with watching(asgi_server, jam, user=host) as console, watching(asgi_server, jam, token=token) as phone:
        suggest_song(jam=jam, attendee=attendee, title="Secret Wish", artist="A")

        console.until(lambda frame: frame.get("desk"))
        heard = phone.all_for(0.3)

    assert not any("desk" in frame or "songs" in frame for frame in heard)
    assert "Secret Wish" not in str(heard)


def test_what_is_mine_is_told_to_me_alone(asgi_server):
    jam = make_jam()
    sam, token = make_attendee_with_token(jam=jam)
    _ana, other = make_attendee_with_token(jam=jam)
    cookie = {identity.cookie_name(jam): token}

    with (
        watching(asgi_server, jam, token=token) as program,
        watching(asgi_server, jam, cookies=cookie) as phone,
        watching(asgi_server, jam, token=other) as ana,
    ):
        tell_attendee(sam)

        program.until(lambda frame: frame.get("me"))
        phone.until(lambda frame: frame.get("me"))
        assert not any("me" in frame for frame in ana.all_for(0.3))


@pytest.mark.parametrize("token", ["wrong", "é", "x" * 3000])
def test_a_wrong_token_watches_like_anybody(asgi_server, token):
    jam_song = make_jam_song()

    with watching(asgi_server, jam_song.jam, token=token) as phone:
        make_vote(jam_song=jam_song)
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

        assert phone.song(jam_song.pk)["votes"] == 2


# A host's actions -------------------------------------------------------------------------------------


def test_a_hosts_action_tells_the_jam_and_whole_songs(asgi_server):
    host = make_user()
    jam_song = make_jam_song(jam=make_jam(host=host))
    jam = jam_song.jam

    with watching(asgi_server, jam) as phone:
        queue_song(jam_song=jam_song, host=host)
        queued = phone.until(lambda frame: "songs" in frame)[-1]
        play_song(jam_song=jam_song, host=host)
        playing = phone.until(lambda frame: frame.get("now_playing"))[-1]
        set_paused(jam=jam, host=host, voting=True)
        paused = phone.until(lambda frame: frame.get("voting") == "paused")[-1]

    assert [song["status"] for song in queued["songs"]] == ["queued"]
    assert queued["songs"][0]["title"] == jam_song.song.title
    assert playing["now_playing"] == playing["songs"][0]
    assert [frame["jam_revision"] for frame in (queued, playing, paused)] == [1, 2, 3]
    assert paused["status"] == "live"


def test_at_the_end_of_hidden_counts_the_room_looks_again(asgi_server):
    host = make_user()
    jam = make_jam(host=host, counts="hidden")

    with watching(asgi_server, jam) as phone:
        end_jam(jam=jam, host=host)

        heard = {}
        phone.until(lambda frame: heard.update(frame) or (heard.get("refetch") and heard.get("status") == "ended"))


def test_a_song_that_is_edited_in_the_library_is_looked_at_again(asgi_server):
    jam_song = make_jam_song()

    with watching(asgi_server, jam_song.jam) as phone:
        jam_song.song.title = "Corrected"
        jam_song.song.save()

        phone.until(lambda frame: frame.get("refetch"))


# People and the pulse ---------------------------------------------------------------------------------


def test_people_who_join_and_sockets_that_are_open_are_counted(asgi_server):
    jam = make_jam()

    with watching(asgi_server, jam) as one:
        with watching(asgi_server, jam):
            one.until(lambda frame: frame.get("present") == 2)
            make_attendee(jam=jam)
            one.until(lambda frame: frame.get("people") == 1)
        one.until(lambda frame: frame.get("present") == 1)


def test_the_heart_beats_with_the_place_of_the_stream(asgi_server):
    jam_song = make_jam_song()

    with watching(asgi_server, jam_song.jam) as phone:
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))
        place = phone.until(lambda frame: "songs" in frame)[-1]["revision"]

        beat = phone.until(lambda frame: set(frame) == {"revision"})[-1]

    assert beat == {"revision": place}


def test_a_ping_is_no_trouble(asgi_server):
    jam_song = make_jam_song()

    with watching(asgi_server, jam_song.jam) as phone:
        for message in ("ping", b"ping", "", "x" * 1024, '{"votes": 99}', "\x00"):
            phone.socket.send(message)
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))

        assert phone.song(jam_song.pk)["votes"] == 1


# Who may connect --------------------------------------------------------------------------------------


def test_the_greeting_says_where_the_stream_stands(asgi_server):
    with watching(asgi_server, make_jam()) as phone:
        assert set(phone.greeting) == {"revision", "present", "since"}


@pytest.mark.parametrize("message", ["x" * 1025, b"x" * 1025, "é" * 2000])
def test_too_long_a_message_closes(asgi_server, message):
    with watching(asgi_server, make_jam()) as phone:
        phone.socket.send(message)

        assert phone.close_code() == 4429


def test_too_many_messages_close(asgi_server):
    with watching(asgi_server, make_jam()) as phone:
        for _ in range(consumers.MOST + 1):
            phone.socket.send("ping")

        assert phone.close_code() == 4429


def test_a_process_takes_no_more_sockets_than_it_may(asgi_server, settings):
    jam, settings.MAX_SOCKETS = make_jam(), 2

    with (
        watching(asgi_server, jam),
        watching(asgi_server, jam),
        connect(address(asgi_server, jam)) as third,
        pytest.raises(ConnectionClosed),
    ):
        third.recv(timeout=WAIT)

    assert third.close_code == 1013
    with watching(asgi_server, jam) as phone:
        assert "revision" in phone.greeting


def test_sockets_that_come_at_once_are_counted_before_they_are_let_in(settings):
    settings.MAX_SOCKETS, entered, said = 2, [], []

    async def application(*scope):
        entered.append(scope)
        await asyncio.Event().wait()

    async def send(message):
        said.append(message["type"])

    async def scene():
        door = TryLater(application)
        sockets = [asyncio.create_task(door({}, None, send)) for _ in range(5)]
        while len(entered) + said.count("websocket.close") < 5:
            await asyncio.sleep(0)
        for socket in sockets:
            socket.cancel()

    asyncio.run(scene())

    assert (len(entered), said.count("websocket.close")) == (2, 3)


def test_attendees_have_sockets_of_their_own_and_take_none_from_their_address(asgi_server, settings):
    settings.MAX_ADDRESS_SOCKETS, settings.MAX_PARTICIPANT_SOCKETS = 1, 2
    jam = make_jam()
    [sam, ana] = [make_attendee_with_token(jam=jam)[1] for _ in range(2)]
    forged = {"X-Forwarded-For": "198.51.100.9", "Authorization": "Bearer for.ged"}

    with (
        watching(asgi_server, jam),
        watching(asgi_server, jam, token=sam),
        watching(asgi_server, jam, cookies={identity.cookie_name(jam): sam}),
        watching(asgi_server, jam, token=ana),
        connect(address(asgi_server, jam), additional_headers=forged) as same_address,
        connect(address(asgi_server, jam), additional_headers={"Authorization": f"Bearer {sam}"}) as third_of_sam,
    ):
        for socket in (same_address, third_of_sam):
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=WAIT)
            assert socket.close_code == 1013

    with watching(asgi_server, jam) as again:
        assert "revision" in again.greeting


def test_a_jam_that_is_not_there_closes(asgi_server):
    jam = make_jam()
    jam.slug = "no-such-jam"

    with connect(address(asgi_server, jam)) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=WAIT)

    assert socket.close_code == 4404


def test_a_draft_is_for_its_hosts(asgi_server):
    host = make_user()
    jam = make_jam(host=host, status="draft")

    for who in ({}, {"user": make_user()}):
        with pytest.raises(ConnectionClosed), watching(asgi_server, jam, **who):
            pass
    with watching(asgi_server, jam, user=host) as console:
        assert "revision" in console.greeting


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://127.0.0.1:1", "http://localhost", "null", "x", "http://me@{}", "ftp://{}", "{}",
     "http://{}/", "http://{}.evil.example"],
)  # fmt: skip
def test_a_page_of_another_site_may_not_connect(asgi_server, origin):
    origin = origin.format(asgi_server.removeprefix("http://"))

    with pytest.raises(InvalidStatus) as refused, watching(asgi_server, make_jam(), origin=origin):
        pass

    assert refused.value.response.status_code == 403


def test_what_came_over_plain_http_does_not_speak_for_a_site_with_tls(asgi_server, settings):
    settings.HTTPS = True
    jam = make_jam()

    with pytest.raises(InvalidStatus), watching(asgi_server, jam, origin=asgi_server):
        pass
    with watching(asgi_server, jam, origin=asgi_server.replace("http", "https")) as phone:
        assert "revision" in phone.greeting


@pytest.mark.parametrize("own", [True, False])
def test_our_own_pages_and_programs_may(asgi_server, own):
    with watching(asgi_server, make_jam(), origin=asgi_server if own else None) as phone:
        assert "revision" in phone.greeting


@pytest.mark.parametrize(
    "path", ["/", "/ws", "/ws/jams/", "/ws/venues/x", "/ws/jams/a/b", "/ws/jams/%00", "/ws/jams/a%0a"]
)
def test_another_address_is_refused(asgi_server, path):
    with pytest.raises((InvalidStatus, ConnectionClosed)), connect(asgi_server.replace("http", "ws") + path) as socket:
        socket.recv(timeout=WAIT)


def test_adding_songs_is_told(asgi_server):
    host = make_user()
    jam = make_jam(host=host)
    song = make_song(title="Superstition")

    with watching(asgi_server, jam) as phone:
        response = Caller(user=host)("POST", f"/api/v1/jams/{jam.slug}/songs", {"song": song.pk})

        state = phone.song(response.json()["id"])

    assert (state["title"], state["votes"], state["status"]) == ("Superstition", 0, "open")
