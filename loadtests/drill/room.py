"""Phones of loadtests/chaos, behind nginx; and visitors, who read past every cache."""

import asyncio
import random
import time
from typing import Any

from loadtests.chaos.phone import Phone
from loadtests.chaos.room import LOOK, Room

VISITORS = 10
AGENTS = 1_000_000
SEEN_EVERY = 0.05  # seconds between two looks at who has a socket
FIELDS = "?fields=slug,name"  # an answer that is kept nowhere: apps/core/sparse.py


class Behind(Room):
    """`visited`: a venue."""

    visited = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.gaps: list[tuple[float, float]] = []  # when a phone had its socket again, after how many seconds
        self.without: dict[Phone, float] = {}  # who has none, since when

    async def look_at_pages(self) -> None:
        await asyncio.gather(self.look_at_sockets(), *(self.visit() for _ in range(VISITORS)))

    async def visit(self) -> None:
        """Each time somebody else comes."""
        paths = [f"/jams/{self.slug}", f"/api/v1/jams{FIELDS}", f"/api/v1/venues/{self.visited}{FIELDS}"]
        while True:
            await asyncio.sleep(self.dice.uniform(0, 2 * LOOK))
            async with self.line({"User-Agent": f"visitor {random.randrange(AGENTS)}"}) as line:
                await self.ask(line, "GET", self.dice.choice(paths))

    async def look_at_sockets(self) -> None:
        while True:
            now = time.monotonic()
            for phone in self.phones:
                if phone.socket is None:
                    self.without.setdefault(phone, now)
                elif (since := self.without.pop(phone, None)) is not None:
                    self.gaps.append((now, now - since))
            await asyncio.sleep(SEEN_EVERY)

    async def all_connected(self, seconds: float) -> bool:
        """Within so many, for longer than a look takes."""
        try:
            async with asyncio.timeout(seconds):
                while self.without or any(phone.socket is None for phone in self.phones):
                    await asyncio.sleep(SEEN_EVERY)
        except TimeoutError:
            return False
        return True

    def longest_gap(self, since: float) -> float:
        now = time.monotonic()
        gaps = [gap for at, gap in self.gaps if at >= since] + [now - lost for lost in self.without.values()]
        return max(gaps, default=0.0)
