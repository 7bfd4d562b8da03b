import json

import pytest

from apps.insight.capacity.fitting import Sample, capacity
from apps.insight.capacity.plan import GB, plan

DISK = (300 * GB, 1000 * GB)


def busy(*, web=0.004, live=0.0005):
    """At 100 requests a second at most, half of that now."""
    rates = (20, 100, 50)
    return capacity([Sample(60, rate, 6 * rate, {"web": web * rate, "live": live * rate}) for rate in rates])


def test_the_first_limit_comes_sooner_the_faster_users_grow():
    months = plan(busy(), {}, storage=DISK).months  # 175 requests a second are the limit

    assert months.soonest == pytest.approx(9.21, abs=0.01)  # 1.2 ** (9.21 / 3) = 1.75
    assert months.expected == pytest.approx(12.01, abs=0.01)
    assert months.latest == pytest.approx(17.61, abs=0.01)


def test_a_limit_that_is_reached_is_now():
    months = plan(busy(web=0.009), {}, storage=DISK).months

    assert (months.soonest, months.expected, months.latest) == (0, 0, 0)


def test_processes_have_room_for_twice_the_busiest_load():
    found = {one.kind: one for one in plan(busy(), {"web": 3, "live": 1, "worker": 1}, storage=DISK).instances}

    assert (found["web"].now, found["web"].wanted) == (3, 4)  # 2 * 3 * 0.4 / 0.7 = 3.4
    assert (found["live"].wanted, found["worker"].wanted) == (1, 1)
    assert all(one.enough for one in found.values())


def test_no_more_than_there_may_be_and_no_fewer(settings):
    settings.INSTANCES = {"web": (1, 2), "live": (3, 8)}

    web, live = plan(busy(), {"web": 3, "live": 1}, storage=DISK).instances

    assert (web.wanted, web.enough) == (2, False)
    assert (live.wanted, live.enough) == (3, True)


def test_data_grow_by_half_and_at_least_by_100_gb_a_year():
    large, small = (plan(busy(), {}, storage=(used * GB, 1000 * GB)).storage for used in (400, 10))

    assert large.months == pytest.approx(27.1, abs=0.1)  # 1.5 ** (27.1 / 12) = 2.5
    assert small.months == pytest.approx(69.8, abs=0.1)  # 27.9 to 242.5 GB, then by half
    assert (large.wanted, small.wanted) == (1200 * GB, 30 * GB)


def test_a_disk_that_is_full_has_no_month_left():
    assert plan(busy(), {}, storage=(999 * GB, 999 * GB)).storage.months == 0
    assert plan(busy(), {}, storage=(1200 * GB, 999 * GB)).storage.months == 0


def test_the_network_grows_as_requests_do():
    network = plan(busy(), {}, storage=DISK, network=(10e6, 125e6)).network

    assert network.wanted == 30e6
    assert network.months == pytest.approx(54.2, abs=0.1)
    assert plan(busy(), {}, storage=DISK).network is None


def test_what_is_foreseen_is_set(settings):
    settings.GROWTH_USERS, settings.GROWTH_REQUESTS, settings.HEADROOM_COMPUTE = (5, 75), 75, 1.0
    settings.GROWTH_DATA, settings.GROWTH_DATA_GB, settings.HEADROOM_STORAGE = 1, 1200, 1.5
    settings.HEADROOM_NETWORK = 4.0

    found = plan(busy(), {"web": 4}, storage=DISK, network=(10e6, 125e6))

    assert found.months.soonest == found.months.expected == pytest.approx(3)
    assert found.instances[0].wanted == 3  # 4 * 0.4 / 0.7 = 2.3
    assert (found.storage.months, found.storage.wanted) == (pytest.approx(7), 450 * GB)
    assert found.network.wanted == 40e6


def test_it_is_json():
    said = json.loads(json.dumps(plan(busy(), {"web": 1}, storage=DISK).as_dict()))

    assert said["instances"][0] == {"kind": "web", "now": 1, "wanted": 2, "enough": True}
    assert said["months"].keys() == {"soonest", "expected", "latest"}
