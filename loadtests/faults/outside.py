"""Faults of operators, outside of the server's processes."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

DELAY = 0.015  # seconds to Redis and back, as in another city
INDEX = "votes_of_an_attendee"


@contextmanager
def dropped_index() -> Iterator[None]:
    """Somebody tidied up."""
    from django.db import connection

    from apps.voting.models import Vote

    [index] = [one for one in Vote._meta.indexes if one.name == INDEX]
    with connection.schema_editor() as editor:
        editor.remove_index(Vote, index)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.add_index(Vote, index)


@contextmanager
def slow_line(redis_url: str) -> Iterator[str]:
    """The address of a line to that Redis which takes DELAY for each answer."""
    path, loop = urlsplit(redis_url).path, asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(lambda *ends: carry(path, *ends), "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def carry(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from_redis, to_redis = await asyncio.open_unix_connection(path)
    try:
        await asyncio.gather(pipe(reader, to_redis, 0), pipe(from_redis, writer, DELAY))
    except (OSError, asyncio.CancelledError):
        pass  # a server that was killed, or the end
    finally:
        to_redis.close()
        writer.close()


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    while data := await reader.read(65_536):
        await asyncio.sleep(delay)
        writer.write(data)
        await writer.drain()
    writer.close()
