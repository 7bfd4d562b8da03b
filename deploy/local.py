"""The processes of production on this machine, at one address: `./dev serve`. All of them end together.

PostgreSQL and Redis are private ones unless DATABASE_URL and REDIS_URL name others; what the room and the hosts did
stays in DATA_DIR. Files are not collected, but served from where they are written. In place of nginx.conf stands
`carry`, which says of each request for whom it asks.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

from apps.core.metrics_folder import share_folder
from tests.servers import ServiceError, die_with_parent, private_directory, start_postgres, start_redis

HEAD_END = b"\r\n\r\n"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GUNICORN = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.py"]
SERVERS = {
    "web": [*GUNICORN, "jamvote.wsgi"],
    "live": [*GUNICORN, "-k", "uvicorn_worker.UvicornWorker", "jamvote.asgi"],
}
CELERY = [sys.executable, "-m", "celery", "-A", "jamvote"]
BACKGROUND = {
    "worker": [*CELERY, "worker", "--loglevel=warning", "--without-gossip", "--without-mingle"],
    "beat": [*CELERY, "beat", "--loglevel=warning"],
}
MANAGE = [sys.executable, "manage.py"]
PREPARE = ("migrate", "-v0"), ("seed_demo", "--if-empty")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev serve", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--crowd", default=0, type=int)
    options = parser.parse_args()
    for ending in ENDINGS:
        signal.signal(ending, leave)
    data = Path(os.environ["DATA_DIR"]).resolve()
    os.environ["TRUSTED_PROXIES"] = "unix"
    os.environ.setdefault("TASK_GRACE_SECONDS", "2")  # what needs longer is given back
    try:
        os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or start_postgres(kept=data / "postgres")
        os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or start_redis()
    except ServiceError as error:
        if "postmaster.pid" in str(error):
            raise SystemExit("dev: this folder's database is in use by another ./dev serve. End that one.") from None
        raise SystemExit(f"dev: {error} Or set DATABASE_URL and REDIS_URL.") from None
    for command in PREPARE:
        subprocess.run([*MANAGE, *command], check=True)
    share_folder()  # nobody but web is asked for metrics here
    try:
        return asyncio.run(serve(options))
    finally:
        ignore_endings()


def leave(*_: Any) -> None:
    ignore_endings()
    sys.exit(0)


def ignore_endings() -> None:
    """A second Ctrl-C must not leave a server behind."""
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)


async def serve(options: Any) -> int:
    ended = asyncio.Event()
    for ending in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(ending, ended.set)
    home, connections = private_directory(), set()
    sockets = {name: home / name for name in SERVERS}
    children = {name: child([*command, "-b", f"unix:{sockets[name]}"]) for name, command in SERVERS.items()}
    children |= {name: child(command) for name, command in BACKGROUND.items()}
    try:
        if not await all_there(sockets, children, ended):
            return 1
        front = await asyncio.start_server(partial(tracked, connections, sockets), options.host, options.port)
        subprocess.run([*MANAGE, "addresses"], check=True)
        if options.crowd:
            host = "127.0.0.1" if options.host == "0.0.0.0" else options.host
            url = f"http://{host}:{options.port}"
            children["crowd"] = child([*MANAGE, "crowd", url, "--attendees", str(options.crowd)])
        status = await until_the_end(children, ended)
        front.close()
        return status
    finally:
        if "crowd" in children:
            await end(children.pop("crowd"))  # before its server
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)  # no server waits for who keeps one open
        await asyncio.gather(*map(end, children.values()))


def child(command: list[str]) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C is for us."""
    return subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_parent)


async def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    await asyncio.to_thread(process.wait)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # workers whose master was killed


async def all_there(sockets: dict[str, Path], children: dict[str, Any], ended: asyncio.Event) -> bool:
    while not ended.is_set() and all(process.poll() is None for process in children.values()):
        if all(path.exists() for path in sockets.values()):
            return True
        await asyncio.sleep(0.05)
    return False


async def until_the_end(children: dict[str, Any], ended: asyncio.Event) -> int:
    """0 when somebody ends it, 1 when a server has ended by itself."""
    while not ended.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), 0.2)
        for name in [name for name in (*SERVERS, *BACKGROUND) if children[name].poll() is not None]:
            sys.stderr.write(f"dev: {name} has ended\n")
            return 1
    return 0


# The front --------------------------------------------------------------------------------------------


async def tracked(connections: set[Any], sockets: dict[str, Path], *streams: Any) -> None:
    task = asyncio.current_task()
    connections.add(task)
    try:
        await carry(sockets, *streams)
    except* (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # a client or a server may go at any moment
    finally:
        streams[1].close()
        connections.discard(task)


async def carry(sockets: dict[str, Path], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """/ws/ goes to the live process, everything else to web; browsers open a connection of its own for a socket."""
    head = await asyncio.wait_for(reader.readuntil(HEAD_END), 60)
    live = head.split(b" ")[1:2] and head.split(b" ")[1].startswith(b"/ws/")
    from_server, to_server = await asyncio.open_unix_connection(str(sockets["live" if live else "web"]))
    client = writer.get_extra_info("peername")[0]
    to_server.write(for_client(head, client))
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(pipe(reader, to_server) if live else ask(reader, to_server, head, client))
            both.create_task(pipe(from_server, writer))
    finally:
        to_server.close()


def for_client(head: bytes, client: str) -> bytes:
    """Last, behind whatever the client says itself: what is furthest right counts."""
    said = f"X-Forwarded-For: {client}\r\nX-Request-Start: t={time.time()}\r\n\r\n"
    return head.removesuffix(b"\r\n") + said.encode()


async def ask(reader: asyncio.StreamReader, to_server: asyncio.StreamWriter, head: bytes, client: str) -> None:
    """The rest of a request, and those that follow on the same connection."""
    while True:
        left = body_length(head)
        while left and (data := await reader.read(min(left, 65_536))):
            to_server.write(data)
            await to_server.drain()
            left -= len(data)
        head = await reader.readuntil(HEAD_END)
        to_server.write(for_client(head, client))


def body_length(head: bytes) -> int:
    """Raises EOFError where it is not told plainly: a body must not be taken for a head, nor a head for a body."""
    fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    lengths = [value.strip() for name, _, value in fields if name.strip().lower() == b"content-length"]
    chunked = any(name.strip().lower() == b"transfer-encoding" for name, _, _value in fields)
    if chunked or len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise EOFError
    return int(lengths[0]) if lengths else 0


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


if __name__ == "__main__":
    sys.exit(main())
