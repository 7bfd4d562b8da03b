"""Live: what a vote costs and how long it takes from its commit to the last socket of the room.

Votes are cast by the operations of the product, in this process. A frame that has the song at the vote's revision, or
at a later one, is its receipt. Each size of room has a live process of its own.

W           a frame to a socket from live_floor.py, on the same server configuration: the same bytes, as often
fan-out     processor time of the live process, of all its threads, divided by votes and sockets
lost        receipts that a socket did not get, and songs whose last revision nobody heard
memory      what the live process grew by, divided by the sockets, each that of an attendee (cookie or token)
reconnect   all are cut off at once and come back; then each reads the snapshot, with the place from its first frame
stuck       a socket that does not read is sent more than its buffers hold, while the room votes
"""

import itertools
import json
import os
import random
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

import psutil
import psycopg

from loadtests.bench import Row
from loadtests.bench_crowd import BOARD, SELECTS
from loadtests.client import GENERATOR_FULL
from loadtests.machine import LIVE, WEB, Server, about, cpu_seconds, serve, set_up
from loadtests.sockets import AT_ONCE, FarRoom, Frame, Heard, Room, other_process, read_all, upgrade

SLUG = "jam-1"
SIZES = {
    "users": 60, "venues": 45, "songs": 5_000, "jams": 100, "attendees": 12_011, "jam_songs": 7_000, "votes": 0,
    "full_jams": 1,
}  # fmt: skip
SOCKETS = (300, 1000, 5000, 10_000)
SMALL = 300  # votes come singly, of larger rooms in a stream
RATES = {SMALL: 4, 10_000: 200}  # votes a second; 100 elsewhere
WAITS = {300: 12, 1000: 90, 10_000: 400}  # ms at the last socket, p95
FAN_OUT, KILOBYTES, FIRST_FRAMES, ALL_RIGHT, STALL = 0.3, 30, 2, 10, 300
FRAMES_A_SECOND = 20
SETTLE = 1.0  # seconds for what is under way


class Cast(NamedTuple):
    song: int
    revision: int
    at: float  # of the commit, time.monotonic


def run(*, short: bool, sockets: tuple[int, ...] = ()) -> list[Row]:
    sizes = sockets or (SOCKETS[:2] if short else SOCKETS)
    allow_files()
    set_up()
    from django.db import connection

    from tests.volume import fill

    fill(**SIZES)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
    voters = Voters(SLUG)
    print(f"{about()}; rooms of {', '.join(map(str, sizes))} sockets")
    rows: list[Row] = []
    with other_process() as pool:
        for size in sizes:
            bench = Bench(pool, voters, size, short=short)
            try:
                rows += bench.rows()
            finally:
                bench.live.kill()
    return rows


