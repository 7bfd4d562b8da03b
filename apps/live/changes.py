"""What is told of a stream: absolute states, each with the revision of its row."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

HOST = "host"  # the address of those whose rights can end
CLOSE = "close"  # the part of changes that no frame has: they close the sockets of their address

Message = Mapping[str, Any]  # a Change as it travels


class Change(NamedTuple):
    """A state of one thing. `part` names the list of the frame it stands in; "" means the frame itself, where `id`
    only keeps apart what does not share a revision.

    A state says everything that the live page shows changing, so that the newest revision alone is right;
    facts that hold for good (a title) may be left out.
    `to` addresses it to some sockets only ("host", "attendee:7"); "" is for all.
    """

    state: Mapping[str, Any]
    revision: int
    part: str = ""
    id: int = 0
    to: str = ""


class Close(IntEnum):
    """Why a socket is closed. docs/api.md says what a client does then."""

    TRY_LATER = 1013
    CHANGED = 4403  # what it may hear
    UNKNOWN = 4404
    SLOW = 4408
    TOO_MUCH = 4429


class Changes:
    """The newest state of each thing. Threads overtake each other between commit and publication; revisions do not.

    `committed`: when the oldest change was, in milliseconds; 0 where nobody knows.
    """

    def __init__(self, committed: int = 0) -> None:
        self.known: dict[tuple[str, str, int], Message] = {}
        self.committed = committed

    def __bool__(self) -> bool:
        return bool(self.known)

    def add(self, changes: Iterable[Message], committed: int = 0) -> None:
        self.committed = min(self.committed or committed, committed or self.committed)
        for change in changes:
            key = (change["to"], change["part"], change["id"])
            older, newer = self.known.get(key, change), change
            if older["revision"] > newer["revision"]:
                older, newer = newer, older
            self.known[key] = {**newer, "state": {**older["state"], **newer["state"]}}

    def messages(self) -> list[Message]:
        return list(self.known.values())

    def frames(self) -> dict[str, dict[str, Any]]:
        """By address: `{"songs": [{"id", "revision", …}], …}`."""
        frames: dict[str, dict[str, Any]] = {}
        for (to, part, id_), change in self.known.items():
            frame = frames.setdefault(to, {})
            if part:
                frame.setdefault(part, []).append({"id": id_, "revision": change["revision"], **change["state"]})
            else:
                frame.update(change["state"])
        return frames
