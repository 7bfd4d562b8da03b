"""The benchmarks, but for their times."""

import json
import os
import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from random import Random
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
import uvicorn
from django.db import connection

from apps.stage.setlist import arrange
from apps.voting.models import Vote
from loadtests import bench_backup, live_floor
from loadtests.bench import COLUMNS, Row, main, table
from loadtests.bench_http import CONNECTIONS
from loadtests.bench_live import Cast, Voters, receipts
from loadtests.bench_pages import Night
from loadtests.bench_setlist import REQUIRED, differing, gains, gap, night_of, times
from loadtests.bench_soak import growth_row
from loadtests.bench_tasks import night
from loadtests.bench_vote import votes
from loadtests.client import Asked, load
from loadtests.machine import Server, database_url
from loadtests.recording import AT_ONCE, Line
from loadtests.sockets import Frame, Room, client_frame, parse, read_all, upgrade
from tests.factories import make_attendee, make_jam, make_jam_song, make_user
from tests.processes import wait_until
from tests.sites import Site

MET = Row("a read", 190, "µs CPU", floor=180, ratio=1.05, most=1.15)
MISSED = Row("hits", 70, "%", least=90)
TOLD = Row("F", 180, "µs CPU", note="5,000/s")


def test_a_ratio_is_judged_before_the_value():
    assert MET.met is True
    assert Row("a read", 1, "µs CPU", floor=0.5, ratio=2, most=1.15).met is False
    assert Row("alone", 15, "ms", most=15).met is True
    assert Row("alone", 15.1, "ms", most=15).met is False
    assert Row("hits", 90, "%", least=90).met is True
    assert MISSED.met is False
    assert TOLD.met is None


def test_a_target_names_its_unit():
    assert (MET.target, MISSED.target, TOLD.target) == ("≤ 1.15 F", "≥ 90 %", None)
    assert Row("time", 2, "ms", floor=9, ratio=0.2, most=0.5, of="× naive").target == "≤ 0.5 × naive"


def test_the_table_is_markdown():
    lines = list(table([MET, MISSED, TOLD]))

    assert {line.count("|") for line in lines} == {len(COLUMNS) + 2}
    assert len({len(line) for line in lines}) == 1
    assert "MISSED" in lines[3]


@pytest.mark.parametrize(("rows", "status"), [([MET, TOLD], 0), ([MET, MISSED], 1)])
def test_a_missed_target_is_the_exit_status(monkeypatch, tmp_path, rows, status):
    asked = []
    bench = SimpleNamespace(run=lambda short: asked.append(short) or rows)
    monkeypatch.setitem(sys.modules, "loadtests.bench_http", bench)

    assert main(["http", "--short", "--json", str(tmp_path / "table.json")]) == status
    written = json.loads((tmp_path / "table.json").read_text())
    assert asked == [True]
    assert [tuple(row) for row in written] == [COLUMNS] * 2
    assert written[0] == {"case": "a read", "value": 190, "unit": "µs CPU", "floor": 180, "ratio": 1.05,
                          "target": "≤ 1.15 F", "met": True}  # fmt: skip


def test_live_is_asked_for_rooms(monkeypatch):
    asked = []
    bench = SimpleNamespace(run=lambda short, sockets: asked.append(sockets) or [MET])
    monkeypatch.setitem(sys.modules, "loadtests.bench_live", bench)

    main(["live", "--sockets", "300,1000"])
    with pytest.raises(SystemExit):
        main(["http", "--sockets", "300"])

    assert asked == [(300, 1000)]


@pytest.mark.parametrize("name", ["soak", "pages"])
def test_an_hour_may_be_said_otherwise(monkeypatch, name):
    asked = []
    bench = SimpleNamespace(run=lambda **given: asked.append(given) or [])
    monkeypatch.setitem(sys.modules, f"loadtests.bench_{name}", bench)

    assert main([name, "--seconds", "600"]) == 0
    assert asked == [{"short": False, "seconds": 600}]


@pytest.mark.parametrize(("last", "growth", "met"), [(100.5, 0.75, True), (101, 1.5, False)])
def test_growth_is_that_of_an_hour_whatever_a_single_sample_says(last, growth, met):
    sizes = [100, 100, 1, 900, 900, 900, last, last, 999]

    row = growth_row("web", [{"at": 400 * n, "web": size} for n, size in enumerate(sizes)], judged=True)

    assert row.value == pytest.approx(growth)  # two thirds of an hour lie between the thirds
    assert row.met is met


# The naive reads --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("n", [1, 3])
def test_naive_reads_show_the_same_jams_and_ask_for_each_anew(client, settings, django_assert_num_queries, n):
    make_jam(status="draft")
    for jam in [make_jam(host=make_user()) for _ in range(n)]:
        make_jam_song(jam=jam)
        make_attendee(jam=jam)
    ours = client.get("/api/v1/jams").json()["results"]
    settings.ROOT_URLCONF = "loadtests.naive"

    with django_assert_num_queries(2 + 4 * n):  # count, page; venue, hosts, songs, people
        jams = client.get("/api/v1/jams").json()["results"]
    with django_assert_num_queries(5):
        jam = client.get(f"/api/v1/jams/by-slug/{jams[0]['slug']}").json()

    assert [one["slug"] for one in jams] == [one["slug"] for one in ours]
    assert jam == jams[0]
    assert (jam["song_count"], jam["people_count"], len(jam["hosts"])) == (1, 1, 1)
    assert set(ours[0]) - set(jam) == {"url"}


