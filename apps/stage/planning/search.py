"""The `balanced` order: a greedy start, then a local search that moves songs for as long as that costs less.

A song is put in elsewhere, or changes places with one beyond a locked song. When nothing helps, some songs change
places by dice, or a stretch is turned round, and it goes on from there; what came to no better is taken back (iterated
local search, Lourenço, Martin and Stützle 2003). The dice are seeded, and the end comes after a number of looks, not
of seconds: the same songs have the same order.
"""

import random
from functools import reduce
from operator import or_

from apps.stage.planning.choice import Choice
from apps.stage.planning.scores import HONOURED, TINY, Score
from apps.stage.planning.walk import Walk

AHEAD = 12  # songs of the ranking among which the greedy start chooses


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
