"""The socket of a person, in the process of Locust."""

import random
import socket
import ssl
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import gevent
import orjson

from loadtests.load.windows import PATIENCE
from loadtests.sockets import CLOSE, REPLIES, TEXT, client_frame, parse, upgrade

if TYPE_CHECKING:
    from loadtests.load.people import Night

COMES_BACK = (1.0, 3.0)  # seconds after a socket was closed
PIECE = 65_536  # bytes read at once


@lru_cache
def trust() -> ssl.SSLContext:
    return ssl.create_default_context()


@lru_cache(maxsize=256)
def revisions(frame: bytes) -> dict[int, int]:
    """By song. All sockets get the same bytes, which are read once."""
    return {song["id"]: song["revision"] for song in orjson.loads(frame).get("songs", ())}


class Watcher:
    """Comes back when it is closed."""

    def __init__(self, night: "Night", token: str) -> None:
        self.night, self.token = night, token
        self.song, self.tapped = 0, 0.0
        self.revision: int | None = None  # that the vote was acknowledged with
        self.shown: list[tuple[int, float]] = []  # the song's revisions in frames, and when they came
        night.watching += 1
        self.watching = gevent.spawn(self.watch)

    def leave(self) -> None:
        self.night.watching -= 1
        self.watching.kill()

    def watch(self) -> None:
        while True:
            try:
                self.listen()
            except OSError:
                self.night.window.gone += 1
            gevent.sleep(random.uniform(*COMES_BACK))

    def listen(self) -> None:
        """Until it is closed. Raises OSError then, or when it cannot be opened."""
        one, rest = self.connect()
        self.night.open += 1
        try:
            while piece := one.recv(PIECE):
                rest = self.take(one, rest + piece)
            raise ConnectionError
        finally:
            self.night.open -= 1
            one.close()

    def connect(self) -> tuple[socket.socket, bytes]:
        """The socket, and what has come already."""
        at = self.night.at
        tls = at.scheme == "https"
        one = socket.create_connection((at.hostname or "", at.port or (443 if tls else 80)), timeout=PATIENCE)
        if tls:
            one = trust().wrap_socket(one, server_hostname=at.hostname)
        path = f"/ws/jams/{self.night.slug}/"
        one.sendall(upgrade(path, f"Authorization: Bearer {self.token}", host=at.netloc))
        head, end = b"", b""
        while not end:
            piece = one.recv(PIECE)
            head, end, rest = (head + piece).partition(b"\r\n\r\n")
            if not piece or (end and not head.startswith(b"HTTP/1.1 101 ")):
                one.close()
                raise ConnectionError
        one.settimeout(None)
        return one, self.take(one, rest)

    def take(self, one: socket.socket, data: bytes) -> bytes:
        """What is left when all frames that are complete were heard."""
        while parsed := parse(data):
            opcode, body, data = parsed
            if opcode == TEXT:
                self.night.window.frames += 1
                if self.song and (revision := revisions(body).get(self.song)):
                    self.shown.append((revision, time.perf_counter()))
                    self.compare()
            elif opcode in REPLIES:
                one.sendall(client_frame(REPLIES[opcode], body))
                if opcode == CLOSE:
                    raise ConnectionError
        return data

    def expect(self, song: int) -> None:
        """A vote is cast now. Frames may tell of it before it is acknowledged."""
        self.song, self.tapped, self.revision, self.shown = song, time.perf_counter(), None, []

    def acknowledged(self, revision: int) -> None:
        self.revision = revision
        self.compare()

    def compare(self) -> None:
        if self.revision is None:
            return
        at = next((at for revision, at in self.shown if revision >= self.revision), None)
        if at is not None:
            self.night.window.seen.add(at - self.tapped)
            self.song = 0