# Set lists --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cap", [3, None])
def test_a_night_is_made_up_the_same_each_time(cap):
    songs = night_of(5, cap=cap)

    assert songs == night_of(5, cap=cap) != night_of(6, cap=cap)
    sign_ups = Counter(who for song in songs for who in song.performers)
    assert 30 <= len(songs) <= 60
    assert (max(sign_ups.values()) <= 3) == (cap == 3)
    assert all(len(song.performers) + len(song.missing) >= len(REQUIRED) for song in songs)
    assert sorted((song.votes for song in songs), reverse=True)[:4] == [60, 30, 20, 15]


@pytest.mark.django_db
def test_long_set_lists_have_a_night_to_arrange():
    jam, host = night("a", 9)

    moved = arrange(jam=jam, host=host)

    assert jam.songs.queue().count() == 9
    assert moved


def test_set_lists_are_judged_by_what_they_gain_and_take():
    waiting, honoured, *told = gains("no cap", None, 2)
    rows = [waiting, honoured, gap(3), times(20, 10, 2), differing(1)]

    assert [row.target for row in rows] == ["≥ 30 %", "≥ 90 %", "≤ 5 %", "≤ 2 s CPU", "≤ 0 plans"]
    assert all(row.met for row in rows if row.unit != "s CPU")
    assert [row.target for row in told] == [None, None]


# The generator ----------------------------------------------------------------------------------------


@pytest.fixture
def small_server():
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            known = self.headers.get("If-None-Match") == '"7"'
            answers.append(status := 304 if known else 404 if self.path == "/none" else 200)
            self.send_response(status)
            self.send_header("ETag", '"7"')
            if not known:
                self.send_header("Content-Length", "20000")
            self.end_headers()
            self.wfile.write(b"" if known else b"x" * 20_000)

        def log_message(self, *args):
            pass

    answers = []
    with Site(Handler) as server:
        yield Server(server.server_port, (os.getpid(),)), answers


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.mark.parametrize(("revalidate", "status"), [(False, 200), (True, 304)])
def test_the_generator_counts_what_was_answered(small_server, revalidate, status):
    server, answers = small_server

    measured = load(Asked(server, (request("/"),) * 3, revalidate=revalidate), seconds=0.05)

    assert answers[:3] == [200] * 3  # one each, before anything is counted
    assert answers[3:] == [status] * measured.requests
    assert len(measured.latencies) == measured.requests >= 3
    assert measured.server_cpu > 0


def test_the_generator_refuses_another_status(small_server):
    with pytest.raises(ValueError, match="404"):
        load(Asked(small_server[0], (request("/none"),)), seconds=0.05)


def test_the_generator_keeps_to_a_rate(small_server):
    server, _answers = small_server

    measured = load(Asked(server, ((request("/"), request("/")), request("/")), rate=100), seconds=0.1)

    assert 1 < measured.requests <= 0.1 * 100 + 2  # each connection may have asked once more


def test_a_recording_has_how_long_each_request_took(small_server):
    server, answers = small_server
    line = Line(server, lambda: ("home", request("/")))

    line.alone()
    line.ask_for(0.1, 200, Random(1))

    assert {taken.endpoint for taken in line.taken} == {"home"}
    assert len(line.taken) == len(answers) > 5
    assert all(taken.seconds > 0 for taken in line.taken)
    assert len(line.free) == AT_ONCE


# Votes ------------------------------------------------------------------------------------------------


def test_each_connection_votes_for_its_own_people():
    asked = votes([1, 2, 3], [f"token-{n}" for n in range(24)])

    assert len(asked) == CONNECTIONS
    assert all(words[::2] != words[1::2] and len(words) == 2 * 24 / CONNECTIONS for words in asked)
    tokens = [re.findall(rb"Bearer (\S+)", b"".join(words)) for words in asked]
    assert sorted(token for own in tokens for token in set(own)) == sorted(b"token-%d" % n for n in range(24))
    assert [words[0].split()[0] for words in asked] == [b"PUT"] * CONNECTIONS


# Backups ----------------------------------------------------------------------------------------------


@pytest.mark.services
def test_a_vote_that_is_gone_is_missed_and_told_by_when_it_was_acknowledged(asgi_server, monkeypatch):
    for name, value in {"SONGS": 3, "PEOPLE": 4, "PAUSE": 0}.items():
        monkeypatch.setattr(bench_backup, name, value)
    room, url = bench_backup.Room(), database_url(connection.settings_dict["NAME"])

    with bench_backup.Votes(room, Server(urlsplit(asgi_server).port, ()), room.songs) as votes:
        wait_until(lambda: len(votes.ended) == bench_backup.PHONES)
    gone = Vote.objects.first()
    gone.delete()

    assert len(votes.acknowledged) == 12
    acknowledged = votes.acknowledged[gone.jam_song_id, gone.attendee_id]
    assert votes.missing(url, time.time()) == [acknowledged]
    assert votes.missing(url, acknowledged) == []
    with pytest.raises(RuntimeError, match="has voted for every song"):
        votes.check()


