"""Set lists: what is played and when, and that what is said about it is true."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from apps.stage.planning.algorithms import ALGORITHMS, in_order
from apps.stage.planning.choice import choose, rank
from apps.stage.planning.optimum import optimum
from apps.stage.planning.plans import CHANGEOVER, UNKNOWN_DURATION, Candidate, Night, Reason
from apps.stage.planning.reasons import put_back
from apps.stage.planning.scores import COVERAGE, HONOURED, SAME_TEMPO, VOTES, Score
from apps.stage.planning.search import greedy, search
from apps.stage.planning.walk import Walk

EIGHT = datetime(2026, 5, 7, 20, tzinfo=UTC)
BOTH = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=list(ALGORITHMS))
BALANCED = ALGORITHMS["balanced"]


def song(pk, votes=0, *, counted=0, **fields):
    fields["performers"] = frozenset(fields.pop("performers", ()))
    return Candidate(pk, votes, EIGHT - timedelta(hours=1, seconds=-counted), **fields)


def scored(songs, night):
    choice = choose(songs, night)
    return choice, Score(choice, night)


def reasons(plan):
    return {entry.song: [reason.code for reason in entry.reasons] for entry in plan.entries}


songs_of_any_kind = some.builds(
    song,
    some.just(0),
    some.sampled_from([0, 0, 1, 2, 3, 5, 40]),
    counted=some.integers(0, 5),
    pinned=some.sampled_from([False, False, False, True]),
    duration=some.none() | some.integers(30, 600),
    tempo=some.none() | some.integers(60, 180),
    artist=some.sampled_from(["", "Ash", "ASH", "Blur", "Cake"]),
    performers=some.frozensets(some.integers(1, 6), max_size=4),
    missing=some.sampled_from([(), (), ("drums",), ("drums", "bass")]),
    required=some.just(2),
)


@some.composite
def nights(draw, most=12):
    """Candidates with ids from 1, and what a host may settle about them."""
    drawn = draw(some.lists(songs_of_any_kind, max_size=most))
    songs = [replace(one, id=pk) for pk, one in enumerate(drawn, 1)]
    places = draw(some.lists(some.integers(0, most + 1), unique=True, max_size=3))
    locked = draw(some.permutations(range(1, most + 2)))[: len(places)]
    night = Night(
        EIGHT,
        seconds=draw(some.none() | some.integers(0, 4_000)),
        changeover=draw(some.sampled_from([0, 60, 120])),
        locked=dict(zip(places, locked, strict=True)),
        playable_only=draw(some.booleans()),
        after=draw(some.none() | songs_of_any_kind),
    )
    return songs, night


any_night = settings(deadline=None, max_examples=60)

# What is played ---------------------------------------------------------------------------------------


def test_votes_is_the_ranking():
    songs = [song(1, 3, counted=9), song(2, 3, counted=4), song(3, 7), song(4, 0, pinned=True), song(5, 3, counted=9)]

    plan = ALGORITHMS["votes"](songs, Night(EIGHT))

    assert plan.songs == [4, 3, 2, 1, 5]  # pinned, votes, the earlier change of the count, id
    assert reasons(plan) == {4: ["pinned"], 3: ["votes"], 2: ["votes"], 1: ["tie"], 5: ["tie"]}
    assert plan.entries[3].reasons == (Reason("tie", {"votes": 3, "song": 2}),)


@BOTH
def test_each_song_has_its_time(algorithm):
    songs = [song(1, 9, duration=200), song(2, 5), song(3, 1, duration=300)]

    first, second, third = algorithm(songs, Night(EIGHT)).entries

    assert (first.song, first.starts, first.ends, first.timed) == (1, EIGHT, EIGHT + timedelta(seconds=200), True)
    assert second.starts == EIGHT + timedelta(seconds=200 + CHANGEOVER)
    assert (second.seconds, second.timed) == (UNKNOWN_DURATION, False)
    assert third.starts == second.starts + timedelta(seconds=UNKNOWN_DURATION + CHANGEOVER)


@BOTH
def test_a_song_that_does_not_fit_leaves_room_for_shorter_ones(algorithm):
    songs = [song(1, 9, duration=200), song(2, 5, duration=301), song(3, 1, duration=300), song(4, 0, duration=1)]

    plan = algorithm(songs, Night(EIGHT, seconds=600, changeover=100))

    assert plan.songs == [1, 3]  # no changeover behind the last
    assert [(one.song, one.reason) for one in plan.left_out] == [
        (2, Reason("no_time", {"seconds": 301, "left": 300})),
        (4, Reason("no_time", {"seconds": 1, "left": 0})),
    ]


@BOTH
def test_a_host_can_insist_on_playable_songs(algorithm):
    songs = [song(1, 9, missing=("drums",), required=4), song(2, 1)]

    plan = algorithm(songs, Night(EIGHT, playable_only=True))

    assert plan.songs == [2]
    assert plan.left_out[0].reason == Reason("not_playable", {"missing": ("drums",)})
    assert set(algorithm(songs, Night(EIGHT)).songs) == {1, 2}


@BOTH
def test_what_the_host_locks_stays_whatever_the_time(algorithm):
    songs = [song(1, 9, missing=("drums",), required=1), song(2, 5), song(3, 1), song(4, 0)]

    plan = algorithm(songs, Night(EIGHT, seconds=0, locked={0: 4, 1: 1}, playable_only=True))

    assert plan.songs == [4, 1]
    assert reasons(plan) == {4: ["locked"], 1: ["locked"]}


@BOTH
def test_locked_songs_close_up_when_there_are_too_few(algorithm):
    plan = algorithm([song(1, 9), song(2), song(3)], Night(EIGHT, locked={7: 1, 4: 2, 5: 99}))

    assert plan.songs == [3, 2, 1]


@pytest.mark.parametrize("locked", [{0: 1, 1: 1}, {-1: 1}])
def test_a_lock_that_cannot_be_is_refused(locked):
    with pytest.raises(ValueError, match="locked to one place"):
        Night(EIGHT, locked=locked)


@any_night
@given(nights())
def test_both_play_what_fits_by_rank_and_say_what_they_leave_out(drawn):
    songs, night = drawn
    votes, balance = (algorithm(songs, night) for algorithm in ALGORITHMS.values())

    assert sorted([*votes.songs, *(one.song for one in votes.left_out)]) == [one.id for one in songs]
    assert sorted(balance.songs) == sorted(votes.songs)
    assert balance.left_out == votes.left_out
    ranked = [one.id for one in sorted(songs, key=rank) if one.id not in night.locked.values()]
    assert [pk for pk in votes.songs if pk not in night.locked.values()] == [
        pk for pk in ranked if pk in set(votes.songs)
    ]
    if night.seconds is None and not night.playable_only:
        assert len(votes.songs) == len(songs)


@any_night
@given(nights())
def test_the_time_is_kept_and_used(drawn):
    songs, night = drawn
    seconds = {one.id: one.seconds for one in songs}
    known = [pk for pk in night.locked.values() if pk in seconds]
    for algorithm in ALGORITHMS.values():
        plan = algorithm(songs, night)

        used = (plan.entries[-1].ends - EIGHT).total_seconds() if plan.entries else -night.changeover
        starts = [entry.starts for entry in plan.entries]
        assert starts[:1] in ([], [EIGHT])
        assert all(
            entry.ends + timedelta(seconds=night.changeover) == later.starts for entry, later in pairwise(plan.entries)
        )
        if night.seconds is not None and used > night.seconds:
            assert sorted(plan.songs) == sorted(known)  # the host's own doing
        for one in plan.left_out:
            if one.reason.code == "no_time":
                assert used + night.changeover + seconds[one.song] > night.seconds


@any_night
@given(nights())
def test_locked_songs_keep_their_places_and_pinned_ones_come_before_the_others(drawn):
    songs, night = drawn
    by_id = {one.id: one for one in songs}
    locked = {place: pk for place, pk in night.locked.items() if pk in by_id}
    plans = [algorithm(songs, night) for algorithm in ALGORITHMS.values()]

    for plan in plans:
        if len(plan.songs) > max(locked, default=0):
            assert {place: plan.songs[place] for place in locked} == locked
        free = [by_id[pk].pinned for pk in plan.songs if pk not in locked.values()]
        assert free == sorted(free, reverse=True)
    assert len({tuple(plan.songs.index(pk) for pk in locked.values()) for plan in plans}) == 1


@any_night
@given(nights(), some.randoms(use_true_random=False))
def test_the_same_songs_have_the_same_plan(drawn, dice):
    songs, night = drawn
    performers = [frozenset(sorted(one.performers, reverse=True)) for one in songs]
    shuffled = [replace(one, performers=theirs) for one, theirs in zip(songs, performers, strict=True)]
    dice.shuffle(shuffled)

    for algorithm in ALGORITHMS.values():
        assert algorithm(shuffled, night) == algorithm(songs, night)


# Balance ----------------------------------------------------------------------------------------------


def test_nobody_plays_twice_in_a_row_where_it_can_be_helped():
    songs = [song(1, 9, performers={1, 2}), song(2, 9, performers={1, 3}), song(3, 8, performers={4})]

    plan = BALANCED(songs, Night(EIGHT))

    assert plan.songs[1] == 3
    assert "rest" in reasons(plan)[3]


def test_who_is_on_stage_until_then_has_a_rest_too():
    songs = [song(1, 9, performers={1}), song(2, 9, performers={2})]

    plan = BALANCED(songs, Night(EIGHT, after=song(7, performers={1})))

    assert plan.songs == [2, 1]
    assert plan.entries[0].reasons[0] == Reason("rest", {"times": 1, "performers": ()})
    assert plan.entries[1].reasons[0] == Reason("rest", {"times": 1, "performers": (1,)})


def test_performers_do_not_wait_through_songs_of_others():
    mine, others = {1, 2, 3}, ({4}, {5}, {6}, {7})
    songs = [song(1, 2, performers=mine), *(song(n, 2, performers=o) for n, o in enumerate(others, 2))]
    songs.append(song(9, 1, performers=mine))

    plan = BALANCED(songs, Night(EIGHT))

    assert abs(plan.songs.index(9) - plan.songs.index(1)) == 2  # a rest, and no more


def test_artists_and_tempos_change():
    artists = [song(1, 9, artist="Ash"), song(2, 9, artist="ash"), song(3, 9, artist="Blur")]
    tempos = [song(1, 9, tempo=120), song(2, 9, tempo=120 + SAME_TEMPO), song(3, 9, tempo=90)]

    by_artist, by_tempo = BALANCED(artists, Night(EIGHT)), BALANCED(tempos, Night(EIGHT))

    assert by_artist.songs[1] == by_tempo.songs[1] == 3
    assert Reason("artist", {"artist": None}) in by_artist.entries[1].reasons
    assert Reason("tempo", {"tempo": None}) in by_tempo.entries[1].reasons


def test_songs_whose_slots_are_empty_wait_for_them():
    songs = [song(1, 9, missing=("drums", "bass"), required=2), song(2, 8), song(3, 7)]

    plan = BALANCED(songs, Night(EIGHT))

    assert plan.songs == [2, 3, 1]
    assert plan.entries[0].reasons == (Reason("more_votes"),)  # than the third, which would come before it
    assert plan.entries[1].reasons == (Reason("ready"),)
    assert plan.entries[2].reasons == (Reason("missing", {"missing": ("drums", "bass")}),)


def test_without_anything_to_balance_the_ranking_stands():
    songs = [song(n, 20 - n) for n in range(1, 9)]

    assert BALANCED(songs, Night(EIGHT)).songs == list(range(1, 9))
    assert BALANCED([], Night(EIGHT)).songs == []


@any_night
@given(nights())
def test_the_search_never_ends_worse_than_it_started_and_honours_the_votes(drawn):
    songs, night = drawn
    choice, score = scored(songs, night)

    order, first = search(choice, score), greedy(choice, score)

    assert sorted(first) == sorted(order) == list(range(score.size))
    assert score.honoured(order) >= HONOURED - 1e-6
    assert score.cost(order) <= score.cost(choice.order) + 1e-6
    if score.honoured(first) >= HONOURED:
        assert score.cost(order) <= score.cost(first) + 1e-6


def test_nine_tenths_of_the_votes_are_honoured_however_much_waiting_that_costs():
    """Without the rule the first song, in which everybody plays, would come sixth, with 76 % honoured."""
    everybody = range(1, 11)
    songs = [song(1, 3, performers=everybody, duration=240)]
    songs += [song(1 + one, one % 2, performers=[one], duration=240) for one in everybody]

    choice, score = scored(songs, Night(EIGHT))

    assert score.honoured(search(choice, score)) >= 0.9
    assert score.honoured([1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10]) < 0.8


# The same nights each time: one in hundreds is further from it, and dice would find that one some day.
@settings(deadline=None, max_examples=60, derandomize=True)
@given(nights(most=8))
def test_the_search_comes_within_a_twentieth_of_the_optimum(drawn):
    choice, score = scored(*drawn)

    best = score.cost(optimum(choice, score))

    assert best - 1e-6 <= score.cost(search(choice, score)) <= best + 0.05 * abs(best) + 1e-6


@settings(deadline=None, max_examples=30)
@given(nights(most=6))
def test_the_optimum_is_the_best_of_all_orders(drawn):
    choice, score = scored(*drawn)

    found = optimum(choice, score)

    allowed = [order for order in permutations(range(score.size)) if is_allowed(choice, score, order)]
    assert found in allowed
    assert score.cost(found) == pytest.approx(min(map(score.cost, allowed)))


def is_allowed(choice, score, order):
    free = [score.songs[index].pinned for place, index in enumerate(order) if place not in choice.fixed]
    stay = all(order[place] == choice.order[place] for place in choice.fixed)
    return stay and free == sorted(free, reverse=True) and score.honoured(order) >= HONOURED - 1e-9


@any_night
@given(nights(), some.randoms(use_true_random=False))
def test_a_move_adds_what_was_foretold(drawn, dice):
    choice, score = scored(*drawn)
    walk = Walk(choice, score, choice.order)
    for _ in range(5):
        moves = [move for place in range(score.size) for move in walk.moves(place)]
        for move in moves:
            before = list(walk.order)
            walk.make(move)
            assert score.cost(walk.order) - score.cost(before) == pytest.approx(move.change, abs=1e-7)
            assert is_allowed(choice, score, walk.order)
            walk.begin(before)
        if moves:
            walk.make(dice.choice(moves))


@any_night
@given(nights(), some.randoms(use_true_random=False))
def test_a_shake_keeps_to_the_rules(drawn, dice):
    choice, score = scored(*drawn)
    walk = Walk(choice, score, choice.order)

    for _ in range(20 if len(walk.movable) > 1 else 0):
        walk.shake(dice)
        assert is_allowed(choice, score, walk.order)


def test_the_search_ends_after_a_number_of_looks():
    choice, score = scored([song(1, 9, performers={1}), song(2, 9, performers={1}), song(3, 8)], Night(EIGHT))
    walk = Walk(choice, score, choice.order)
    walk.looks = 0

    walk.descend(choice.order)
    assert tuple(walk.order) == choice.order
    walk.looks = 100
    walk.descend(choice.order)

    assert tuple(walk.order) != choice.order
    assert 0 < walk.looks < 100


# What it costs ----------------------------------------------------------------------------------------

REHEARSAL = ["110101101", "110111010", "110000110", "100011001", "001011110"], [2, 4, 1, 3, 3, 2, 5, 7, 6]


def test_waiting_is_that_of_the_rehearsal_problem():
    """CSPLib prob039: 49 in the order given, 17 at best."""
    players, durations = REHEARSAL
    songs = [
        song(n, duration=seconds, performers={p for p, plays in enumerate(players) if plays[n] == "1"})
        for n, seconds in enumerate(durations)
    ]
    choice, score = scored(songs, Night(EIGHT, changeover=0))
    score.pairs = [[0.0] * len(row) for row in score.pairs]  # nothing but waiting

    assert score.waiting(range(9)) == 49
    assert score.waiting(optimum(choice, score)) == 17


@any_night
@given(nights())
def test_waiting_and_rest_are_what_each_performer_has(drawn):
    songs, night = drawn
    choice, score = scored(songs, night)

    measured = score.measures(choice.order)

    line = [choice.songs[index] for index in choice.order]
    assert measured.waiting == waited(line, night)
    assert measured.tight == twice_in_a_row(line, night)


def waited(line, night):
    """Performer by performer; who is on stage before the first song has begun."""
    line = [*([night.after] if night.after else []), *line]
    seconds = 0
    for performer in {performer for one in line for performer in one.performers}:
        places = [place for place, one in enumerate(line) if performer in one.performers]
        between = [one for one in line[places[0] : places[-1]] if performer not in one.performers]
        seconds += sum(one.seconds + night.changeover for one in between)
    return seconds


def twice_in_a_row(line, night):
    line = [*([night.after] if night.after else []), *line]
    return sum(len(one.performers & then.performers) for one, then in pairwise(line))


def test_votes_count_by_place_and_less_without_performers():
    songs = [song(1, 30), song(2, 10, missing=("drums",), required=2), song(3, 0)]
    _choice, score = scored(songs, Night(EIGHT))

    assert score.honoured((1, 0, 2)) == pytest.approx((10 + 30 / 1.5849625) / (30 + 10 / 1.5849625))
    assert score.worth == [30, 10 * (1 - COVERAGE / 2), 0]
    assert score.terms((0, 1, 2)) == pytest.approx((0, 0, 0, 0, 0))
    assert score.terms((1, 0, 2)).votes == pytest.approx(VOTES * (1 - (7.5 + 30 / 1.5849625) / (30 + 7.5 / 1.5849625)))


# Reasons ----------------------------------------------------------------------------------------------


@any_night
@given(nights())
def test_reasons_are_true(drawn):
    songs, night = drawn
    choice, score = scored(songs, night)
    plan = BALANCED(songs, night)
    index = {one.id: at for at, one in enumerate(choice.songs)}
    order = [index[pk] for pk in plan.songs]

    for place, entry in enumerate(plan.entries):
        own = choice.songs[order[place]]
        if (codes := [reason.code for reason in entry.reasons]) in (["locked"], ["pinned"], ["votes"], ["tie"]):
            assert order[place] == choice.order[place]
            assert (codes == ["locked"]) == (own.id in night.locked.values())
            assert (codes == ["pinned"]) <= own.pinned
            continue
        back = put_back(choice, order, place)
        assert back.index(order[place]) == choice.order.index(order[place])
        assert [at for at in back if at != order[place]] != [] or len(order) == 1
        now, then = ([choice.songs[at] for at in one] for one in (order, back))
        for reason in entry.reasons:
            assert is_true(reason, own, now, then, night), reason
        worse = [after > before + 1e-9 for before, after in zip(score.terms(order), score.terms(back), strict=True)]
        assert len(entry.reasons) == (sum(worse) or 1)


def is_before(one, other, now, then):
    return now.index(one) < now.index(other) and then.index(one) > then.index(other)


def is_true(reason, own, now, then, night):
    """Whether it would be so, were the song where the ranking has it."""
    line = [*([night.after] if night.after else []), *then]
    place = max(at for at, one in enumerate(line) if one is own)
    beside = [line[at] for at in (place - 1, place + 1) if 0 <= at < len(line)]
    match reason:
        case ("waiting", {"seconds": seconds}):
            return seconds == waited(then, night) - waited(now, night) > 0
        case ("rest", {"times": times, "performers": performers}):
            theirs = {performer for one in beside for performer in one.performers & own.performers}
            return times == twice_in_a_row(then, night) - twice_in_a_row(now, night) > 0 and set(performers) == theirs
        case ("artist", {"artist": artist}):
            found = [one for one in beside if own.artist and one.artist.casefold() == own.artist.casefold()]
            return artist == (own.artist if found else None)
        case ("tempo", {"tempo": tempo}):
            found = [one for one in beside if own.tempo and one.tempo and abs(one.tempo - own.tempo) <= SAME_TEMPO]
            return tempo == (own.tempo if found else None)
        case ("more_votes", _):
            overtaken = [(one, other) for one in now for other in now if is_before(one, other, now, then)]
            return any(one.votes > other.votes for one, other in overtaken)
        case ("missing", {"missing": missing}):
            return now.index(own) > then.index(own) and missing == own.missing != ()
        case ("ready", _):
            return any(len(one.missing) > len(own.missing) for one in now[now.index(own) : then.index(own) + 1])
        case ("makes_room", _):
            return True
    return False


# A night ----------------------------------------------------------------------------------------------


def test_a_whole_night_has_less_waiting_and_its_votes():
    dice = random.Random(7)
    songs = [
        song(n, 60 // n, duration=dice.randrange(150, 400), tempo=dice.randrange(80, 170),
             performers=dice.sample(range(40), 4))
        for n in range(1, 36)
    ]  # fmt: skip
    choice, score = scored(songs, Night(EIGHT))

    plain, found = score.measures(choice.order), score.measures(search(choice, score))

    assert found.waiting <= 0.7 * plain.waiting
    assert found.tight < plain.tight
    assert found.honoured >= HONOURED


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_order_without_reasons_is_that_of_the_plan(algorithm):
    dice = random.Random(7)
    songs = [song(n, 60 // n, performers=dice.sample(range(12), 3)) for n in range(1, 20)]

    assert in_order(algorithm, songs, Night(EIGHT)) == list(ALGORITHMS[algorithm](songs, Night(EIGHT)).songs)
