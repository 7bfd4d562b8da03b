"""What stands in place of nginx in `./dev serve`: it says for whom each request asks, and nobody else can."""

import asyncio
import tempfile
from pathlib import Path

import pytest

from deploy.local import body_length, carry

FORGED = "X-Forwarded-For: 198.51.100.9"


def request(*lines, body=b""):
    return "\r\n".join([*lines, "", ""]).encode() + body


def carried(sent, *, parts=1):
    """What the web process gets of it."""

    async def scene(folder):
        got, done = bytearray(), asyncio.Event()

        async def web(reader, writer):
            while data := await reader.read(65_536):
                got.extend(data)
            writer.close()
            done.set()

        async def front(reader, writer):
            try:
                await carry({"web": folder / "web", "live": folder / "live"}, reader, writer)
            except* (OSError, EOFError):
                pass
            finally:
                writer.close()

        async with (
            await asyncio.start_unix_server(web, folder / "web"),
            await asyncio.start_server(front, "127.0.0.1") as listening,
        ):
            _reader, client = await asyncio.open_connection(*listening.sockets[0].getsockname())
            size = -(-len(sent) // parts)
            for start in range(0, len(sent), size):
                client.write(sent[start : start + size])
                await client.drain()
                await asyncio.sleep(0.01)
            client.write_eof()
            await asyncio.wait_for(done.wait(), 5)
            client.close()
        return bytes(got)

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        return asyncio.run(scene(Path(folder)))


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_each_request_of_a_connection_says_last_for_whom_it_asks_and_since_when(parts, monkeypatch):
    monkeypatch.setattr("deploy.local.time.time", lambda: 1234.5)
    inside = request("GET /smuggled HTTP/1.1", FORGED)
    first = ["POST /a HTTP/1.1", "Host: x", FORGED, f"Content-Length: {len(inside)}"]
    second, third = ["GET /b HTTP/1.1", "Host: x"], ["GET /c HTTP/1.1", "Host: x", FORGED]

    got = carried(request(*first, body=inside) + request(*second) + request(*third), parts=parts)

    ours = ["X-Forwarded-For: 127.0.0.1", "X-Request-Start: t=1234.5"]
    assert got == request(*first, *ours, body=inside) + request(*second, *ours) + request(*third, *ours)


@pytest.mark.parametrize(
    "lines", [["Content-Length: 5", "Content-Length: 0"], ["Content-Length: +5"], ["content-length : x"],
              ["Transfer-Encoding: chunked"], ["transfer-encoding: chunked", "Content-Length: 5"]]
)  # fmt: skip
def test_where_a_body_ends_is_never_guessed(lines):
    with pytest.raises(EOFError):
        body_length(request("POST / HTTP/1.1", *lines))
    got = carried(request("POST / HTTP/1.1", *lines) + request("GET /smuggled HTTP/1.1", FORGED))
    assert b"smuggled" not in got


@pytest.mark.parametrize(("lines", "length"), [([], 0), (["Content-Length: 0"], 0), (["content-LENGTH:  12 "], 12)])
def test_a_body_is_as_long_as_it_says(lines, length):
    assert body_length(request("POST / HTTP/1.1", *lines)) == length
