from random import Random

import pytest

from apps.insight.changes.trends import CHANCE, LEAST_POINTS, Trend, chance, line, trend

RISING = [53, 48, 51, 52, 57, 48, 54, 56, 51, 54, 55, 59, 51, 57, 59, 54, 56, 58, 62, 54]


def days(values):
    return list(enumerate(values))


def test_the_line_is_the_one_of_sen():
    """His own example (1968, page 1386)."""
    points = zip([1, 2, 3, 4, 10, 12, 18], [9, 15, 19, 20, 45, 55, 78], strict=True)

    assert line(list(points)) == (4, 6)


@pytest.mark.parametrize(
    ("values", "p"),
    [  # by pymannkendall 1.4.3
        ([9, 15, 19, 20, 45, 55, 78], 0.0026666817936140674),
        (RISING, 0.008840865916917906),
        ([4, 4, 5, 5, 5, 6, 4, 5, 6, 6, 5, 6, 7, 6, 6], 0.0031487886918533103),  # nearly all tied
    ],
)
def test_chance_is_that_of_mann_and_kendall(values, p):
    assert chance(values) == pytest.approx(p)
    assert chance(values[::-1]) == pytest.approx(p)


@pytest.mark.parametrize("values", [[], [1], [3, 3, 3]])
def test_what_never_changes_is_chance(values):
    assert chance(values) == 1


def test_a_rise_is_told_with_where_it_ends():
    found = trend(days(RISING))  # as scipy 1 reckons it: theilslopes, "joint"

    assert found.slope == pytest.approx(0.42857142857142855)
    assert found.level == pytest.approx(50.714285714285715 + 19 * found.slope)
    assert found.days_until(70) == pytest.approx((70 - found.level) / found.slope)


def test_the_order_in_which_points_come_is_of_no_matter():
    shuffled = days(RISING)
    Random(1).shuffle(shuffled)

    assert trend(shuffled) == trend(days(RISING))


def test_too_few_points_tell_nothing():
    steep = [2.0 * n for n in range(LEAST_POINTS)]

    assert trend(days(steep)).slope == 2
    assert trend(days(steep[1:])) is None


def test_noise_is_seldom_called_a_trend():
    random = Random(7)
    called = [trend(days([random.gauss(50, 5) for _ in range(30)])) for _ in range(400)]

    assert sum(found is not None for found in called) <= 2 * CHANCE * 400


def test_one_wild_day_is_no_trend_and_hides_none():
    random = Random(8)
    level, rising = ([50 + slope * n + random.gauss(0, 1) for n in range(20)] for slope in (0, 0.5))
    level[-1], rising[3] = 900, 900

    assert trend(days(level)) is None
    assert trend(days(rising)).slope == pytest.approx(0.5, rel=0.2)


def test_days_are_counted_towards_a_limit_only():
    rising, falling = Trend(2, 60, 0.001), Trend(-0.5, 90, 0.001)

    assert rising.days_until(80) == 10
    assert rising.days_until(60) == 0
    assert rising.days_until(50) is None
    assert falling.days_until(80) == 20
    assert falling.days_until(95) is None
