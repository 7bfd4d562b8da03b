"""The benchmarks of Insight, but for their times."""

import re
from collections import Counter
from random import Random

import pytest

from apps.insight.capacity.fitting import Sample
from loadtests import mix
from loadtests.bench_capacity import Step, rows
from loadtests.bench_releases import P95, alarmed, stretched
from loadtests.recording import READS, REPORTS, Taken, some


def step(offered, answered=None):
    """Of a service that is full at 96 requests a second."""
    answered = offered if answered is None else answered
    sample = Sample(8, answered, offered * 5, {"processor": 0.04 + 0.01 * answered, "web": 0.02 + 0.006 * answered})
    return Step(sample, offered, answered, p95=4.0, generators=0.1, others=0.02)


def test_what_is_reckoned_from_light_steps_is_held_against_the_knee():
    light = [step(10), step(20), step(40), step(46)]

    right, wrong = (rows([*light, step(90, knee), step(150, knee - 5)]) for knee in (90, 70))

    reckoned, knee, off, voters, *valid = right
    assert (reckoned.value, reckoned.note) == (pytest.approx(96), "480 voters; 4 of 6 steps were light")
    assert (knee.value, off.value) == (90, pytest.approx(100 * 6 / 90))
    assert (voters.value, voters.note) == (330, "where processor is 70% busy")
    assert off.met
    assert all(row.met for row in valid)
    assert not wrong[2].met


def test_a_step_that_is_not_answered_does_not_follow():
    assert step(100, 96).follows
    assert not step(100, 94).follows


def test_without_a_light_step_nothing_is_said():
    with pytest.raises(SystemExit):
        rows([step(80), step(90)])


def test_the_mix_is_of_each_voters_own_requests_and_leaves_no_vote_behind():
    asked = mix.asked([1, 2, 3], [f"token-{n}." for n in range(64)])

    assert len(asked) == mix.CONNECTIONS
    owners = [set(re.findall(rb"token-(\d+)\.", b"".join(each))) for each in asked]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 64
    for each in asked:
        verbs = [one.split()[0] for one in each]
        assert verbs.count(b"PUT") == verbs.count(b"DELETE") > 0.5 * mix.TURNS / 2
        first = [word for word in (b" ".join(one.split()[:2]) for one in each) if b"vote" in word]
        assert all(cast.split()[1] == back.split()[1] for cast, back in zip(first[::2], first[1::2], strict=True))


def test_reports_and_reads_are_asked_for():
    rng = Random(1)

    asked = [some(rng, "jvt_1") for _ in range(400)]

    assert set(Counter(endpoint for endpoint, _request in asked)) == {*REPORTS, *READS}
    assert all((b"Bearer jvt_1" in one) == (endpoint in REPORTS) for endpoint, one in asked)


def test_a_replay_keeps_what_followed_what_and_tells_slower_releases():
    taken = [Taken("a" if n % 2 else "b", n, 0.01 * (1 + n % 7)) for n in range(800)]

    series = stretched(taken)

    assert [round(max(each) / P95, 6) for each in series] == [1, 1]
    assert [seconds / series[0][0] for seconds in series[0][:4]] == pytest.approx([1, 3, 5, 7])
    assert alarmed(series, 6, 1_000, 1) == 0
    assert alarmed(series, 6, 1_000, 2) == 100
