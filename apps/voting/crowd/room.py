"""What all people of the crowd share."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from apps.voting.crowd.figures import Figures
from apps.voting.crowd.server import Answer, FailedError, Server

NOT_NOW = {403, 409, 429}  # what an honest phone may be answered; anything else above 2xx is an error


@dataclass
class Room:
    server: Server
    jam: str
    sockets: str  # ws://host:port
    figures: Figures
    pace: float = 6.0  # seconds between two taps of a person
    rng: random.Random = field(default_factory=random.Random)
    library: list[int] = field(default_factory=list)  # songs that can be suggested
    closing: asyncio.Event = field(default_factory=asyncio.Event)  # nobody votes any more
    interrupted: bool = False  # perhaps together with the server

    async def ask(self, method: str, path: str, **options: Any) -> Answer | None:
        """None when no answer came. Notes what is an error. Options as of Server.ask."""
        what = f"{method} {path.partition('?')[0].rpartition('/')[2]}"
        try:
            answer = await self.server.ask(method, f"/jams/{self.jam}/{path}", **options)
        except FailedError as error:
            self.note(f"{what}: {error}")
            return None
        if not answer.ok and answer.status not in NOT_NOW:
            self.note(f"{what}: {answer.status} {answer.code}")
        return answer

    def note(self, error: str) -> None:
        """Ctrl-C in a terminal ends the server too: what breaks then is no error."""
        if not self.interrupted:
            self.figures.errors[error] += 1

    async def closed_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await self.closing.wait()
        except TimeoutError:
            return False

    def appeal(self, song: int) -> float:
        """The part of the crowd that likes a song: by song, so that there are favourites."""
        return 0.15 + 0.75 * random.Random(song).random()  # noqa: S311
