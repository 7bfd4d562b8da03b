"""The cheapest of all orders, for tests and for `./dev bench setlist`: of up to ten songs within a second or so.

Branch and bound. The bound is exact but for the votes to be honoured: what is still to come costs the same in whatever
order the songs before it stood, but for the last of them, so it is found by dynamic programming over sets of songs
(García de la Banda, Stuckey and Chu 2011, for talent scheduling). A set is a number, a bit for each song.
"""

from typing import NamedTuple

from apps.stage.planning.choice import Choice
from apps.stage.planning.scores import HONOURED, TINY, Score


class Branch(NamedTuple):
    """`least` is what it comes to at least, `cost` and `votes` what its songs cost and honour."""

    least: float
    cost: float
    votes: float
    order: tuple[int, ...] = ()


def optimum(choice: Choice, score: Score) -> tuple[int, ...]:
    ahead = Ahead(choice, score)
    needed = (HONOURED - TINY) * score.of_votes
    best, cheapest = choice.order, score.cost(choice.order)
    start = float(score.per_worth * score.of_worth)
    branches = [Branch(start + ahead.cost(0, score.after), start, 0)]
    while branches:
        branch = branches.pop()
        placed = sum(1 << song for song in branch.order)
        if branch.least >= cheapest - TINY or branch.votes + ahead.votes(placed) < needed:
            continue
        if placed == ahead.all:
            best, cheapest = branch.order, branch.cost
        else:  # the most promising is looked at first
            branches.extend(sorted(ahead.branches(branch, placed), reverse=True))
    return best


class Ahead:
    """What can still come behind a set of songs."""

    def __init__(self, choice: Choice, score: Score) -> None:
        self.score, self.all = score, (1 << score.size) - 1
        self.stays = {place: song for place, song in enumerate(choice.order) if place in choice.fixed}
        self.free = [song for song in range(score.size) if song not in self.stays.values()]
        self.players = [0]  # of each set
        for plays in score.plays[: score.size]:
            self.players += [before | plays for before in self.players]
        self.costs: dict[tuple[int, int], float] = {}

    def branches(self, branch: Branch, placed: int) -> list[Branch]:
        last = branch.order[-1] if branch.order else self.score.after
        share = self.score.discount[len(branch.order)]
        found = []
        for song in self.nexts(placed):
            cost = branch.cost + self.step(placed, last, song)
            least = cost + self.cost(placed | 1 << song, song)
            found.append(Branch(least, cost, branch.votes + self.score.votes[song] * share, (*branch.order, song)))
        return found

    def cost(self, placed: int, last: int) -> float:
        """At least, and just this if any order honours enough of the votes."""
        if placed == self.all:
            return 0
        if (placed, last) not in self.costs:
            ways = (self.step(placed, last, song) + self.cost(placed | 1 << song, song) for song in self.nexts(placed))
            self.costs[placed, last] = min(ways)
        return self.costs[placed, last]

    def votes(self, placed: int) -> float:
        """At most."""
        left = [votes for song, votes in enumerate(self.score.votes) if not placed >> song & 1]
        shares = self.score.discount[placed.bit_count() :]
        return sum(votes * share for votes, share in zip(sorted(left, reverse=True), shares, strict=False))

    def nexts(self, placed: int) -> list[int]:
        place = placed.bit_count()
        if place in self.stays:
            return [self.stays[place]]
        left = [song for song in self.free if not placed >> song & 1]
        return [song for song in left if self.score.songs[song].pinned] or left

    def step(self, placed: int, last: int, song: int) -> float:
        score = self.score
        begun = self.players[placed] | score.plays[score.after]
        waiting = begun & self.players[self.all & ~placed & ~(1 << song)] & ~score.plays[song]
        gained = score.worth[song] * score.discount[placed.bit_count()]
        seconds = score.takes[song] * waiting.bit_count()
        return score.per_second * seconds + score.pairs[last][song] - score.per_worth * gained
