"""The server, over HTTP, as a program sees it."""

from typing import Any, NamedTuple, Self

import httpx
import orjson

# A phone keeps its connection for a while; uvicorn closes one that has been idle for five seconds.
LIMITS = httpx.Limits(keepalive_expiry=4.5)
TIMEOUT = httpx.Timeout(10)
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
        self.url = f"{url.rstrip('/')}/api/v1"
        self.phones: dict[str, httpx.AsyncClient] = {}
        self.tls = httpx.create_ssl_context()  # costs milliseconds

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        for phone in self.phones.values():
            await phone.aclose()

    def phone(self, token: str) -> httpx.AsyncClient:
        """Each attendee has a connection of its own, as in a room. One pool for all would search itself to death."""
        if token not in self.phones:
            # No proxy of the environment: it would carry the crowd elsewhere.
            self.phones[token] = httpx.AsyncClient(
                base_url=self.url, limits=LIMITS, timeout=TIMEOUT, trust_env=False, verify=self.tls,
                headers={"Accept": "application/json", "User-Agent": "jamvote-crowd"},
            )  # fmt: skip
        return self.phones[token]

    async def ask(
        self, method: str, path: str, *, token: str = "", public: bool = False, body: dict[str, Any] | None = None
    ) -> Answer:
        """From the phone of this token, which a `public` address need not know. Raises FailedError."""
        headers = {"Authorization": f"Bearer {token}"} if token and not public else {}
        content = None
        if body is not None:
            content, headers["Content-Type"] = orjson.dumps(body), "application/json"
        phone = self.phone(token)
        request = phone.build_request(method, path, headers=headers, content=content)
        try:
            response = await send(phone, request)
        except httpx.HTTPError as error:
            raise FailedError(type(error).__name__) from error
        if response.status_code >= 500:
            raise FailedError(f"HTTP {response.status_code}")
        return Answer(response.status_code, parsed(response))

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


async def send(phone: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """What may be said twice is said again when the connection was closed under it, as browsers do."""
    try:
        return await phone.send(request)
    except (httpx.RemoteProtocolError, httpx.ReadError):
        if request.method not in REPEATABLE:
            raise
    return await phone.send(request)


def parsed(response: httpx.Response) -> dict[str, Any]:
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    return orjson.loads(response.content)
