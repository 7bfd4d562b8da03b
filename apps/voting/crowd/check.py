"""Whether what the crowd was told is so: on the boards of the phones, in the snapshot, in what each calls its own."""

import asyncio
from collections import Counter
from typing import Any

from apps.voting.crowd.person import Person
from apps.voting.crowd.room import Room

PATIENCE = 15.0  # seconds that the last frames, or a phone that has just slept, may take
AT_ONCE = 32  # requests


async def check(room: Room, people: list[Person]) -> None:
    """Notes every difference as an error; `figures.checked` people were asked."""
    answer = await room.ask("GET", "snapshot")
    if not answer or not answer.ok:
        return
    if answer.body["counts"] == "live":
        counted(room, people, answer.body)
        await caught_up(room, people, answer.body)
    few = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(remembered(room, person, few) for person in people))


def counted(room: Room, people: list[Person], snapshot: dict[str, Any]) -> None:
    """A song has at least the votes of the crowd."""
    ours = Counter(song for person in people for song, voted in person.votes.items() if voted and not person.removed)
    for song in snapshot["songs"]:
        if song["votes"] < ours[song["id"]] - sum(song["id"] in person.unsure for person in people):
            room.note("snapshot: fewer votes than acknowledged")


async def caught_up(room: Room, people: list[Person], snapshot: dict[str, Any]) -> None:
    """Each phone shows every song at least as new as the snapshot does."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE
    behind = [person for person in people if not person.removed]
    while behind and loop.time() < deadline:
        behind = [person for person in behind if is_behind(person, snapshot)]
        await asyncio.sleep(0.1)
    for _person in behind:
        room.note("socket: the board is behind the snapshot")


def is_behind(person: Person, snapshot: dict[str, Any]) -> bool:
    return any(person.phone.board.revision_of(song["id"]) < song["revision"] for song in snapshot["songs"])


async def remembered(room: Room, person: Person, few: asyncio.Semaphore) -> None:
    """What `me` says is what was acknowledged, no more and no less."""
    async with few:
        answer = await room.ask("GET", "me", token=person.phone.token)
    if answer is None or answer.code == "removed" or not answer.ok:
        return
    room.figures.checked += 1
    acknowledged = {song for song, voted in person.votes.items() if voted}
    said = set(answer.body["votes"])
    if acknowledged - said - person.unsure:
        room.note("me: an acknowledged vote is missing")
    if said - acknowledged - person.unsure:
        room.note("me: a vote that was not cast, or was taken back")
