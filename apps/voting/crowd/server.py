"""The server, over HTTP, as a program sees it."""

from typing import Any, NamedTuple, Self

import httpx
import orjson

# The server may close a connection that has been idle for two seconds: let go of it before.
LIMITS = httpx.Limits(max_connections=200, max_keepalive_connections=100, keepalive_expiry=1.5)
TIMEOUT = httpx.Timeout(10, pool=None)
REPEATABLE = {"GET", "PUT", "DELETE"}


class FailedError(Exception):
    """No answer, or one that a server never gives on purpose."""


class Answer(NamedTuple):
    status: int
    body: dict[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def code(self) -> str:
        """Why not."""
        return str(self.body.get("code") or self.status)


class Server:
    def __init__(self, url: str) -> None:
        # No proxy of the environment: it would carry the crowd elsewhere.
        self.http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/v1", limits=LIMITS, timeout=TIMEOUT, trust_env=False,
            headers={"Accept": "application/json", "User-Agent": "jamvote-crowd"},
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, *, token: str = "", body: dict[str, Any] | None = None) -> Answer:
        """Raises FailedError. What may be said twice is said again where the connection was closed under it."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = None
        if body is not None:
            content, headers["Content-Type"] = orjson.dumps(body), "application/json"
        request = self.http.build_request(method, path, headers=headers, content=content)
        try:
            response = await self.send(request, again=method in REPEATABLE)
        except httpx.HTTPError as error:
            raise FailedError(type(error).__name__) from error
        if response.status_code >= 500:
            raise FailedError(f"HTTP {response.status_code}")
        return Answer(response.status_code, parsed(response))

    async def send(self, request: httpx.Request, *, again: bool) -> httpx.Response:
        try:
            return await self.http.send(request)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            if not again:
                raise
        return await self.http.send(request)

    async def find_jam(self, slug: str = "") -> Answer:
        """The jam of that address; else the first that is live, else the next that takes votes."""
        if slug:
            return await self.ask("GET", f"/jams/{slug}")
        answer = Answer(404, {})
        for when in ("now", "upcoming"):
            answer = await self.ask("GET", f"/jams?when={when}&ordering=starts_at")
            if not answer.ok or answer.body["results"]:
                break
        jams = answer.body.get("results") or [None]
        return Answer(200, jams[0]) if answer.ok and jams[0] else Answer(answer.status if not answer.ok else 404, {})


def parsed(response: httpx.Response) -> dict[str, Any]:
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    return orjson.loads(response.content)
