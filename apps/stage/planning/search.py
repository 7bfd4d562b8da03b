"""The `balanced` order: a greedy start, then a local search that moves songs for as long as that costs less.

A song is put in elsewhere, or changes places with one beyond a locked song. When nothing helps, a few songs change
places by dice and it goes on from there; what came to no better is taken back (iterated local search, Lourenço, Martin
and Stützle 2003). The dice are seeded, and the end comes after a number of looks, not of seconds: the same songs have
the same order.
"""

import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import NamedTuple

from apps.stage.planning.choice import Choice
from apps.stage.planning.scores import HONOURED, TINY, Score

# Moves that are looked at: of a night and for each of its songs; in a short night fewer, by the square of its songs.
LOOKS, LOOKS_A_SONG, LOOKS_A_PAIR = 100_000, 800, 400
AHEAD = 12  # songs of the ranking among which the greedy start chooses
REACH = 24  # places between two that change
SHAKEN = 3  # pairs


class Move(NamedTuple):
    """`change` is what it adds to the cost."""

    change: float
    place: int
    to: int
    swaps: bool = False


def search(choice: Choice, score: Score) -> tuple[int, ...]:
    walk = Walk(choice, score, start(choice, score))
    walk.descend(walk.order)
    best, dice = tuple(walk.order), random.Random(0)  # noqa: S311 - no secret
    cost = score.cost(best)
    while walk.looks > 0 and len(walk.movable) > 1:
        walk.descend(walk.shake(dice))
        if (found := score.cost(walk.order)) < cost - TINY:
            best, cost = tuple(walk.order), found
        else:
            walk.begin(best)
    return best


def start(choice: Choice, score: Score) -> tuple[int, ...]:
    """The greedy order, or that of the ranking where it is no better or does not honour the votes."""
    orders = [choice.order, greedy(choice, score)]
    return min((order for order in orders if score.honoured(order) >= HONOURED - TINY), key=score.cost)


def greedy(choice: Choice, score: Score) -> tuple[int, ...]:
    """Place by place the song that costs least there, of the next in the ranking; pinned ones before all others."""
    free = [song for place, song in enumerate(choice.order) if place not in choice.fixed]
    order: list[int] = []
    begun = score.plays[score.after]
    for place, song in enumerate(choice.order):
        if place not in choice.fixed:
            locked = (choice.order[at] for at in choice.fixed if at > place)
            to_come = reduce(or_, (score.plays[one] for one in (*free, *locked)), 0)
            last = order[-1] if order else score.after
            song = cheapest(free, score, place, last, begun & to_come)  # noqa: PLW2901
            free.remove(song)
        order.append(song)
        begun |= score.plays[song]
    return tuple(order)


def cheapest(free: list[int], score: Score, place: int, last: int, standing: int) -> int:
    best, cheapest_cost, overtaken = free[0], float("inf"), 0.0
    for ahead, song in enumerate(free[:AHEAD]):
        if score.songs[song].pinned != score.songs[free[0]].pinned:
            break
        # It comes so much earlier, and each that it overtakes a place later.
        gained = score.worth[song] * (score.discount[place] - score.discount[min(place + ahead, score.size)])
        lost = overtaken * (score.discount[place] - score.discount[place + 1])
        waiting = score.takes[song] * (standing & ~score.plays[song]).bit_count()
        cost = score.per_worth * (lost - gained) + score.per_second * waiting + score.pairs[last][song]
        if cost < cheapest_cost:
            best, cheapest_cost = song, cost
        overtaken += score.worth[song]
    return best


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
        near: set[int] = set()
        for _ in range(SHAKEN):
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
