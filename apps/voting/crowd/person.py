"""One attendee: joins, and votes like people do."""

import asyncio
from typing import Any

from apps.jams.demo import PEOPLE
from apps.voting.crowd.phone import Phone
from apps.voting.crowd.room import Room

HAS_A_NAME = 0.4  # of all people; the others take the one they are given
SUGGESTS = 0.08  # of all people suggest a song, one each
CHANGES_MIND = 0.1  # of all taps take a vote back
FIRST_TAP = (0.5, 3.0)  # seconds after joining


async def come(room: Room, delay: float, phones: asyncio.TaskGroup) -> "Person | None":
    """Somebody joins after `delay` seconds and votes until the room closes; the phone then still watches."""
    if await room.closed_within(delay):
        return None
    name = room.rng.choice(PEOPLE) if room.rng.random() < HAS_A_NAME else ""
    answer = await room.ask("POST", "attendees", body={"display_name": name})
    if not answer or not answer.ok:
        if answer:
            room.figures.refused[answer.code] += 1
        return None
    room.figures.joined += 1
    person = Person(room, Phone(room, answer.body["token"]))
    person.phone.watching = phones.create_task(person.phone.watch())
    await person.vote_until_closing()
    return person


class Person:
    def __init__(self, room: Room, phone: Phone) -> None:
        self.room, self.phone, self.rng = room, phone, room.rng
        self.votes: dict[int, bool] = {}  # by song, as the server acknowledged them
        self.unsure: set[int] = set()  # songs whose last answer never came
        self.likes: dict[int, bool] = {}
        self.has_wish = self.rng.random() < SUGGESTS
        self.removed = False

    async def vote_until_closing(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + self.rng.uniform(*FIRST_TAP)
        while not self.removed and not await self.room.closed_within(due - loop.time()):
            if self.phone.board.voting == "open":
                await self.tap()
            due = max(due + self.rng.expovariate(1 / self.room.pace), loop.time())

    async def tap(self) -> None:
        if self.has_wish and self.votes and self.room.library and self.phone.board.suggestions == "open":
            await self.suggest()
            return
        songs = self.phone.board.open_songs()
        mine = [song for song in songs if self.votes.get(song)]
        wanted = [song for song in songs if not self.votes.get(song) and self.likes_it(song)]
        if mine and (not wanted or self.rng.random() < CHANGES_MIND):
            await self.vote(self.rng.choice(mine), cast=False)
        elif wanted:
            # What leads attracts more.
            weights = [(songs[song].votes or 0) + 1 for song in wanted]
            await self.vote(self.rng.choices(wanted, weights)[0], cast=True)

    def likes_it(self, song: int) -> bool:
        if song not in self.likes:
            self.likes[song] = self.rng.random() < self.room.appeal(song)
        return self.likes[song]

    async def vote(self, song: int, *, cast: bool) -> None:
        figures, loop = self.room.figures, asyncio.get_running_loop()
        tapped = loop.time()
        self.unsure.add(song)
        done = await self.do("PUT" if cast else "DELETE", f"songs/{song}/vote", song)
        if done is None:
            return
        figures.answered.append(loop.time() - tapped)
        figures.voted += cast
        figures.taken_back += not cast
        self.votes[song] = done["voted"]
        self.phone.expect(song, done["revision"], tapped)

    async def suggest(self) -> None:
        self.has_wish = False
        done = await self.do("POST", "songs", body={"song": self.rng.choice(self.room.library)})
        if done:
            self.room.figures.suggested += 1
            self.votes[done["id"]] = True

    async def do(self, method: str, path: str, song: int = 0, body: dict[str, Any] | None = None) -> Any:
        """What the server answered; None when it refused or failed."""
        answer = await self.room.ask(method, path, token=self.phone.token, body=body)
        if answer is None:
            return None
        self.unsure.discard(song)
        if answer.ok:
            return answer.body
        self.room.figures.refused[answer.code] += 1
        self.removed = answer.code == "removed"
        return None
