"""One attempt: the event goes out, signed, and what comes back is told apart."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.conf import settings

from apps.core.addresses import is_public
from apps.core.formats import dumps
from apps.core.outbound import Refused, Reply, TooSlow, Unreachable, post
from apps.webhooks.errors import SecretLost
from apps.webhooks.models import Attempt, Endpoint, Event
from apps.webhooks.signatures import signed

MOST_READ = 2_000  # bytes of an answer
GONE, BUSY = 410, {429, 503}
# For tests, whose receivers are on this machine.
PORTS, PUBLIC = {"https": 443}, is_public

Error = Attempt.Error


class Outcome:
    """What an attempt came to; `attempt` is not saved yet."""

    def __init__(self, attempt: Attempt, reply: Reply | None = None) -> None:
        self.attempt, self.reply = attempt, reply

    @property
    def delivered(self) -> bool:
        return not self.attempt.error

    @property
    def gone(self) -> bool:
        return self.attempt.status == GONE

    @property
    def wait(self) -> float:
        """Seconds that the other side asks for (Retry-After), within limits."""
        if self.reply is None or self.reply.status not in BUSY:
            return 0
        return min(seconds_in(self.reply.headers.get("retry-after", "")), settings.WEBHOOK_RETRY_AFTER_SECONDS)


def send(*, endpoint: Endpoint, event: Event, seconds: float) -> Outcome:
    began, attempt, reply = time.monotonic(), Attempt(), None
    try:
        reply = ask(endpoint, event, seconds)
        attempt.status, attempt.answer = reply.status, shown(reply.body)
        attempt.error = error_of(reply.status)
    except SecretLost:
        attempt.error = Error.SECRET
    except Refused:
        attempt.error = Error.REFUSED
    except TooSlow:
        attempt.error = Error.SLOW
    except Unreachable:
        attempt.error = Error.UNREACHABLE
    attempt.ms = round((time.monotonic() - began) * 1000)
    return Outcome(attempt, reply)


def ask(endpoint: Endpoint, event: Event, seconds: float) -> Reply:
    body = dumps(event.payload)
    headers = {"Content-Type": "application/json"} | signed(endpoint.keys(), event=event.key, body=body)
    return post(endpoint.url, body, headers, seconds=seconds, most=MOST_READ, public=PUBLIC, ports=PORTS)


def error_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return Error.REDIRECT if 300 <= status < 400 else Error.STATUS


def shown(body: bytes) -> str:
    """The beginning of an answer, as it can be stored and looked at."""
    text = body.decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:500].strip()


def seconds_in(retry_after: str) -> float:
    """Of a number or a date (RFC 9110, 10.2.3); 0 for anything else."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return float(text[:10])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
