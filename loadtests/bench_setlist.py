"""The `balanced` set list beside the ranking, on nights that are made up but the same each time: what performers gain,
what the votes lose, how far from the best order it ends, and what it takes. No stores, no server: it is a function.

A night has 30 to 60 songs for four hours, 12 to 40 performers of one or two instruments, some of them far more eager
than others, and votes by Zipf's law. On some everybody has three sign-ups, as a jam begins with; on others there is no
cap.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import mean, median

from apps.stage.planning.algorithms import ALGORITHMS
from apps.stage.planning.choice import choose
from apps.stage.planning.optimum import optimum
from apps.stage.planning.plans import Candidate, Night
from apps.stage.planning.scores import Measures, Score
from apps.stage.planning.search import search
from apps.stage.planning.walk import Walk
from loadtests.bench import Row
from loadtests.machine import about

STARTS = datetime(2026, 5, 7, 20, tzinfo=UTC)
NIGHT = Night(STARTS, seconds=4 * 3600)
CAPS = {"three sign-ups each": 3, "no cap": None}
PLAYED_BY = {"vocals": 3, "guitar": 4, "bass": 2, "drums": 2, "keys": 1.5, "sax": 1}  # of people who play at all
REQUIRED, MORE = ("vocals", "guitar", "bass", "drums"), ("guitar", "keys", "sax")
FILLED = 0.85  # of the slots that somebody is there for
MOST_VOTES = 60
GAIN, HONOURED, GAP = 30, 90, 5  # %
LARGE = {(500, 150): 2, (1_000, 300): 30}  # songs and performers: seconds
A_MOVE = 0.02  # of an order reckoned anew


def run(*, short: bool) -> list[Row]:
    nights, small = (8, 12) if short else (100, 300)
    print(f"{about()}; {nights} nights with and {nights} without a cap, {small} of 5 to 10 songs for the optimum")
    rows = [row for name, cap in CAPS.items() for row in gains(name, cap, nights)]
    rows.append(gap(small))
    rows += [times(songs, performers, most) for (songs, performers), most in LARGE.items()]
    return [*rows, a_move(), differing(nights)]


def gains(name: str, cap: int | None, nights: int) -> Iterator[Row]:
    found, took, beyond_help = [], [], []
    for seed in range(nights):
        choice = choose(night_of(seed, cap=cap), NIGHT)
        begun = time.process_time()
        score = Score(choice, NIGHT)
        order = search(choice, score)
        took.append(time.process_time() - begun)
        found.append((score.measures(choice.order), score.measures(order)))
        beyond_help.append(twice_at_least(choice.songs))
    less = [100 * (1 - ours.waiting / plain.waiting) for plain, ours in found]
    kept = [100 * ours.honoured for _plain, ours in found]
    spread = f"{min(less):.0f} to {max(less):.0f} %; {hours(found)}"
    yield Row(f"{name}, less waiting", mean(less), "%", least=GAIN, note=spread)
    worst = f"the worst night; mean {mean(kept):.1f} %"
    yield Row(f"{name}, votes honoured", min(kept), "%", least=HONOURED, note=worst)
    plain, ours = (mean(pair[which].tight for pair in found) for which in (0, 1))
    helpless = f"performers; {mean(beyond_help):.3g} cannot be helped, by how often they play"
    yield Row(f"{name}, twice in a row", ours, "a night", plain, ours / plain, of="ranking", note=helpless)
    yield Row(f"{name}, time", 1000 * median(took), "ms CPU", note=f"the longest {1000 * max(took):.0f} ms")


def twice_at_least(songs: Sequence[Candidate]) -> int:
    """Who plays in more than every other song plays twice in a row, wherever they stand."""
    played = Counter(performer for song in songs for performer in song.performers)
    return sum(max(0, 2 * times - len(songs) - 1) for times in played.values())


def hours(found: list[tuple[Measures, Measures]]) -> str:
    plain, ours = (mean(pair[which].waiting for pair in found) / 3600 for which in (0, 1))
    return f"{ours:.1f} hours of all together instead of {plain:.1f}"


def gap(nights: int) -> Row:
    found = []
    for seed in range(nights):
        dice = random.Random(seed)
        songs = night_of(seed, songs=dice.randint(5, 10), performers=dice.randint(4, 14), cap=dice.choice([3, None]))
        choice = choose(songs, NIGHT)
        score = Score(choice, NIGHT)
        best = score.cost(optimum(choice, score))
        more = score.cost(search(choice, score)) - best
        found.append(100 * more / best if more > 1e-9 else 0)
    note = f"the worst night; {sum(not one for one in found)} of {nights} are at the optimum"
    return Row("above the optimum", max(found), "%", most=GAP, note=note)


def times(songs: int, performers: int, most: float) -> Row:
    """Everything included; no end of the night."""
    candidates, night = night_of(0, songs=songs, performers=performers), Night(STARTS)
    took = timed(lambda: ALGORITHMS["balanced"](candidates, night))
    plain = timed(lambda: ALGORITHMS["votes"](candidates, night))
    note = f"by votes {1000 * plain:.0f} ms"
    return Row(f"{songs:,} songs, {performers} performers", took, "s CPU", most=most, note=note)


def a_move() -> Row:
    """What it takes to look at a move, beside the cost of its order reckoned anew: E."""
    choice = choose(night_of(0, songs=500, performers=150), Night(STARTS))
    score = Score(choice, Night(STARTS))
    walk = Walk(choice, score, choice.order)
    floor = timed(lambda: score.cost(choice.order), 20) * 1e6
    places = range(0, 500, 10)
    looked = sum(1 for place in places for _move in walk.moves(place))
    took = timed(lambda: [move for place in places for move in walk.moves(place)]) * 1e6 / looked
    return Row("a move, 500 songs", took, "µs CPU", floor, took / floor, most=A_MOVE, of="E", note="E: the whole order")


def differing(nights: int) -> Row:
    found = 0
    for seed in range(nights):
        songs = night_of(seed)
        plan = ALGORITHMS["balanced"](songs, NIGHT)
        random.Random(seed).shuffle(songs)
        found += ALGORITHMS["balanced"](songs, NIGHT) != plan
    return Row("plans that differ, said again", found, "plans", most=0, note="the same songs in another order")


def timed(run: Callable[[], object], times: int = 1) -> float:
    begun = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - begun) / times


def night_of(
    seed: int, *, songs: int | None = None, performers: int | None = None, cap: int | None = None
) -> list[Candidate]:
    dice = random.Random(seed)
    songs, performers = songs or dice.randint(30, 60), performers or dice.randint(12, 40)
    instruments, weights = list(PLAYED_BY), list(PLAYED_BY.values())
    plays = [set(dice.choices(instruments, weights, k=dice.choice([1, 1, 2]))) for _ in range(performers)]
    eager = [dice.paretovariate(1.2) for _ in range(performers)]
    left = [cap or songs] * performers
    ranks = dice.sample(range(1, songs + 1), songs)
    return [candidate(dice, pk, MOST_VOTES // ranks[pk - 1], plays, eager, left) for pk in range(1, songs + 1)]


def candidate(
    dice: random.Random, pk: int, votes: int, plays: list[set[str]], eager: list[float], left: list[int]
) -> Candidate:
    on_it: set[int] = set()
    missing = []
    for place, instrument in enumerate((*REQUIRED, *dice.sample(MORE, dice.choice([0, 0, 1, 2])))):
        could = [who for who, able in enumerate(plays) if instrument in able and who not in on_it and left[who]]
        if could and dice.random() < FILLED:
            who = dice.choices(could, [eager[who] for who in could])[0]
            on_it.add(who)
            left[who] -= 1
        elif place < len(REQUIRED):
            missing.append(instrument)
    return Candidate(
        pk,
        votes,
        STARTS - timedelta(seconds=dice.randrange(7_200)),
        duration=dice.randrange(150, 400),
        tempo=dice.randrange(70, 180),
        artist=f"Artist {min(40, int(dice.paretovariate(0.7)))}",
        performers=frozenset(on_it),
        missing=tuple(missing),
        required=len(REQUIRED),
    )
