"""The load generator: raw sockets that keep their connection, in a process of its own."""

import itertools
import multiprocessing
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis import Redis

from loadtests.machine import Server, cpu_seconds

GENERATOR_FULL = 0.9  # of a core: then it is the generator that is measured


@dataclass(frozen=True)
class Asked:
    """What the connections ask, each its own requests in turn, again and again."""

    server: Server
    requests: tuple[bytes | tuple[bytes, ...], ...]
    revalidate: bool = False  # with the ETag of the first answer
    status: int = 200
    rate: float = 0  # requests a second of all connections together; 0: as fast as they are answered
    write: tuple[Any, ...] = ()  # Redis, and what EVAL does there before each request, as another process that writes


@dataclass(frozen=True)
class Measured:
    requests: int
    seconds: float
    server_cpu: float
    generator_cpu: float
    latencies: list[float]  # seconds, sorted

    @property
    def cpu(self) -> float:
        """Microseconds a request."""
        return 1e6 * self.server_cpu / self.requests

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def average(self) -> float:
        """Milliseconds."""
        return 1000 * sum(self.latencies) / len(self.latencies)

    def percentile(self, percent: float) -> float:
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))]

    @property
    def generator_full(self) -> bool:
        return self.generator_cpu > GENERATOR_FULL * self.seconds


class Generator:
    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.pool = pool

    def load(self, asked: Asked, seconds: float) -> Measured:
        return self.pool.submit(load, asked, seconds).result()


@contextmanager
def generator() -> Iterator[Generator]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Generator(pool)


class Connection:
    def __init__(self, asked: Asked, requests: bytes | tuple[bytes, ...]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", asked.server.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.redis = Redis.from_url(asked.write[0]) if asked.write else None
        self.write = asked.write[1:]
        self.requests = itertools.cycle([requests] if isinstance(requests, bytes) else requests)
        self.answer, self.asked = b"", 0.0

    def ask(self, due: float | None = None) -> None:
        """`due`: when it should have been asked. Who waits for a slow answer before, waits already."""
        if self.redis:
            self.redis.eval(*self.write)
        self.answer, self.asked = b"", due or time.perf_counter()
        self.socket.sendall(next(self.requests))

    def hear(self) -> bool:
        """Whether the answer is complete."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise ConnectionError("the server closed a connection")
        self.answer += chunk
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return False
        if self.status == b"304":
            return True
        _, named, rest = head.lower().partition(b"content-length:")
        if not named:
            raise ValueError(f"an answer without Content-Length: {head!r}")
        return len(body) >= int(rest.partition(b"\r")[0])

    @property
    def status(self) -> bytes:
        return self.answer[9:12]

    def warm(self, *, revalidate: bool) -> None:
        """A first answer, with whose ETag the others may be asked."""
        self.ask()
        while not self.hear():
            pass
        if revalidate:
            etag = self.answer.partition(b"\r\nETag: ")[2].partition(b"\r\n")[0]
            self.requests = itertools.cycle([next(self.requests)[:-2] + b"If-None-Match: %s\r\n\r\n" % etag])


def load(asked: Asked, seconds: float) -> Measured:
    """All connections ask for so long, after a first answer each. Raises ValueError for another status."""
    connections = [Connection(asked, request) for request in asked.requests]
    for connection in connections:
        connection.warm(revalidate=asked.revalidate)
    server_cpu, own_cpu, begun = cpu_seconds(asked.server.pids), time.process_time(), time.perf_counter()
    pace = len(connections) / asked.rate if asked.rate else 0
    latencies = exchange(connections, begun + seconds, b"304" if asked.revalidate else b"%d" % asked.status, pace)
    took = time.perf_counter() - begun
    server_cpu, own_cpu = cpu_seconds(asked.server.pids) - server_cpu, time.process_time() - own_cpu
    for connection in connections:
        connection.socket.close()
    return Measured(len(latencies), took, server_cpu, own_cpu, sorted(latencies))


def exchange(connections: list[Connection], end: float, wanted: bytes, pace: float = 0) -> list[float]:
    """`pace`: seconds between two requests of a connection; they begin one after the other."""
    latencies, waiting, begun = [], len(connections), time.perf_counter()
    due = deque((begun + n * pace / len(connections), connection) for n, connection in enumerate(connections))
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        while waiting:
            while due and due[0][0] <= time.perf_counter():
                at, connection = due.popleft()
                connection.ask(at if pace else None)
            for key, _events in selector.select(max(0.0, due[0][0] - time.perf_counter()) if due else None):
                connection = key.data
                if not connection.hear():
                    continue
                if connection.status != wanted:
                    raise ValueError(f"not {wanted!r}: {connection.answer[:300]!r}")
                now = time.perf_counter()
                latencies.append(now - connection.asked)
                if now >= end:
                    waiting -= 1
                elif pace:
                    due.append((connection.asked + pace, connection))
                else:
                    connection.ask()
    return latencies