# Live -------------------------------------------------------------------------------------------------


def heard(at, sockets=2, **songs):
    told = [{"id": int(pk[1:]), "revision": revision} for pk, revision in songs.items()]
    return Frame(json.dumps({"songs": told}).encode(), sockets, at, at, at)


def test_a_receipt_has_the_song_as_new_as_the_vote():
    frames = [heard(1, s7=1), heard(2, s8=9), heard(3, s7=4), heard(4, s7=5)]
    casts = [Cast(7, 1, 0), Cast(7, 2, 0), Cast(7, 4, 0), Cast(7, 6, 0), Cast(9, 1, 0)]

    found = [frame and frame.last for _cast, frame in receipts(casts, frames)]

    assert found == [1, 3, 3, None, None]


@pytest.mark.django_db
def test_voters_cast_votes_that_count():
    jam = make_jam()
    for make in (make_jam_song, make_attendee):
        [make(jam=jam) for _ in range(3)]

    casts = Voters(jam.slug).votes(0.05, 100)

    assert casts[3].song == casts[4].song
    assert Vote.objects.count() == 3  # four were cast, and one of them taken back
    assert sorted(cast.at for cast in casts) == [cast.at for cast in casts]
    assert {cast.song: cast.revision for cast in casts} == dict(
        jam.songs.filter(pk__in=[cast.song for cast in casts]).values_list("pk", "revision")
    )


# Pages ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_songs_move_until_it_is_over():
    night = Night()
    turns = iter([False, False, False, True])

    night.vote(5, SimpleNamespace(wait=lambda seconds: next(turns)))

    votes = night.jam.songs.filter(status="open").values_list("votes", flat=True)
    assert sorted(votes, reverse=True)[:4] == [1, 1, 1, 0]
    assert [len(night.cookies(who)) for who in ("", "attendee", "host")] == [0, 1, 1]


@pytest.fixture
def bare_server():
    """The floor; it pings four times while a test listens, and ends who does not answer."""
    options = {"port": 0, "log_level": "warning", "ws_per_message_deflate": False}
    server = uvicorn.Server(
        uvicorn.Config(live_floor.application, ws_ping_interval=0.1, ws_ping_timeout=0.1, **options)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def test_a_room_notes_each_frame_of_each_socket(bare_server):
    room, caller = Room(bare_server, [upgrade("/")] * 20), Room(bare_server, [upgrade("/")])
    room.connect()
    caller.connect()

    for text in (b"one", b"two", b"one"):
        caller.say(text)
    frames = {frame.text: frame for frame in room.listen(0.5).frames}

    assert {text: frame.sockets for text, frame in frames.items()} == {b"one": 40, b"two": 20}
    assert all(frame.first <= frame.middle <= frame.last for frame in frames.values())
    assert room.gone == 0


def test_a_room_puts_frames_together_that_come_in_pieces(bare_server):
    room = Room(bare_server, [upgrade("/")] * 2, 4096)
    room.connect()

    room.sockets[0].send(client_frame(1, b"x" * 60_000))
    room.sockets[1].send(client_frame(1, b"y"))

    assert {frame.text[:1]: frame.sockets for frame in room.listen(0.5).frames} == {b"x": 2, b"y": 2}


def test_a_room_that_was_cut_off_comes_back(bare_server):
    room = Room(bare_server, [upgrade("/")] * 5)
    room.connect()
    room.cut()

    assert room.connect()[1] == b"{}"
    assert len(room.sockets) == 5


def test_a_room_grows_beside_those_that_are_there(bare_server):
    room, caller = Room(bare_server, []), Room(bare_server, [upgrade("/")])
    caller.connect()
    for more in (3, 2):
        room.grow([upgrade("/")] * more)

    caller.say(b"all")

    assert [frame.sockets for frame in room.listen(0.5).frames] == [5]
    assert len(room.sockets) == 5


def test_a_frame_is_taken_when_it_is_complete():
    assert parse(b"\x81\x02okrest") == (1, b"ok", b"rest")
    assert [parse(b"\x81\x7e\x00\x80" + b"x" * size) for size in (0, 127)] == [None, None]
    assert parse(b"\x81\x7e\x00\x80" + b"x" * 128) == (1, b"x" * 128, b"")
    assert parse(b"\x81") is None


def test_snapshots_are_read_to_their_end(small_server):
    server, answers = small_server
    asked = [f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode() for path in ("/", "/none")]

    _seconds, statuses = read_all(server.port, asked * 3)

    assert statuses == {b"200": 3, b"404": 3}
    assert len(answers) == 6
