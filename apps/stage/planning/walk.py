"""The steps of the search: orders that a move or a shake makes of an order, without reckoning it anew."""

import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from apps.stage.planning.choice import Choice
from apps.stage.planning.scores import HONOURED, TINY, Score

# Moves that are looked at: of a night and for each of its songs; in a short night fewer, by the square of its songs.
LOOKS, LOOKS_A_SONG, LOOKS_A_PAIR = 100_000, 800, 400
REACH = 24  # places between two that change
SHAKEN = 2, 9  # pairs, at least and at most: a little finds what is near, a lot leaves the valley


class Move(NamedTuple):
    """`change` is what it adds to the cost."""

    change: float
    place: int
    to: int
    swaps: bool = False


class Walk:
    """From order to order, with what is needed to tell at once what a move adds to the cost."""

    def __init__(self, choice: Choice, score: Score, order: Sequence[int]) -> None:
        self.score, self.fixed = score, choice.fixed
        self.looks = min(LOOKS + LOOKS_A_SONG * score.size, LOOKS_A_PAIR * score.size**2)
        self.runs = runs(choice, score)
        self.run_of = {place: run for run in self.runs for place in run}
        self.movable = sorted(self.run_of)
        self.pinned = [song.pinned for song in score.songs]
        self.begin(order)

    def begin(self, order: Sequence[int]) -> None:
        score = self.score
        self.order = list(order)
        self.later = score.later(order)  # who plays at a place or behind it
        self.begun = [score.plays[score.after]]  # who plays before it
        for song in order:
            self.begun.append(self.begun[-1] | score.plays[song])
        self.spare = score.by_place(score.votes, order) - (HONOURED - TINY) * score.of_votes

    def descend(self, songs: Iterable[int]) -> None:
        """Looks at these, and again at whatever gets new neighbours."""
        waiting = deque(sorted(songs))
        while waiting and self.looks > 0:
            song = waiting.popleft()
            move = min(self.moves(self.order.index(song)), default=None)
            if move and move.change < -TINY:
                near = self.make(move)
                waiting.extend(sorted(near.difference(waiting)))

    def moves(self, place: int) -> Iterator[Move]:
        """That honour the votes."""
        if place in self.run_of:
            yield from self.slides(place, 1)
            yield from self.slides(place, -1)
            yield from self.swaps(place)

    def slides(self, place: int, step: int) -> Iterator[Move]:
        """Past one song after the other, in one direction. What a step adds to the waiting is a matter of the two songs
        alone: who plays in only one of them waits through the other, or no more, if they play on one side only."""
        score, order, end = self.score, [*self.order, self.score.end, self.score.after], self.run_of[place]
        plays, takes, worth, votes, discount = score.plays, score.takes, score.worth, score.votes, score.discount
        pairs, begun, later = score.pairs, self.begun, self.later
        song = order[place]
        row, mine, my_takes, my_worth, my_votes = pairs[song], plays[song], takes[song], worth[song], votes[song]
        first, last = mine & ~begun[place], mine & ~later[place + 1]  # for whom it is the first, the last
        before, behind = order[place - 1], order[place + 1]
        closed = pairs[before][behind] - row[before] - row[behind]
        waiting, gained, honoured = 0, 0.0, self.spare
        for to in range(place + step, end.stop if step > 0 else end.start - 1, step):
            other = order[to]
            its, next_one = plays[other], order[to + step]
            both = mine & its
            only_mine, only_its = mine ^ both, its ^ both
            waiting += takes[other] * ((only_mine & last).bit_count() - (only_mine & first).bit_count())
            waiting += my_takes * ((only_its & ~begun[to]).bit_count() - (only_its & ~later[to + 1]).bit_count())
            if step > 0:
                first, last = first & ~its, last | (both & ~later[to + 1])
            else:
                first, last = first | (both & ~begun[to]), last & ~its
            share = discount[to - step] - discount[to]
            gained += (worth[other] - my_worth) * share
            honoured += (votes[other] - my_votes) * share
            if honoured >= 0:
                opened = row[other] + row[next_one] - pairs[other][next_one]
                change = score.per_second * waiting * step - score.per_worth * gained + closed + opened
                yield Move(change, place, to)
        self.looks -= abs((end.stop - 1 if step > 0 else end.start) - place)

    def swaps(self, place: int) -> Iterator[Move]:
        """With places that it cannot slide to."""
        run, song = self.run_of[place], self.order[place]
        for other_run in self.runs:
            if other_run is run or self.pinned[self.order[other_run.start]] != self.pinned[song]:
                continue
            for to in other_run:
                if abs(to - place) > REACH:
                    continue
                self.looks -= abs(to - place)
                if self.after_swap(place, to) >= 0:
                    yield Move(self.change_of_swap(place, to), place, to, swaps=True)

    def after_swap(self, place: int, to: int) -> float:
        score = self.score
        more = score.votes[self.order[to]] - score.votes[self.order[place]]
        return self.spare + more * (score.discount[place] - score.discount[to])

    def change_of_swap(self, place: int, to: int) -> float:
        low, high = sorted((place, to))
        old = self.order[low : high + 1]
        return self.stretch(low, [old[-1], *old[1:-1], old[0]]) - self.stretch(low, old)

    def stretch(self, low: int, songs: list[int]) -> float:
        """What songs cost from a place on that hold the places of the same songs in another order."""
        score, high = self.score, low + len(songs)
        line = [*self.order, score.end, score.after]
        last, begun, to_come = line[low - 1], self.begun[low], self.later[high]
        later = [to_come := to_come | score.plays[song] for song in reversed(songs)][-2::-1]
        cost = 0.0
        for place, (song, then) in enumerate(zip(songs, [*later, self.later[high]], strict=True), low):
            waiting = (begun & then & ~score.plays[song]).bit_count()
            cost += score.per_second * score.takes[song] * waiting + score.pairs[last][song]
            cost -= score.per_worth * score.worth[song] * score.discount[place]
            begun, last = begun | score.plays[song], song
        return cost + score.pairs[last][line[high]]

    def make(self, move: Move) -> set[int]:
        """Answers the songs that have new neighbours."""
        order = self.order[:]
        near = self.near(move.place, move.to)
        if move.swaps:
            order[move.place], order[move.to] = order[move.to], order[move.place]
        else:
            order.insert(move.to, order.pop(move.place))
        self.begin(order)
        return near | self.near(move.place, move.to)

    def near(self, *places: int) -> set[int]:
        return {song for place in places for song in self.order[max(0, place - 1) : place + 2]}

    def shake(self, dice: random.Random) -> set[int]:
        """Answers the songs that have new neighbours."""
        return self.swap_some(dice) if dice.randrange(2) else self.turn(dice)

    def turn(self, dice: random.Random) -> set[int]:
        """Songs in a row the other way round: performers wait no longer for that, and no move comes near it."""
        self.looks -= 1
        run = dice.choice(self.runs)
        low, high = sorted(dice.randrange(run.start, run.stop) for _ in range(2))
        before = self.order[:]
        self.begin([*before[:low], *reversed(before[low : high + 1]), *before[high + 1 :]])
        if self.spare >= 0:
            return set(self.order[max(0, low - 1) : high + 2])
        self.begin(before)
        return set()

    def swap_some(self, dice: random.Random) -> set[int]:
        near: set[int] = set()
        for _ in range(dice.randint(*SHAKEN)):
            self.looks -= 1
            one = dice.randrange(len(self.movable) - 1)
            other = min(one + 1 + dice.randrange(REACH), len(self.movable) - 1)
            place, to = self.movable[one], self.movable[other]
            if self.pinned[self.order[place]] == self.pinned[self.order[to]] and self.after_swap(place, to) >= 0:
                near |= self.make(Move(0, place, to, swaps=True))
        return near


def runs(choice: Choice, score: Score) -> list[range]:
    """Places between which songs slide: without a locked one among them, all pinned or none."""
    found: list[range] = []
    for place, song in enumerate(choice.order):
        if place in choice.fixed:
            continue
        last = found[-1] if found else range(0)
        if place and last.stop == place and score.songs[choice.order[place - 1]].pinned == score.songs[song].pinned:
            found[-1] = range(last.start, place + 1)
        else:
            found.append(range(place, place + 1))
    return found
