"""What people ask on a night, at a steady rate: phones, a host, a program; and sockets that come and go."""

import http.client
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

RATE = 12.0  # requests a second
THREADS = 12
SOCKETS_A_SECOND = 2.0
UPLOAD = 600_000  # bytes of a file of songs
UNREAD: dict[str, Any] = {"ping_interval": None, "max_queue": None}  # of sockets to which nobody listens here
BOUNDARY = "jamvote-mix"
JAM = "/api/v1/jams/jam-1"

Ask = Callable[[random.Random], tuple[str, str, dict[str, str], bytes]]


class Mix:
    """`tokens`: of attendees of jam-1, whose `songs` take votes; `host`: its host's API token; `session`: their own."""

    def __init__(self, tokens: list[str], songs: list[int], host: str, session: str) -> None:
        self.tokens, self.songs = tokens, songs
        self.program = {"Authorization": f"Bearer {host}", "Accept": "application/json"}
        self.browser = {"Cookie": f"session={session}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        self.upload = self.file()
        self.asks: dict[Ask, float] = {
            read(f"{JAM}/snapshot"): 1,
            read("/api/v1/jams"): 6,
            read("/api/v1/songs"): 3,
            read("/api/v1/venues?page_size=30"): 2,
            self.vote: 4,
            self.my_votes: 4,
            self.venue: 2,
            read(f"{JAM}/desk", **self.program): 3,
            read("/host", **self.browser): 1.5,
            read("/venues/venue-1/report", **self.browser): 0.5,
            self.send_songs: 0.7,
        }

    def file(self) -> bytes:
        rows = "".join(f"Song {n},Artist {n % 50}\n" for n in range(UPLOAD // 20))
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="songs.csv"\r\n\r\ntitle,artist\n'
        )
        return f"{head}{rows}\r\n--{BOUNDARY}--\r\n".encode()

    def vote(self, rng: random.Random) -> tuple[str, str, dict[str, str], bytes]:
        who = {"Authorization": f"Bearer {rng.choice(self.tokens)}", "Accept": "application/json"}
        return "PUT", f"{JAM}/songs/{rng.choice(self.songs)}/vote", who, b""

    def my_votes(self, rng: random.Random) -> tuple[str, str, dict[str, str], bytes]:
        return "GET", f"{JAM}/votes", {"Authorization": f"Bearer {rng.choice(self.tokens)}"}, b""

    def venue(self, rng: random.Random) -> tuple[str, str, dict[str, str], bytes]:
        return "GET", f"/api/v1/venues/venue-{rng.randint(1, 10)}", {"Cache-Control": "no-cache"}, b""

    def send_songs(self, rng: random.Random) -> tuple[str, str, dict[str, str], bytes]:
        return "POST", "/songs/import", self.browser | {
            "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"
        }, self.upload  # fmt: skip

    def wrong(self, rng: random.Random) -> tuple[str, str, dict[str, str], bytes]:
        return "GET", f"/api/v1/jams/no-such-{rng.randint(1, 9999)}/snapshot", {}, b""


def read(path: str, **headers: str) -> Ask:
    return lambda _rng: ("GET", path, {"Accept": "application/json"} | headers, b"")


@contextmanager
def running(mix: Mix, ports: Callable[[], tuple[int, int]], rate: float, wrong: float = 0) -> Iterator[Any]:
    """Asks at the ports of web and live, which may change, until the end: answers how often each status came."""
    ending, statuses = threading.Event(), {}
    threads = [threading.Thread(target=ask, args=[mix, ports, rate * RATE, wrong, n, ending, statuses])
               for n in range(THREADS)]  # fmt: skip
    threads += [threading.Thread(target=come_and_go, args=[ports, ending])]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        ending.set()
        for thread in threads:
            thread.join()


def ask(
    mix: Mix, ports: Any, rate: float, wrong: float, number: int, ending: threading.Event, statuses: dict[int, int]
) -> None:
    rng = random.Random(number)
    asks, weights = [*mix.asks, mix.wrong], [weight * rate for weight in mix.asks.values()]
    weights.append(wrong * sum(mix.asks.values()))
    for turn in itertools.count():
        due = time.monotonic() + rng.expovariate(1) * THREADS / (rate + wrong)
        status = answer(ports()[0], *rng.choices(asks, weights)[0](rng))
        statuses[status] = statuses.get(status, 0) + 1
        if ending.wait(max(0.0, due - time.monotonic())) or turn > 1_000_000:
            return


def answer(port: int, method: str, path: str, headers: dict[str, str], body: bytes) -> int:
    """0: there was none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return 0
    else:
        return response.status
    finally:
        connection.close()


def come_and_go(ports: Any, ending: threading.Event) -> None:
    rooms: list[Any] = []
    while not ending.wait(1 / SOCKETS_A_SECOND):
        try:
            url = f"ws://127.0.0.1:{ports()[1]}/ws/jams/jam-1"
            rooms.append(connect(url, compression=None, proxy=None, open_timeout=30, close_timeout=1, **UNREAD))
        except (OSError, WebSocketException):  # a server that is started anew
            continue
        if len(rooms) > 20:
            rooms.pop(0).close()
    for room in rooms:
        room.close()


def joined(port: int, people: int) -> list[str]:
    """Tokens of so many who have joined jam-1."""
    tokens = []
    for n in range(people):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        body, head = json.dumps({"display_name": f"Voter {n}"}), {"Content-Type": "application/json"}
        connection.request("POST", f"{JAM}/attendees", body, head)
        response = connection.getresponse()
        if response.status != 201:
            raise ValueError(f"nobody can join: {response.status} {response.read()[:300]!r}")
        tokens.append(json.loads(response.read())["token"])
        connection.close()
    return tokens
