"""Sessions live in the database; the cache has a copy of each for SESSION_CACHE_SECONDS at most."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import cached_db


class SessionStore(cached_db.SessionStore):
    _cache: Any

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self._cache = AtMost(self._cache)


class AtMost:
    """A cache that keeps nothing for longer. Django would keep a session in it for its whole age."""

    def __init__(self, cache: Any) -> None:
        self.cache = cache

    def set(self, key: str, value: Any, seconds: int) -> None:
        self.cache.set(key, value, min(seconds, settings.SESSION_CACHE_SECONDS))

    async def aset(self, key: str, value: Any, seconds: int) -> None:
        await self.cache.aset(key, value, min(seconds, settings.SESSION_CACHE_SECONDS))

    def __contains__(self, key: str) -> bool:
        return key in self.cache

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cache, name)
