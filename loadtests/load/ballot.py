"""What somebody was told of their votes."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

TAKES_BACK = 0.1  # of all taps take a vote back


@dataclass
class Ballot:
    """`unsure`: songs of which an answer never came, or was none. They are left alone from then on: what was asked may
    yet be done, after anything that is asked later."""

    attendee: int
    token: str
    votes: dict[int, bool] = field(default_factory=dict)
    unsure: set[int] = field(default_factory=set)

    def choose(self, songs: Iterable[int], rng: random.Random) -> tuple[str, int] | None:
        """PUT or DELETE, and for which song; None where there is none of these to tap. Until `told` it is unsure."""
        sure = [song for song in songs if song not in self.unsure]
        mine = [song for song in sure if self.votes.get(song)]
        wanted = [song for song in sure if not self.votes.get(song)]
        if not sure:
            return None
        takes_back = bool(mine) and (not wanted or rng.random() < TAKES_BACK)
        song = rng.choice(mine if takes_back else wanted)
        self.unsure.add(song)
        return "DELETE" if takes_back else "PUT", song

    def told(self, song: int, status: int, voted: bool | None) -> None:
        """`voted`: as the answer says, where there was a good one; status 0: none came."""
        if voted is not None:
            self.votes[song] = voted
        if voted is not None or 400 <= status < 500:
            self.unsure.discard(song)

    def as_json(self) -> dict[str, Any]:
        songs = sorted(song for song, voted in self.votes.items() if voted)
        return {"attendee": self.attendee, "token": self.token, "songs": songs, "unsure": sorted(self.unsure)}
