"""The whole crowd: they come within seconds, vote for a while, and what they were told is checked."""

import asyncio
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.voting.crowd.check import check
from apps.voting.crowd.figures import Figures
from apps.voting.crowd.here import check_here
from apps.voting.crowd.person import come
from apps.voting.crowd.room import Room
from apps.voting.crowd.server import FailedError, Server

ARRIVE = 20  # people a second
TAP_EVERY = 6.0  # seconds, of one person
Tell = Callable[[Figures], None]


@dataclass(frozen=True)
class Plan:
    """Zero `seconds`: until interrupted. Zero `rate`: each person taps every six seconds."""

    url: str
    socket_url: str = ""
    attendees: int = 300
    seconds: float = 0
    rate: float = 0  # votes a second of all together
    jam: str = ""

    @property
    def sockets(self) -> str:
        parts = urlsplit(self.socket_url or self.url)
        return f"{'wss' if parts.scheme in ('https', 'wss') else 'ws'}://{parts.netloc}"

    @property
    def pace(self) -> float:
        return self.attendees / self.rate if self.rate else TAP_EVERY


async def hold(plan: Plan, tell: Tell = lambda figures: None, every: float = 1.0) -> Figures:
    """Runs the crowd; `tell` hears the figures so far. Raises DomainError where there is nothing to run against."""
    check_here(plan.url)
    check_here(plan.sockets)
    async with Server(plan.url) as server:
        room = await enter(plan, server)
        stop_on_signals(room)
        if plan.seconds:
            asyncio.get_running_loop().call_later(plan.seconds, room.closing.set)
        telling = asyncio.create_task(keep_telling(room.figures, tell, every))
        try:
            await gather(plan, room)
        finally:
            telling.cancel()
    return room.figures


async def enter(plan: Plan, server: Server) -> Room:
    try:
        jam = await server.find_jam(plan.jam)
        songs = await server.ask("GET", "/songs?page_size=100")
    except FailedError as error:
        raise DomainError(_("%(url)s does not answer: %(error)s.") % {"url": plan.url, "error": error}) from error
    if jam.status == 404:
        raise DomainError(_("No jam there takes votes. Open one, or name one with --jam."))
    if not jam.ok:
        raise DomainError(
            _("%(url)s answers %(status)d. Is its host in ALLOWED_HOSTS?") % {"url": plan.url, "status": jam.status}
        )
    library = [song["id"] for song in songs.body.get("results", [])]
    rng = random.Random()  # noqa: S311
    return Room(server, jam.body["slug"], plan.sockets, Figures(), plan.pace, rng, library)


async def gather(plan: Plan, room: Room) -> None:
    arrivals = plan.attendees / ARRIVE
    async with asyncio.TaskGroup() as phones:
        coming = [come(room, room.rng.random() * arrivals, phones) for _ in range(plan.attendees)]
        people = [person for person in await asyncio.gather(*coming) if person]
        room.figures.end()
        await check(room, people)
        for person in people:
            person.phone.put_away()


def stop_on_signals(room: Room) -> None:
    def stop() -> None:
        room.interrupted = True
        room.closing.set()

    with suppress(NotImplementedError, RuntimeError, ValueError):  # not in a thread, not on Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)


async def keep_telling(figures: Figures, tell: Tell, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        tell(figures)
