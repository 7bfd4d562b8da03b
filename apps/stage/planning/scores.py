"""What an order of songs costs: the sum of five shares by their weights. Less is better.

- votes: what is lost against the ranking, where a song counts its votes by its place as in DCG, 1 / log₂(place + 1)
  with places from 1 (Järvelin and Kekäläinen 2002). A song whose required slots are empty counts less, so that it
  stands later and its slots have time to fill.
- waiting: the time in which performers who have begun and are not done do not play, as in the rehearsal problem (CSPLib
  prob039), of the whole night of all of them. A song takes its duration and the changeover.
- rest: how often somebody plays twice in a row, which is as bad as to wait through six songs.
- artist, tempo: neighbours of the same artist, and of about the same tempo, of all neighbours.

However much the rest would gain, an order that honours less than HONOURED of the votes, counted by place, is none.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from apps.stage.planning.choice import Choice
from apps.stage.planning.plans import Candidate, Night

VOTES, WAITING, ARTIST, TEMPO = 1.0, 1.5, 0.1, 0.05
REST = 6 * WAITING
COVERAGE = 0.5  # of its votes a song loses so much when all its required slots are empty
HONOURED = 0.9
SAME_TEMPO = 8  # bpm
TINY = 1e-9  # what sums of fractions may differ by


class Terms(NamedTuple):
    """In what an order costs, weighted."""

    votes: float
    waiting: float
    rest: float
    artist: float
    tempo: float


class Measures(NamedTuple):
    """For people: the share of the votes, seconds of all performers together, how often one plays twice in a row."""

    honoured: float
    waiting: int
    tight: int


class Score:
    """Of orders of one choice of songs; an order has their indexes. Performers are bits of a number, so that a set of
    them costs one step whatever its size."""

    def __init__(self, choice: Choice, night: Night) -> None:
        self.songs, self.size = choice.songs, len(choice.songs)
        self.after, self.end = self.size, self.size + 1  # indexes of what stands before the first and behind the last
        before = [night.after] if night.after else []
        everybody = sorted({performer for song in (*self.songs, *before) for performer in song.performers})
        bit = {performer: 1 << n for n, performer in enumerate(everybody)}
        self.everybody = everybody
        self.plays = [sum(bit[performer] for performer in song.performers) for song in (*self.songs, *before)]
        self.artists = [song.artist.casefold() for song in (*self.songs, *before)]
        self.tempos = [song.tempo for song in (*self.songs, *before)]
        if not before:
            self.plays, self.artists, self.tempos = [*self.plays, 0], [*self.artists, ""], [*self.tempos, None]
        self.takes = [song.seconds + night.changeover for song in self.songs]
        self.discount = [1 / math.log2(place + 2) for place in range(self.size + 1)]
        self.votes = [float(song.votes) for song in self.songs]
        self.worth = [worth(song) for song in self.songs]
        self.of_votes = self.by_place(self.votes, choice.order)
        self.of_worth = self.by_place(self.worth, choice.order)
        self.per_worth = VOTES / self.of_worth if self.of_worth else 0
        self.per_second = WAITING / (sum(self.takes) * len(everybody) or 1)
        self.per_tight = REST / (self.size * len(everybody) or 1)
        self.per_artist, self.per_tempo = (weight / max(1, self.size - 1) for weight in (ARTIST, TEMPO))
        self.pairs = self.costs_of_pairs()

    def cost(self, order: Sequence[int]) -> float:
        return math.fsum(self.terms(order))

    def terms(self, order: Sequence[int]) -> Terms:
        pairs = list(zip((self.after, *order), order, strict=False))
        return Terms(
            VOTES - self.per_worth * self.by_place(self.worth, order) if self.of_worth else 0.0,
            self.per_second * self.waiting(order),
            self.per_tight * sum(self.tight(a, b) for a, b in pairs),
            self.per_artist * sum(self.same_artist(a, b) for a, b in pairs),
            self.per_tempo * sum(self.same_tempo(a, b) for a, b in pairs),
        )

    def measures(self, order: Sequence[int]) -> Measures:
        tight = sum(self.tight(a, b) for a, b in zip((self.after, *order), order, strict=False))
        return Measures(self.honoured(order), self.waiting(order), tight)

    def honoured(self, order: Sequence[int]) -> float:
        return self.by_place(self.votes, order) / self.of_votes if self.of_votes else 1.0

    def by_place(self, counts: Sequence[float], order: Sequence[int]) -> float:
        return sum(counts[song] * share for song, share in zip(order, self.discount, strict=False))

    def waiting(self, order: Sequence[int]) -> int:
        begun, seconds = self.plays[self.after], 0
        later = self.later(order)
        for place, song in enumerate(order):
            seconds += self.takes[song] * (begun & later[place + 1] & ~self.plays[song]).bit_count()
            begun |= self.plays[song]
        return seconds

    def later(self, order: Sequence[int]) -> list[int]:
        """Who plays at a place or behind it."""
        found = [0] * (len(order) + 1)
        for place in range(len(order) - 1, -1, -1):
            found[place] = found[place + 1] | self.plays[order[place]]
        return found

    def costs_of_pairs(self) -> list[list[float]]:
        """Of two songs one after the other, whichever comes first. Behind the last song comes `end`, which is free."""
        costs = [[0.0] * (self.size + 2) for _ in range(self.size + 2)]
        for a in range(self.size + 1):
            row = costs[a]
            for b in range(a):
                row[b] = costs[b][a] = (
                    self.per_tight * self.tight(a, b)
                    + self.per_artist * self.same_artist(a, b)
                    + self.per_tempo * self.same_tempo(a, b)
                )
        return costs

    def tight(self, a: int, b: int) -> int:
        return (self.plays[a] & self.plays[b]).bit_count()

    def players_of(self, mask: int) -> set[int]:
        return {performer for n, performer in enumerate(self.everybody) if mask >> n & 1}

    def same_artist(self, a: int, b: int) -> bool:
        return bool(self.artists[a]) and self.artists[a] == self.artists[b]

    def same_tempo(self, a: int, b: int) -> bool:
        one, other = self.tempos[a], self.tempos[b]
        return one is not None and other is not None and abs(one - other) <= SAME_TEMPO


def worth(song: Candidate) -> float:
    return song.votes * (1 - COVERAGE * min(1, len(song.missing) / (song.required or 1)))
