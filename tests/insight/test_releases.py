from math import exp
from random import Random

import pytest

from apps.insight.changes import releases
from apps.insight.changes.releases import LEAST, Comparison, chance, comparison, middle_ratio
from apps.insight.measuring.histogram import Histogram, value


def of(durations):
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    return histogram


def durations(random, n, *, middle=0.3):
    """Of requests that are slow together: each remembers most of how slow the one before it was."""
    mood, found = random.gauss(0, 0.5), []
    for _ in range(n):
        mood = 0.6 * mood + 0.8 * random.gauss(0, 0.5)
        found.append(middle * exp(mood))
    return found


# By SciPy 1, of what is in the middle of the buckets: mannwhitneyu, one-sided, without continuity correction.
BEFORE = [0.1, 0.11, 0.12, 0.12, 0.2, 0.21, 0.3, 0.5]
AFTER = [0.11, 0.2, 0.2, 0.3, 0.31, 0.5, 0.5, 0.9, 1.4]
P_AFTER = 0.032830949235976147


def test_chance_is_that_of_mann_and_whitney(monkeypatch):
    monkeypatch.setattr(releases, "ALIKE", 1)

    assert chance(of(BEFORE), of(AFTER)) == pytest.approx(P_AFTER)
    assert chance(of(AFTER), of(BEFORE)) == pytest.approx(1 - P_AFTER)


def test_the_ratio_is_the_middle_one_of_all_pairs():
    ratios = sorted(b / a for a in BEFORE for b in AFTER)

    assert middle_ratio(of(BEFORE), of(AFTER)) == pytest.approx(ratios[len(ratios) // 2], rel=0.04)


@pytest.mark.parametrize("times", [0.5, 1, 1.2, 3])
def test_the_ratio_is_how_many_times_slower_all_are(times):
    before = durations(Random(1), 2_000)

    assert middle_ratio(of(before), of([seconds * times for seconds in before])) == pytest.approx(times, rel=0.005)


def test_what_never_varies_is_compared_too():
    before, after = ([seconds] * 300 for seconds in (0.2, 0.3))

    assert comparison(of(before), of(after)).slower
    assert not comparison(of(before), of(before)).slower
    assert not comparison(of(after), of(before)).slower


def test_too_few_requests_tell_nothing():
    many, few = of(durations(Random(1), 1_000)), of(durations(Random(2), LEAST - 1))

    assert comparison(many, few) is None
    assert comparison(few, many) is None
    assert comparison(many, of(durations(Random(2), LEAST))) is not None


def test_a_few_milliseconds_are_never_too_many():
    before = durations(Random(3), 3_000, middle=0.002)

    found = comparison(of(before), of([seconds * 2 for seconds in before]))

    assert found.ratio == pytest.approx(2, rel=0.01)
    assert found.p < 0.01
    assert found.seconds == pytest.approx(of(before).quantile(0.95), rel=0.01)
    assert not found.slower


def test_each_of_the_three_must_be():
    assert Comparison(1.16, 0.021, 0.009).slower
    assert not Comparison(1.15, 0.021, 0.009).slower
    assert not Comparison(1.16, 0.020, 0.009).slower
    assert not Comparison(1.16, 0.021, 0.01).slower


def test_a_slower_release_is_told_from_the_same():
    """`./dev bench releases` does so with durations of the product."""
    random, same, slower = Random(4), 0, 0
    for _ in range(25):
        before, after = durations(random, 4_000), durations(random, 4_000)
        same += comparison(of(before), of(after)).slower
        slower += comparison(of(before), of([seconds * 1.2 for seconds in after])).slower

    assert same == 0
    assert slower >= 23


def test_few_requests_that_are_slow_together_raise_no_alarm():
    random = Random(5)

    alarms = [comparison(of(durations(random, 150)), of(durations(random, 150))).slower for _ in range(100)]

    assert sum(alarms) <= 1


def test_buckets_are_compared_and_not_their_numbers():
    """A bucket further up is as many times slower wherever it is."""
    low, high = Histogram({0: 500}), Histogram({5: 500})

    assert middle_ratio(low, high) == pytest.approx(value(5) / value(0))
