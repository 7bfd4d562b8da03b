"""Calls to addresses that somebody typed: to public ones only, whatever their names say (SSRF).

A name is looked up once, every address that it has must be public, and the connection goes to one of those and not to
the name, which may say something else a moment later (DNS rebinding). httpcore has a place for that, its network
backend; it knows no proxies of the environment and follows no redirects: here each is looked at like the first.
"""

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import httpcore
import httpx

from apps.core.addresses import is_public

MAX_REDIRECTS = 3
SECONDS = 10.0  # for all of it, however slowly somebody answers
PORTS = {"http": 80, "https": 443}
REDIRECTS = {301, 302, 303, 307, 308}
NOT_BY_HEAD = {403, 405, 501}  # some servers answer GET alone
HEADERS = [("User-Agent", "JamVote (checks links of its library)"), ("Accept", "*/*"), ("Connection", "close")]


class Refused(Exception):
    """It must not be called: what it leads to is not public, or not of the web."""


class Unreachable(Exception):
    """Nobody answers there, or not in time."""


class TooLarge(Exception):
    """More is there than was to be read, as it is sent or once it is unpacked."""


class TooSlow(Unreachable):
    """Not in time."""


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]  # by their names in lower case
    body: bytes  # of `fetch` unpacked, and empty unless the status is 200; of `post` its beginning


def status_of(url: str, *, public: Callable[[str], bool] = is_public, ports: Mapping[str, int] = PORTS) -> int:
    """The HTTP status of what is there, after at most MAX_REDIRECTS; of it only the headers are read.

    Raises Refused, Unreachable. `public` and `ports` are for tests, whose servers are on this machine.
    """
    with httpcore.ConnectionPool(network_backend=PublicOnly(public)) as pool:
        address = checked(url, ports)
        for _hop in range(MAX_REDIRECTS + 1):
            status, to = ask(pool, "HEAD", address)
            if status in NOT_BY_HEAD:
                status, to = ask(pool, "GET", address)
            if status not in REDIRECTS or not to:
                return status
            address = checked(to, ports, address)
    raise Unreachable(url)


def fetch(
    url: str,
    *,
    headers: Mapping[str, str],
    most_bytes: int,
    seconds: float = SECONDS,
    public: Callable[[str], bool] = is_public,
    ports: Mapping[str, int] = PORTS,
) -> Reply:
    """What is there, by GET, after at most MAX_REDIRECTS, within so many seconds and bytes.

    Raises Refused, Unreachable, TooLarge. `ports` names the schemes too: without "http" no hop may be one.
    """
    with httpcore.ConnectionPool(network_backend=PublicOnly(public, seconds)) as pool:
        address = checked(url, ports)
        for _hop in range(MAX_REDIRECTS + 1):
            found = get(pool, address, headers, most_bytes)
            if found.status not in REDIRECTS or not found.headers.get("location"):
                return found
            address = checked(found.headers["location"], ports, address)
    raise Unreachable(url)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int,
    public: Callable[[str], bool] = is_public,
    ports: Mapping[str, int] = PORTS,
) -> Reply:
    """What is answered there within so many seconds, and at most so many bytes of it. A redirect is an answer like
    others: nobody follows it.

    Raises Refused, TooSlow, Unreachable.
    """
    address = checked(url, ports)
    with httpcore.ConnectionPool(network_backend=PublicOnly(public, seconds)) as pool, translated(url):
        given = [("User-Agent", "JamVote (webhooks)"), ("Accept", "*/*"), ("Connection", "close"), *headers.items()]
        with pool.stream("POST", target_of(address), headers=given, content=body) as answer:
            return Reply(answer.status, said_in(answer), beginning(answer, most))


def beginning(answer: httpcore.Response, most: int) -> bytes:
    """What has come when there is enough of it or time is over: the status has been said by then."""
    read = b""
    with suppress(httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError):
        for part in answer.iter_stream():
            read += part
            if len(read) >= most:
                break
    return read[:most]


def checked(url: str, ports: Mapping[str, int], at: httpx.URL | None = None) -> httpx.URL:
    """Before anything is looked up: of the web, at its own port, no name and password in it. `at`: where it is told."""
    try:
        address = at.join(url) if at else httpx.URL(url)
        host = address.host  # read from Punycode here
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused(url) from error
    port = PORTS.get(address.scheme) if address.port is None else address.port
    if not host or address.userinfo or port is None or port != ports.get(address.scheme):
        raise Refused(url)
    return address


def ask(pool: httpcore.ConnectionPool, method: str, url: httpx.URL) -> tuple[int, str]:
    """The status, and where it leads to. The answer is closed before its body."""
    with translated(str(url)), pool.stream(method, target_of(url), headers=HEADERS) as answer:
        return answer.status, said_in(answer).get("location", "")


def target_of(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


@contextmanager
def translated(url: str) -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise TooSlow(url) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
        raise Unreachable(url) from error


def get(pool: httpcore.ConnectionPool, url: httpx.URL, headers: Mapping[str, str], most: int) -> Reply:
    sent = [*{**dict(HEADERS), **headers, "Accept-Encoding": "gzip"}.items()]
    with translated(str(url)), pool.stream("GET", target_of(url), headers=sent) as answer:
        said = said_in(answer)
        body = b""
        if answer.status == 200:
            body = whole(answer.iter_stream(), said.get("content-encoding", "").strip().lower(), most)
        return Reply(answer.status, said, body)


def said_in(answer: httpcore.Response) -> dict[str, str]:
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}


def whole(parts: Iterable[bytes], coding: str, most: int) -> bytes:
    """Unpacked. Nothing is unpacked any further than `most`, whatever a few bytes would become. Raises ValueError."""
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise ValueError(coding)
    body = bytearray()
    for part in unpacked(parts, most) if "gzip" in coding else parts:
        body += part
        if len(body) > most:
            raise TooLarge
    return bytes(body)


def unpacked(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    packed = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        for part in parts:
            yield packed.decompress(part, most + 1)
            if packed.unconsumed_tail:
                raise TooLarge
    except zlib.error as error:
        raise ValueError from error
    if not packed.eof:
        raise ValueError


class PublicOnly(httpcore.SyncBackend):
    """Connects to names of which every address is public."""

    def __init__(self, public: Callable[[str], bool], seconds: float | None = None) -> None:
        self.public, self.end = public, time.monotonic() + (SECONDS if seconds is None else seconds)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = looked_up(host, port, left_until(self.end))
        if not all(map(self.public, addresses)):
            raise Refused(host)
        stream = super().connect_tcp(addresses[0], port, left_until(self.end), local_address, socket_options)
        return Hurried(stream, self.end)


def looked_up(host: str, port: int, seconds: float) -> list[str]:
    """Raises TimeoutError: who answers for the name may take longer than anybody is given, and the system waits."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:
            found.set_exception(error)

    threading.Thread(target=look_up, name="outbound.look_up", daemon=True).start()
    return [str(entry[4][0]) for entry in found.result(seconds)]


class Hurried(httpcore.NetworkStream):
    """A stream that ends at a moment: a timeout of each read alone would let somebody answer a byte at a time."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self.stream, self.end = stream, end

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, left_until(self.end))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, left_until(self.end))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Hurried(self.stream.start_tls(ssl_context, server_hostname, left_until(self.end)), self.end)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def left_until(end: float) -> float:
    """Seconds. Raises ReadTimeout where there are none."""
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left
