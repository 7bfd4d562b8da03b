import json
from random import Random

import pytest

from apps.insight.measuring.histogram import ERROR, LEAST, MOST, Histogram, index, value


def of(durations):
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    return histogram


def test_an_estimate_is_within_its_error_from_ten_microseconds_to_an_hour():
    random = Random(1)
    durations = [LEAST, MOST, *(LEAST * (MOST / LEAST) ** random.random() for _ in range(5_000))]

    errors = [abs(value(index(seconds)) - seconds) / seconds for seconds in durations]

    assert max(errors) <= ERROR + 1e-12
    assert max(errors) > ERROR * 0.99  # or there are more buckets than the error asks for


def test_buckets_rise_with_what_they_hold():
    assert index(0.01) < index(0.0105) < index(0.011)
    assert value(index(0.01)) < value(index(0.0105))


def test_what_is_out_of_bounds_counts_as_the_bound():
    histogram = of([-1, 0, 1e-9, 7_200, float("inf")])

    assert histogram.counts == {index(LEAST): 3, index(MOST): 2}


@pytest.mark.parametrize("q", [0, 0.5, 0.95, 0.99, 1])
def test_quantiles_are_those_of_the_durations(q):
    random = Random(2)
    durations = sorted(random.lognormvariate(-4, 1) for _ in range(2_001))

    assert of(durations).quantile(q) == pytest.approx(durations[int(q * 2_000)], rel=ERROR)


def test_a_merged_histogram_is_that_of_all():
    random = Random(3)
    quick, slow = ([random.expovariate(rate) for _ in range(300)] for rate in (100, 5))
    merged = of(quick)

    merged.merge(of(slow))

    assert merged == of(quick + slow)
    assert merged.count == 600


def test_none_is_no_time_at_all():
    assert (Histogram().count, Histogram().quantile(0.5), Histogram().share_over(1)) == (0, 0.0, 0.0)


def test_the_share_over_a_limit_leaves_out_the_limit():
    histogram = of([0.1, 0.2, 0.2, 0.3, 0.9])

    assert histogram.share_over(0.2) == 0.4
    assert histogram.share_over(0.05) == 1
    assert histogram.share_over(1) == 0


@pytest.mark.parametrize("target", [0.05, 0.1, 0.15, 0.2, 1, 2])
def test_what_a_quantile_says_is_exceeded_some_exceed(target):
    for seconds in (target, target * 1.005, target * 0.995):
        histogram = of([seconds] * 20)

        assert (histogram.quantile(0.95) > target) == (histogram.share_over(target) == 1)


def test_it_comes_back_from_json():
    histogram = of([0.01, 0.01, 3])

    assert Histogram.from_json(json.loads(json.dumps(histogram.as_json()))) == histogram
