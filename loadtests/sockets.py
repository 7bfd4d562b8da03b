"""The receiving end of a room: raw WebSockets (RFC 6455) in a process of its own.

A frame is the same bytes for all, so it is parsed once; of each socket only the time is noted.
"""

import base64
import multiprocessing
import secrets
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
REPLIES = {PING: PONG, CLOSE: CLOSE}
PIECE = 65_536  # bytes read at once
PATIENCE = 120  # seconds for all to be answered
AT_ONCE = 1_000  # connections that are not answered yet; the kernel keeps no more than a few thousand waiting
UNMASKED = bytes(4)  # a client has to mask, and XOR with nothing changes nothing


class Frame(NamedTuple):
    """What was heard, by how many sockets, and when by the first, the middle and the last of them (time.monotonic)."""

    text: bytes
    sockets: int
    first: float
    middle: float
    last: float


class Heard(NamedTuple):
    frames: list[Frame]
    cpu: float  # of the listener, a share of its core
    gone: int = 0  # sockets that the server has closed so far


class Room:
    """Sockets at one server, each with a request of its own."""

    def __init__(self, port: int, requests: list[bytes], buffer: int = 0) -> None:
        """`buffer`: bytes that the kernel keeps for each socket; 0 leaves that to it."""
        self.port, self.requests, self.buffer = port, requests, buffer
        self.sockets: list[socket.socket] = []
        self.selector: selectors.BaseSelector = selectors.DefaultSelector()
        self.gone = 0  # were closed by the server
        self.times: dict[bytes, list[float]] = {}  # by frame
        self.known: dict[bytes, list[list[float]]] = {}  # the same, by what came in one piece
        self.rest: dict[socket.socket, bytes] = {}  # the beginning of a frame

    def connect(self) -> tuple[float, bytes]:
        """AT_ONCE at a time. The seconds until each has a first frame, and one of those."""
        begun = time.monotonic()
        self.times, opened = {}, set()

        def greeted(one: socket.socket) -> bool:
            piece = one.recv(PIECE)
            if one not in opened:
                head, end, piece = (self.rest.pop(one, b"") + piece).partition(b"\r\n\r\n")
                if not end:
                    self.rest[one] = head
                    return False
                if not head.startswith(b"HTTP/1.1 101 "):
                    raise ConnectionError(f"no socket: {head[:300]!r}")
                opened.add(one)
            return bool(self.take(one, piece))

        self.sockets = ask_all(self.port, self.requests, greeted, self.buffer)
        took = time.monotonic() - begun
        for one in self.sockets:
            self.selector.register(one, selectors.EVENT_READ)
        return took, next(iter(self.times))

    def grow(self, requests: list[bytes]) -> None:
        """More sockets, beside those that there are."""
        there, self.requests = self.sockets, requests
        self.connect()
        self.sockets = there + self.sockets

    def listen(self, seconds: float) -> Heard:
        self.times, self.known = {}, {}
        known, rest, now = self.known, self.rest, time.monotonic
        begun, own = now(), time.process_time()
        while (left := begun + seconds - now()) > 0:
            for key, _events in self.selector.select(left):
                one: Any = key.fileobj
                try:
                    piece = one.recv(PIECE)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    self.leave(one)
                    continue
                frames = known.get(piece)
                if frames is None or one in rest:
                    frames = self.take(one, piece)
                at = now()
                for times in frames:
                    times.append(at)
        cpu = (time.process_time() - own) / seconds
        heard = [(text, sorted(times)) for text, times in self.times.items() if times]
        frames = [Frame(text, len(times), times[0], times[len(times) // 2], times[-1]) for text, times in heard]
        return Heard(sorted(frames, key=lambda frame: frame.first), cpu, self.gone)

    def take(self, one: socket.socket, piece: bytes) -> list[list[float]]:
        """The frames that are complete, as the lists where their times are noted. Answers pings and goodbyes."""
        found, opcodes, data = [], set(), self.rest.pop(one, b"") + piece
        whole = len(data) == len(piece)
        while parsed := parse(data):
            opcode, body, data = parsed
            opcodes.add(opcode)
            if opcode == TEXT:
                found.append(self.times.setdefault(body, []))
            elif opcode in REPLIES:
                one.send(client_frame(REPLIES[opcode], body))
        if data:
            self.rest[one] = data
        elif whole and opcodes == {TEXT}:
            self.known[piece] = found
        return found

    def say(self, text: bytes) -> None:
        for one in self.sockets:
            one.send(client_frame(TEXT, text))

    def leave(self, one: socket.socket) -> None:
        self.gone += 1
        self.selector.unregister(one)
        self.rest.pop(one, None)
        one.close()

    def cut(self) -> None:
        """Without a goodbye, as when the network goes."""
        self.selector.close()
        self.selector, self.rest = selectors.DefaultSelector(), {}
        for one in self.sockets:
            if one.fileno() >= 0:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()
        self.sockets = []


def upgrade(path: str, *headers: str, host: str = "127.0.0.1") -> bytes:
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    asked = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *asked, *headers, "", ""]).encode()


def parse(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Opcode and payload of a server's frame, and what follows it; None when it is not complete."""
    if len(data) < 2:
        return None
    length, start = data[1], 2
    if length > 125:
        start = 4 if length == 126 else 10
        if len(data) < start:
            return None
        length = int.from_bytes(data[2:start], "big")
    end = start + length
    return (data[0] & 15, data[start:end], data[end:]) if len(data) >= end else None


def client_frame(opcode: int, body: bytes) -> bytes:
    size = len(body)
    length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2, "big")
    return bytes([128 | opcode]) + length + UNMASKED + body


def ask_all(
    port: int, requests: list[bytes], answered: Callable[[socket.socket], bool], buffer: int = 0
) -> list[socket.socket]:
    """Connects and sends each request, until `answered(socket)` has said yes to each."""
    end, sockets, answers = time.monotonic() + PATIENCE, [], 0
    with selectors.DefaultSelector() as selector:
        while answers < len(requests):
            if time.monotonic() > end:
                raise TimeoutError(f"{answers} of {len(requests)} were answered")
            for request in requests[len(sockets) : answers + AT_ONCE]:
                sockets.append(begin(port, buffer))
                selector.register(sockets[-1], selectors.EVENT_WRITE, request)
            for key, events in selector.select(1):
                one: Any = key.fileobj
                if events & selectors.EVENT_WRITE:
                    one.send(key.data)
                    selector.modify(one, selectors.EVENT_READ)
                elif answered(one):
                    selector.unregister(one)
                    answers += 1
    return sockets


def begin(port: int, buffer: int) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    if buffer:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    one.connect_ex(("127.0.0.1", port))
    return one


def read_all(port: int, requests: list[bytes]) -> tuple[float, Counter[bytes]]:
    """HTTP, each on a connection that the server closes. The seconds until all are answered; how often what status."""
    begun = time.monotonic()
    answers: dict[socket.socket, bytes] = {}

    def ended(one: socket.socket) -> bool:
        piece = one.recv(PIECE)
        answers[one] = answers.get(one, b"") + piece
        if not piece:
            one.close()
        return not piece

    ask_all(port, requests, ended)
    return time.monotonic() - begun, Counter(answer[9:12] for answer in answers.values())


# The other process ------------------------------------------------------------------------------------

ROOMS: dict[str, Room] = {}  # in it


def within(name: str, method: str, *args: Any) -> Any:
    return getattr(ROOMS[name], method)(*args)


def open_room(name: str, *args: Any) -> None:
    ROOMS[name] = Room(*args)


class FarRoom:
    """A Room in the other process."""

    def __init__(self, pool: ProcessPoolExecutor, *args: Any) -> None:
        self.pool, self.name = pool, secrets.token_hex(8)
        pool.submit(open_room, self.name, *args).result()

    def begin(self, method: str, *args: Any) -> "Future[Any]":
        return self.pool.submit(within, self.name, method, *args)

    def ask(self, method: str, *args: Any) -> Any:
        return self.begin(method, *args).result()


@contextmanager
def other_process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
