import json
from random import Random

import pytest

from apps.insight.capacity.fitting import Sample, capacity

BUSY = {"web": (0.02, 0.0015), "database processor": (0.05, 0.004), "memory": (0.5, 0.0001)}


def sample(rate, *, people=None, seconds=60, **used):
    """Of resources that follow the law."""
    names = {name: background + demand * rate for name, (background, demand) in BUSY.items()}
    return Sample(seconds, rate, rate * 6 if people is None else people, names | used)


def test_the_first_limit_is_that_of_the_busiest_resource():
    found = capacity([sample(rate) for rate in (20, 40, 60, 80, 100)])

    first = found.first
    assert first.name == "database processor"
    assert (first.background, first.demand) == (pytest.approx(0.05), pytest.approx(0.004))
    assert first.now == pytest.approx(0.45)
    assert first.full_at == pytest.approx(0.95 / 0.004)
    assert first.limit_at == pytest.approx(0.65 / 0.004)
    assert found.voters == first.voters == 975
    assert [one.name for one in found.resources] == ["database processor", "web", "memory"]


def test_memory_may_be_fuller_than_a_processor():
    memory = next(one for one in capacity([sample(rate) for rate in (20, 100)]).resources if one.name == "memory")

    assert memory.limit_at == pytest.approx(3000)
    assert memory.voters == 18_000


def test_the_limits_are_settings(settings):
    settings.CAPACITY_PROCESSOR = 45

    assert capacity([sample(rate) for rate in (20, 100)]).first.limit_at == pytest.approx(100)


def test_minutes_in_which_something_else_was_busy_do_not_bend_it():
    random = Random(3)
    samples = [sample(rate := random.uniform(5, 100), web=0.02 + 0.0015 * rate + random.gauss(0, 0.003))
               for _ in range(300)]  # fmt: skip
    for one in samples[::12]:  # a backup
        one.used["web"] += 0.5

    web = next(one for one in capacity(samples).resources if one.name == "web")

    assert web.full_at == pytest.approx(0.98 / 0.0015, rel=0.05)


def test_where_requests_come_at_one_pace_all_work_is_for_them():
    found = capacity([sample(rate) for rate in (49, 50, 51)])

    assert found.first.background == 0
    assert found.first.demand == pytest.approx(0.25 / 50)
    assert found.first.limit_at == pytest.approx(140)
    assert found.resources[-1].name == "memory"
    assert found.resources[-1].limit_at is None  # it was half full before anybody asked


def test_requests_that_cost_more_the_more_there_are_fit_fewer_times():
    found = capacity([sample(rate, live=(rate / 100) ** 2 * 0.6) for rate in (20, 60, 100)])

    assert found.first.name == "live"
    assert found.first.demand == pytest.approx(0.0072)
    assert found.first.limit_at == pytest.approx((0.7 + 0.12) / 0.0072)  # 108 are what would be


@pytest.mark.parametrize("busier", [0.3, 0.31])
def test_a_resource_that_is_no_busier_under_load_is_no_limit(busier):
    found = capacity([sample(20, network=busier), sample(100, network=0.3)])

    network = found.resources[-1]
    assert network.name == "network"
    assert (network.demand, network.full_at, network.limit_at, network.voters) == (0, None, None, None)


def test_a_resource_that_nobody_asked_anything_of_is_no_limit():
    idle = Sample(60, 0, 0, {"worker": 0.4})

    found = capacity([idle, sample(20), sample(100), idle])

    worker = found.resources[-1]
    assert (worker.name, worker.now, worker.background, worker.limit_at) == ("worker", 0.4, 0.4, None)


def test_a_resource_that_was_past_its_limit_before_anybody_came_has_no_room():
    found = capacity([sample(20, live=0.82), sample(100, live=0.9)])

    assert (found.first.name, found.first.limit_at, found.voters) == ("live", 0, 0)


def test_voters_ask_as_often_as_those_who_were_connected():
    """Long stretches count for more; requests while nobody was connected are no voter's."""
    samples = [sample(20, people=100, seconds=30), sample(90, people=300, seconds=60), sample(500, people=0)]

    assert capacity(samples).rate_of_a_voter == pytest.approx((20 * 30 + 90 * 60) / (100 * 30 + 300 * 60))


def test_nobody_connected_is_no_number_of_voters():
    found = capacity([sample(20, people=0), sample(90, people=0)])

    assert found.first.limit_at == pytest.approx(162.5)
    assert found.voters is None


@pytest.mark.parametrize("samples", [[], [sample(0), sample(0)]])
def test_without_requests_nothing_is_known(samples):
    assert capacity(samples) is None


def test_it_is_json():
    said = json.loads(json.dumps(capacity([sample(rate) for rate in (20, 60, 100)]).as_dict()))

    assert (said["voters"], said["first_limit"], said["peak"]) == (975, "database processor", 100)
    assert {"name", "now", "demand", "full_at", "limit_at", "voters"} < said["resources"][0].keys()