def allow_files() -> None:
    """A socket is a file at either end; for the processes that this one starts too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))


class Voters:
    """Everybody in the room, who vote one after the other for one song after the other."""

    def __init__(self, slug: str) -> None:
        from apps.jams.models import Attendee, Jam

        self.jam = Jam.objects.get(slug=slug)
        self.songs = list(self.jam.songs.filter(status="open").select_related("jam")[:12])
        self.attendees = list(Attendee.objects.filter(jam=self.jam, state="active").order_by("pk"))
        self.turns = 0
        self.committed = 0.0

    def vote(self) -> Cast:
        """Every fifth is taken back."""
        from django.db import connection

        from apps.voting.operations import cast_vote, take_back_vote

        self.turns += 1
        vote = take_back_vote if self.turns % 5 == 0 else cast_vote
        turn = self.turns - (self.turns % 5 == 0)
        attendee = self.attendees[turn % len(self.attendees)]
        with connection.execute_wrapper(self.note):
            song = self.songs[(turn + turn // len(self.attendees)) % len(self.songs)]
            tally = vote(jam_song=song, attendee=attendee)
        return Cast(song.pk, tally.revision, self.committed)

    def note(self, execute: Any, *args: Any) -> Any:
        try:
            return execute(*args)
        finally:
            self.committed = time.monotonic()

    def votes(self, seconds: float, rate: float, *, evenly: bool = True) -> list[Cast]:
        """As many as were wanted, if the machine allows, at whatever moment of a window."""
        begun, casts = time.monotonic(), []
        for turn in range(round(seconds * rate)):
            at = begun + (turn + (0.5 if evenly else random.random())) / rate
            time.sleep(max(0.0, at - time.monotonic()))
            casts.append(self.vote())
        return casts


class Bench:
    """A room of one size."""

    def __init__(self, pool: ProcessPoolExecutor, voters: Voters, size: int, *, short: bool) -> None:
        self.pool, self.voters, self.size, self.short = pool, voters, size, short
        self.rate = RATES.get(size, 100 if size > SMALL else RATES[SMALL])
        self.live = serve("jamvote.asgi", *LIVE)
        self.name = f"{size:,} sockets"

    def rows(self) -> Iterator[Row]:
        self.warm()
        before = self.memory()
        room = FarRoom(self.pool, self.live.port, self.requests(self.size))
        took, _first = room.ask("connect")
        room.ask("listen", SETTLE)
        yield Row(f"{self.name}, connected", took, "s", note=f"{AT_ONCE:,} at once")
        memory = (self.memory() - before) / self.size / 1024
        yield Row(f"{self.name}, memory of each", memory, "KB", most=KILOBYTES)
        if self.size == 1000:
            web = serve("jamvote.wsgi", *WEB)  # early: it computes tonight's boards when it starts
            yield from self.fan_out(room)
        yield from self.receipts(room)
        if self.size <= SMALL:
            yield from self.bare_receipts()
        if self.size == 1000:
            yield from self.stuck(room)
            yield from self.reconnect(room, web)
        room.ask("cut")

    def requests(self, number: int) -> list[bytes]:
        """Of attendees who show their token or their cookie."""
        from apps.core.credentials import signed
        from apps.jams.identity import cookie_name

        jam = self.voters.jam
        keys = [signed(str(one.pk)) for one in self.voters.attendees[:number]]
        shown = [f"Authorization: Bearer {key}" for key in keys[::2]]
        shown += [f"Cookie: {cookie_name(jam)}={key}" for key in keys[1::2]]
        return [upgrade(f"/ws/jams/{SLUG}/", who) for who in shown]

    def warm(self) -> None:
        """What the first sockets load is not theirs."""
        few = Room(self.live.port, self.requests(50))
        few.connect()
        self.voters.vote()
        few.listen(0.5)
        few.cut()
        time.sleep(0.5)

    def memory(self) -> int:
        return sum(psutil.Process(pid).memory_info().rss for pid in self.live.pids[1:])

    def receipts(self, room: FarRoom) -> Iterator[Row]:
        seconds = (5 if self.short else 30) if self.size <= SMALL else (4 if self.short else 10)
        casts, heard = self.vote_and_listen(room, seconds)
        found = [(cast, frame) for cast, frame in receipts(casts, heard.frames) if frame]
        waits = sorted(1000 * (frame.last - cast.at) for cast, frame in found)
        middle = statistics.median(1000 * (frame.middle - cast.at) for cast, frame in found)
        rate = len(casts) / (casts[-1].at - casts[0].at)
        note = (
            f"p95 of the last one; its median {statistics.median(waits):.1f} ms, of the middle one {middle:.1f}; "
            f"{rate:.0f} votes/s{busy(heard)}"
        )
        yield Row(self.name, waits[int(len(waits) * 0.95)], "ms", most=WAITS.get(self.size), note=note)
        anew = sum("refetch" in json.loads(frame.text) for frame in heard.frames)
        yield Row(f"{self.name}, lost", self.lost(casts, heard), "receipts", most=0, note=f"told to look again: {anew}")

    def bare_receipts(self) -> Iterator[Row]:
        """What the bare server and this machine need for one frame to as many, without a vote."""
        server, bare, _took = self.bare()
        caller = Room(server.port, [upgrade("/")])
        caller.connect()
        turns = 20 if self.short else 100
        listening, said = bare.begin("listen", turns / FRAMES_A_SECOND + SETTLE), {}
        for turn in range(turns):
            text = json.dumps({"revision": turn, "songs": [{"id": 1, "revision": turn, "said": "x" * 100}]}).encode()
            said[text] = time.monotonic()
            caller.say(text)
            time.sleep(1 / FRAMES_A_SECOND)
        waits = sorted(1000 * (frame.last - said[frame.text]) for frame in listening.result().frames)
        caller.cut()
        bare.ask("cut")
        server.kill()
        note = f"the same of a bare server, without a vote; its median {statistics.median(waits):.1f} ms"
        yield Row(f"{self.name}, floor", waits[int(len(waits) * 0.95)], "ms", note=note)

    def bare(self) -> tuple[Server, FarRoom, float]:
        """The floor with a room of this size, and the seconds that it took to open it."""
        server = serve("loadtests.live_floor", *LIVE)
        room = FarRoom(self.pool, server.port, [upgrade("/")] * self.size)
        took, _first = room.ask("connect")
        return server, room, took

    def vote_and_listen(self, room: FarRoom, seconds: float) -> tuple[list[Cast], Heard]:
        listening = room.begin("listen", seconds + SETTLE)
        casts = self.voters.votes(seconds, self.rate, evenly=self.size > SMALL)
        return casts, listening.result()

    def lost(self, casts: list[Cast], heard: Heard) -> int:
        lost = sum(frame is None for _cast, frame in receipts(casts, heard.frames)) * self.size
        return lost + sum(self.size - frame.sockets for frame in heard.frames if songs_of(frame))

    def fan_out(self, room: FarRoom) -> Iterator[Row]:
        """Floor and subject in turn; the frame that the floor sends is one of the subject's."""
        floor, bare, self.bare_took = self.bare()
        rounds, seconds = (3, 1.5) if self.short else (7, 4)
        costs, floors, notes = [], [], set()
        for _ in range(rounds):
            cpu = cpu_seconds(self.live.pids)
            casts, heard = self.vote_and_listen(room, seconds)
            costs.append(1e6 * (cpu_seconds(self.live.pids) - cpu) / len(casts) / self.size)
            frames = sorted((frame for frame in heard.frames if songs_of(frame)), key=lambda frame: len(frame.text))
            floors.append(self.floor(floor, bare, seconds, frames[len(frames) // 2].text))
            notes.add(busy(heard))
        floor.kill()
        bare.ask("cut")
        ratio = statistics.median(cost / floor for cost, floor in zip(costs, floors, strict=True))
        cost, w = statistics.median(costs), statistics.median(floors)
        yield Row("W", w, "µs CPU", note="a frame to a socket")
        yield Row(
            "fan-out", cost, "µs CPU", floor=w, ratio=ratio, most=FAN_OUT, of="W",
            note=f"a vote to a socket, {self.name}, {self.rate} votes/s{max(notes)}",
        )  # fmt: skip

    def floor(self, server: Server, bare: FarRoom, seconds: float, text: bytes) -> float:
        """Microseconds a frame and socket."""
        caller = Room(server.port, [upgrade("/")])
        caller.connect()
        listening = bare.begin("listen", seconds + SETTLE / 2)
        cpu = cpu_seconds(server.pids)
        for _ in range(round(FRAMES_A_SECOND * seconds)):
            caller.say(text)
            time.sleep(1 / FRAMES_A_SECOND)
        sent = sum(frame.sockets for frame in listening.result().frames if frame.text == text)
        caller.cut()
        return 1e6 * (cpu_seconds(server.pids) - cpu) / sent

    def stuck(self, room: FarRoom) -> Iterator[Row]:
        """Big frames go to the one that does not read, and to nobody else."""
        from apps.core.credentials import signed
        from apps.live.changes import Change
        from apps.live.streams import announce

        attendee, seconds = self.voters.attendees[-1], 3
        who = f"Authorization: Bearer {signed(str(attendee.pk))}"
        one = Room(self.live.port, [upgrade(f"/ws/jams/{SLUG}/", who)], 4096)
        one.connect()
        listening = room.begin("listen", seconds + SETTLE)
        for turn in range(seconds * FRAMES_A_SECOND):
            announce(self.voters.jam.stream, Change({"text": "x" * 100_000}, turn, to=attendee.address))
            self.voters.votes(1 / FRAMES_A_SECOND, self.rate)
        ends = [frame.last for frame in listening.result().frames if songs_of(frame)]
        one.listen(2)  # it reads what was kept for it, and then the end
        stall = 1000 * max(later - earlier for earlier, later in itertools.pairwise(ends))
        yield Row(
            f"{self.name}, a stuck one", stall, "ms", most=STALL, note="longest pause of the others between frames"
        )
        yield Row(f"{self.name}, stuck ones let go", one.gone, "sockets", least=1)

    def reconnect(self, room: FarRoom, web: Server) -> Iterator[Row]:
        read_all(web.port, [request("/api/v1/venues")])  # it has its connection to the database
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database:
            database.execute("SELECT pg_stat_statements_reset()")
            begun = time.monotonic()
            room.ask("cut")
            back = room.begin("connect")
            while not back.done():
                self.voters.votes(0.2, 5)
            took, first = back.result()
            since = json.loads(first)["since"]
            _seconds, answers = read_all(web.port, [request(f"/api/v1/jams/{SLUG}/snapshot?since={since}")] * self.size)
            right = time.monotonic() - begun
            boards = sum(int(calls) for text, calls in database.execute(SELECTS, ["postgres"]) if BOARD.search(text))
        web.kill()
        if answers != {b"200": self.size}:
            raise ValueError(f"snapshots: {answers}")
        note = f"cut off at once; to open as many at a bare server took {self.bare_took:.2f} s"
        yield Row(f"{self.name} come back, first frames", took, "s", most=FIRST_FRAMES, note=note)
        yield Row(f"{self.name} come back, all right", right, "s", most=ALL_RIGHT, note="with a snapshot each")
        yield Row(f"{self.name} come back, boards", boards, "queries", most=1, note="in the database, one web process")


def request(path: str) -> bytes:
    said = ("Host: 127.0.0.1", "Accept: application/json", "Accept-Encoding: gzip", "Connection: close")
    return "\r\n".join([f"GET {path} HTTP/1.1", *said, "", ""]).encode()


def receipts(casts: list[Cast], frames: list[Frame]) -> Iterator[tuple[Cast, Frame | None]]:
    """Each vote and the first frame that has its song as new as that."""
    told: dict[int, list[tuple[int, Frame]]] = defaultdict(list)
    for frame in frames:
        for song, revision in songs_of(frame).items():
            told[song].append((revision, frame))
    for cast in casts:
        yield cast, next((frame for revision, frame in told[cast.song] if revision >= cast.revision), None)


def songs_of(frame: Frame) -> dict[int, int]:
    """The revision of each song that the frame tells of."""
    return {song["id"]: song["revision"] for song in json.loads(frame.text).get("songs", [])}


def busy(heard: Heard) -> str:
    return f"; the listener had {heard.cpu:.0%} of its core" if heard.cpu > GENERATOR_FULL else ""
