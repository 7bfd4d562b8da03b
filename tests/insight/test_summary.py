"""What is summed up of a night: from which minutes, how percentiles come about, and what looking costs."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from apps.insight.levels.budget import budget
from apps.insight.measuring.steps import steps
from apps.insight.overview.health import classes, nearest
from apps.insight.overview.summary import MONTH, TONIGHT, WEEK, summed_up
from tests.insight.facts import NOW, endpoint, process
from tests.insight.nights import STATEMENT, bad, day_of, good, minute_of, queries_of

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_a_night_is_told_with_all_its_parts():
    bad(NOW, 20)

    found = summed_up(TONIGHT, NOW)

    assert found.since == NOW.replace(hour=17, minute=35, second=0)
    assert found.requests == 20 * 456
    assert found.recent == 11 * 456  # since 21:20
    assert found.rate == pytest.approx(11 * 456 / 640)
    assert found.now.people == 400
    assert found.now.pool == (11, 20)
    assert (found.now.waiting, found.now.oldest) == (3, 2.5)
    assert [one.at.minute for one in found.times if one.count] == [10, 15, 20, 25, 30]
    assert [(one.kind, one.asked, one.hits) for one in found.cached] == [("board", 6000, 5800)]
    assert [(one.name, one.busy) for one in found.machines] == [("a", 0.3)]
    assert [(one.kind, one.sockets, one.cpu) for one in found.processes] == [("live", 400, 0.1), ("web", 0, 0.35)]


def test_percentiles_are_of_all_requests_and_no_mean_of_percentiles():
    minute_of(NOW, name="web-a-1", requests={"GET api:jam": endpoint(95, 10)})
    minute_of(NOW, name="web-a-2", requests={"GET api:jam": endpoint(5, 1000)})

    (found,) = summed_up(TONIGHT, NOW).classes

    assert found.whole.p50 == pytest.approx(0.01, rel=0.021)
    assert found.whole.p95 == pytest.approx(0.01, rel=0.021)  # the mean of both is 0.5
    assert found.whole.p99 == pytest.approx(1, rel=0.021)
    assert found.whole.over == pytest.approx(0.05)


def test_classes_are_judged_by_their_own_targets_and_name_their_slowest_endpoints():
    requests = {
        "GET api:jam": endpoint(100, 140, database=7.0, rendering=3.5),
        "GET api:song": endpoint(100, 20),
        "PATCH api:jam": endpoint(100, 140),
        "POST account_login": endpoint(3, 900),
    }

    found = {one.whole.name: one for one in classes(requests)}

    assert list(found) == ["auth", "reads", "jams"]
    assert [one.whole.within for one in found.values()] == [True, True, True]  # three log-ins say too little
    assert [one.name for one in found["reads"].endpoints] == ["GET api:jam", "GET api:song"]
    spent = found["reads"].endpoints[0].spent
    assert spent == pytest.approx({"database": 0.5, "cache": 0, "rendering": 0.25, "waiting": 0, "other": 0.25})
    assert nearest(found.values()).name == "reads"


def test_slow_statements_are_told_with_who_asked():
    good(NOW)

    (found,) = summed_up(TONIGHT, NOW).statements

    assert (found.text, found.calls, found.mean, found.longest) == (STATEMENT, 500, 0.005, 0.02)
    assert found.endpoint == "GET api:snapshot"
    assert found.share == pytest.approx(0.5 / 1.7)


def test_looking_costs_the_same_however_much_there_is():
    good(NOW, 1)
    first = queries_of(lambda: summed_up(TONIGHT, NOW))
    cache.clear()
    good(NOW - MINUTE, 40)

    many = queries_of(lambda: summed_up(TONIGHT, NOW))

    assert first == many <= 9


def test_steps_that_are_over_are_read_once():
    good(NOW, 60)
    steps(NOW, TONIGHT.length, TONIGHT.number)

    cached = steps(NOW, TONIGHT.length, TONIGHT.number)

    assert queries_of(lambda: steps(NOW, TONIGHT.length, TONIGHT.number)) == 1
    assert [len(one.samples) for one in cached[-13:]] == [4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0]


def test_a_machine_whose_clock_is_behind_sees_what_the_others_have_added_up():
    day_of(NOW, 1, requests={"GET api:jam": endpoint()})
    steps(NOW, DAY, 3)

    assert queries_of(lambda: steps(NOW - DAY, DAY, 2)) == 0
    assert [one.whole["count"] for one in steps(NOW - DAY, DAY, 2)] == [0, 100]


def test_what_comes_late_to_a_step_that_runs_counts():
    good(NOW, 1)
    before = summed_up(TONIGHT, NOW).requests

    good(NOW + MINUTE, 1)

    assert summed_up(TONIGHT, NOW + MINUTE).requests == 2 * before


def test_where_nobody_has_asked_lately_the_whole_time_is_shown():
    good(NOW - timedelta(hours=2), 5)

    found = summed_up(TONIGHT, NOW)

    assert found.recent_since == found.since
    assert found.recent == 5 * 450
    assert found.now.people == 0


@pytest.mark.parametrize(("span", "days"), [(WEEK, 7), (MONTH, 30)])
def test_longer_times_come_from_days_and_hours(span, days):
    for ago in range(1, 40):
        day_of(NOW, ago, requests={"GET api:jam": endpoint(10, 20)}, processes={"web": process(looks=40)})
    good(NOW, 2)

    found = summed_up(span, NOW)

    assert len(found.times) == span.number
    assert found.requests == (900 if span is WEEK else 900 + 10 * (days - 1))
    assert {one.name for one in found.processes} == {"web", "live"}


# The budget of the month --------------------------------------------------------------------------------


def test_the_budget_is_what_may_fail_of_what_the_month_will_bring():
    for ago in range(1, 28):  # the 1st to the 27th
        day_of(NOW, ago, requests={"GET api:jam": endpoint(1000, 20, errors=5 if ago == 12 else 0)})

    found = budget(NOW)

    assert (found.requests, found.errors) == (27_000, 5)
    assert found.at_pace == pytest.approx(1 - 5 / 270)
    passed = (NOW - NOW.replace(day=1, hour=0, minute=0, second=0)) / timedelta(days=30)
    assert found.now == pytest.approx(1 - 5 * passed / 270)
    assert [left for _at, left in found.left][:15] == [1] * 15
    assert found.worst.day == 16
    assert (len(found.left), found.month_ends.day) == (28, 30)


def test_without_requests_the_budget_is_whole():
    found = budget(NOW)

    assert (found.now, found.at_pace, found.worst) == (1, 1, None)
