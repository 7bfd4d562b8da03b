"""Each alert on made-up minutes: it holds, it does not yet or not for so little, and it is over."""

import pytest

from apps.insight.alerting.conditions import CHECKS, holding
from apps.insight.alerting.seen import HOUR, LOOK_BACK, Seen, Tally, seen_at
from apps.insight.alerting.thresholds import ALERTS, BURNING
from apps.insight.alerting.words import TEXTS
from apps.insight.prometheus.rules import rules
from tests.insight.minutes import MINUTE, NOW, machine, make_minute, make_minutes, requests


def seen(*minutes):
    """So many minutes of each, the last ones last."""
    whole = [facts for facts, many in minutes for _n in range(many)]
    return Seen(NOW, ([{}] * LOOK_BACK + whole)[-LOOK_BACK:], [], [])


def held(*minutes):
    return {one.name: one for one in holding(seen(*minutes))}


def cache(hits, misses):
    return {"cache": {"board store": hits, "board miss": misses, "board refused": 9_000, "board bytes": 1}}


def pool(waiting):
    process = {"kind": "web", "machine": "a", "looks": 4, "pool_waiting": 4 * waiting}
    return {"processes": {"web-a-1": process}}


def query(seconds):
    return {"statements": {"SELECT 1": {"calls": 1, "seconds": seconds, "longest": seconds, "endpoints": {}}}}


def live(seconds):
    return {"live": {"count": 60, "histogram": requests(seconds=seconds)["requests"]["PUT api:vote"]["histogram"]}}


def tasks(waiting, failed=0):
    return {"services": {"tasks": {"looks": 4, "waiting": 4 * waiting, "failed": 4 * failed}}}


# For each alert: what is wrong, for how many minutes it must be before it is raised, and what is not wrong.
CASES = {
    "ErrorsTonight": (requests(60, 2), 1, requests(60, 1)),
    "ErrorsHigh": (requests(60, 6), 4, requests(60, 3)),
    "SlowRequests": (requests(60, seconds=0.5), 6, requests(60, seconds=0.35)),
    "SlowQuery": (query(1.2), 1, query(0.9)),
    "PoolExhausted": (pool(2), 2, pool(0.5)),
    "CacheHitsLow": (cache(150, 150), 12, cache(250, 50)),
    "ProcessorBusy": (machine(busy=0.9), 11, machine(busy=0.7)),
    "MemoryFull": (machine(memory=0.9), 11, machine(memory=0.84)),
    "LiveLate": (live(0.3), 6, live(0.19)),
    "QueueLong": (tasks(150), 6, tasks(90)),
    "TasksFailed": (tasks(0, failed=1), 1, tasks(90)),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_alert_holds_as_long_as_its_cause(name):
    wrong, after, well = CASES[name]

    assert name in held((wrong, LOOK_BACK))
    assert name in held((wrong, after))
    assert name not in held((wrong, after - 1))
    assert name not in held((well, LOOK_BACK))
    assert name not in held((wrong, LOOK_BACK - 5), (well, 5))


def test_keys_that_redis_drops_are_counted_between_looks():
    def redis(per_minute):
        return [({"services": {"redis": {"looks": 4, "evicted": 4 * n * per_minute}}}, 1) for n in range(LOOK_BACK)]

    assert held(*redis(1_200))["CacheEvictions"].evidence == {"dropped": 20}
    assert "CacheEvictions" not in held(*redis(500))
    assert "CacheEvictions" not in held(*redis(1_200)[:10], *redis(0)[10:])  # it was started anew


def test_few_requests_of_which_one_fails_are_no_reason_to_wake_anybody_tonight():
    assert "ErrorsTonight" not in held((requests(9, 1), 2))
    assert "ErrorsTonight" in held((requests(10, 1), 2))


def test_a_class_is_slow_whose_target_is_missed_and_the_others_are_not():
    both = {"requests": requests(60, seconds=0.9, endpoint="GET pages:report")["requests"]}
    both["requests"] |= requests(60, seconds=0.4, endpoint="GET pages:jam")["requests"]

    (slow,) = [one for one in holding(seen((both, LOOK_BACK))) if one.name == "SlowRequests"]

    assert slow.subject == "reads"
    assert slow.evidence == {"p95": pytest.approx(0.4, rel=0.02), "target": 0.15, "requests": 300}


def test_where_nothing_was_measured_nothing_holds():
    assert holding(seen()) == []


def test_each_alert_has_its_check_its_words_and_its_rule():
    by_rate = {burn.name for burn in BURNING}
    of_prometheus = {rule["alert"] for group in rules()["groups"] for rule in group["rules"] if "alert" in rule}

    assert of_prometheus == ALERTS.keys()
    assert CHECKS.keys() | by_rate == TEXTS.keys() == ALERTS.keys() - {"ProcessGone", "LogNotKept"}


# Error budgets ----------------------------------------------------------------------------------------


def burning(hours, fine):
    """Errors of a thousand requests, by hours and by minutes ago."""
    whole = [
        Tally(NOW.replace(minute=0) - n * HOUR, 1_000, errors) for n, errors in sorted(hours.items(), reverse=True)
    ]
    minutes = [Tally(NOW - n * MINUTE, 1_000, errors) for n, errors in sorted(fine.items(), reverse=True)]
    return {one.name for one in holding(Seen(NOW, [{}] * LOOK_BACK, whole, minutes))}


@pytest.mark.parametrize(
    ("name", "hours", "fine"),
    [
        ("ErrorBudgetBurn1h", {}, dict.fromkeys(range(1, 61), 150)),
        ("ErrorBudgetBurn6h", dict.fromkeys(range(1, 6), 70), dict.fromkeys(range(1, 31), 70)),
        ("ErrorBudgetBurn3d", dict.fromkeys(range(1, 72), 11), dict.fromkeys(range(1, 31), 11)),
    ],
)
def test_a_budget_that_is_used_up_too_fast_is_told_until_it_is_not(name, hours, fine):
    assert name in burning(hours, fine)
    assert name not in burning({n: errors // 2 for n, errors in hours.items()}, {n: e // 2 for n, e in fine.items()})
    over = dict.fromkeys(fine, 0)
    assert name not in burning({n: 0 if n < 6 else errors for n, errors in hours.items()}, over)


@pytest.mark.django_db
def test_hours_and_the_minutes_after_them_are_read_each_once():
    for back in (2, 1):
        make_minute(NOW.replace(minute=0) - back * HOUR, requests(100, 10), span=3600)
    make_minutes(requests(10, 1), last=90)
    make_minutes(requests(10, 0), last=90, process="live-a-2")

    read = seen_at(NOW + MINUTE / 3)

    assert read.failed("6h") == pytest.approx((20 + 30) / (200 + 2 * 300))
    assert read.failed("1h") == pytest.approx(60 / 1_200)
    assert read.failed("5m") == pytest.approx(5 / 100)
    assert len(read.minutes) == LOOK_BACK
    assert read.minutes[-1]["requests"]["PUT api:vote"]["count"] == 20


@pytest.mark.django_db
def test_reading_takes_three_queries(django_assert_num_queries):
    make_minutes(requests(), last=30)

    with django_assert_num_queries(3):  # the last minutes, hours, minutes of the last hour
        seen_at(NOW)
