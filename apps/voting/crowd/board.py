"""What a phone knows of the jam. Rows merge by their own revision, so frames and snapshots come in any order."""

from collections import deque
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

State = dict[str, Any]


class Row(NamedTuple):
    revision: int
    status: str
    votes: int | None


@lru_cache(maxsize=512)
def parsed(text: str) -> State:
    """A frame. All phones of the crowd get the same ones; no need to read each three hundred times."""
    return orjson.loads(text)


class Board:
    def __init__(self) -> None:
        self.songs: dict[int, Row] = {}
        self.recent: deque[State] = deque(maxlen=100)  # frames that a snapshot may be older than
        self.loaded = False
        self.revision = 0
        self.jam_revision = -1
        self.voting = self.suggestions = self.counts = ""

    def replace(self, snapshot: State) -> None:
        """The whole state: what it does not name is gone, unless a frame spoke of it since."""
        known, self.songs = self.songs, {}
        for song in snapshot["songs"]:
            row = Row(song["revision"], song["status"], song["votes"])
            self.songs[song["id"]] = max(row, known.get(song["id"], row), key=lambda r: r.revision)
        self.revision = max(self.revision, snapshot["revision"])
        self.note(snapshot)
        self.loaded = True
        for frame in [frame for frame in self.recent if frame.get("revision", 0) > snapshot["revision"]]:
            self.take(frame)

    def merge(self, frame: State) -> bool:
        """False when it speaks of a song that was never seen whole: time to look at everything again."""
        self.recent.append(frame)
        return self.take(frame) if self.loaded else True

    def take(self, frame: State) -> bool:
        whole = True
        for song in frame.get("songs", ()):
            known = self.songs.get(song["id"])
            if known is None:
                if "title" not in song:
                    whole = whole and song.get("status") == "removed"
                    continue
                known = Row(-1, "open", None)
            if song["revision"] >= known.revision:
                status, votes = song.get("status", known.status), song.get("votes", known.votes)
                self.songs[song["id"]] = Row(song["revision"], status, votes)
        self.revision = max(self.revision, frame.get("revision", 0))
        self.note(frame)
        return whole

    def note(self, state: State) -> None:
        if state.get("jam_revision", -1) >= self.jam_revision and "voting" in state:
            self.jam_revision = state["jam_revision"]
            self.voting, self.suggestions = state["voting"], state["suggestions"]
            self.counts = state["counts"]

    def revision_of(self, song: int) -> int:
        row = self.songs.get(song)
        return row.revision if row else -1

    def open_songs(self) -> dict[int, Row]:
        return {id_: row for id_, row in self.songs.items() if row.status == "open"}
