"""Channel layers with a way in for synchronous code: `tell` numbers a change of a stream and publishes it.

The numbers of a stream are dense and in the order of publication, so that a receiver sees what it lost.
A lost counter starts again at the clock, so that a number never repeats; milliseconds fit a browser's integers.
"""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import orjson
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer

from apps.core.store import RETIRE_ONE, clock, copies, key, retire, store

# One step, so that nobody can publish between the number and its message, and nobody who has heard of the change can
# still be given the answers from before it: those of the group of the same name are retired, and whoever computes them
# anew finds the number there. The message has the form that the layer's own group_send gives it.
TELL = f"""{RETIRE_ONE}
retire(KEYS[2], ARGV[1])
local revision = redis.call('INCR', KEYS[1])
if revision == 1 then revision = tonumber(ARGV[1]); redis.call('SET', KEYS[1], ARGV[1]) end
redis.call('HSET', KEYS[2], 'place', revision)
redis.call('PUBLISH', ARGV[2], cmsgpack.pack({{
    type = 'stream.changed', stream = ARGV[3], revision = revision, changes = ARGV[4],
    committed = tonumber(ARGV[5])}}))
return revision
"""
# Each process writes how many sockets it has; what a dead one wrote is too old to count.
PRESENT = """
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
local total = 0
for _, value in ipairs(redis.call('HVALS', KEYS[1])) do
    local count, at = value:match('(%d+) (%d+)')
    if tonumber(at) > ARGV[3] - ARGV[4] then total = total + tonumber(count) end
end
return total
"""
PRESENCE_SECONDS = 10


class RedisStreamLayer(RedisPubSubChannelLayer):
    def __init__(self, *, prefix: str = "asgi", **config: Any) -> None:
        super().__init__(prefix=prefix, **config)
        self.prefix = prefix

    @property
    def redis(self) -> Any:
        """Speaks to the same server, on this thread's own connection."""
        return store

    def tell(self, stream: str, changes: list[Mapping[str, Any]], committed: int = 0) -> int:
        """One round trip. Raises redis.RedisError when Redis is away."""
        topic = f"{self.prefix}__group__{stream}"
        copies.forget(stream)
        keys = [self.counter(stream), key(stream)]
        return int(self.redis.run(TELL, keys, clock(), topic, stream, orjson.dumps(changes), committed))

    def revisions(self, streams: list[str]) -> list[int]:
        """The newest number of each stream; 0 where nothing has been told yet."""
        return [int(r or 0) for r in self.redis.ask(self.redis.command, "MGET", *map(self.counter, streams))]

    def present(self, stream: str, process: str, count: int) -> int:
        """Says how many sockets this process has; answers how many all have."""
        keys = [f"{self.prefix}:present:{{{stream}}}"]
        return int(self.redis.run(PRESENT, keys, process, count, clock() // 1000, PRESENCE_SECONDS))

    def counter(self, stream: str) -> str:
        return f"{self.prefix}:rev:{{{stream}}}"


class LocalStreamLayer(InMemoryChannelLayer):
    """For one process. Its queues wake their own event loop only, so every message enters on the hub's."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.counters: dict[str, int] = {}
        self.lock = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def new_channel(self, prefix: str = "specific.") -> str:
        self.loop = asyncio.get_running_loop()
        return await super().new_channel(prefix)

    def tell(self, stream: str, changes: list[Mapping[str, Any]], committed: int = 0) -> int:
        body = orjson.dumps(changes)
        retire(stream)
        with self.lock:  # numbered and sent in one order
            revision = self.counters[stream] = self.counters.get(stream, clock() - 1) + 1
            facts = {"stream": stream, "revision": revision, "changes": body, "committed": committed}
            message = {"type": "stream.changed", **facts}
            if self.loop and self.loop.is_running():  # nobody listens before the first socket
                asyncio.run_coroutine_threadsafe(self.group_send(stream, message), self.loop)
        return revision

    def revisions(self, streams: list[str]) -> list[int]:
        return [self.counters.get(stream, 0) for stream in streams]

    def present(self, stream: str, process: str, count: int) -> int:
        return count
