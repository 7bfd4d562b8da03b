"""How many fit: from what was measured, on the page's behalf and over the API."""

import pytest
from django.utils import timezone

from apps.insight.capacity.foreseen import foreseen
from apps.insight.capacity.samples import sample
from apps.insight.measuring.rollups import Point, series
from tests.callers import Caller
from tests.factories import make_staff
from tests.insight.facts import NOW, endpoint, process
from tests.insight.nights import MACHINE, good, minute_of, queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return Caller(user=make_staff())


def test_a_minute_is_a_sample_of_rate_people_and_what_is_in_use():
    good(NOW, 1)
    (point,) = series(NOW.replace(second=0), NOW, NOW - NOW.replace(second=0))

    found = sample(point, 60)

    assert found.rate == pytest.approx(450 / 60)
    assert found.people == 400
    assert found.used == pytest.approx(
        {"web": 0.35, "live": 0.1, "pool": 0.55, "processor": 0.3, "memory": 0.4}
    )  # fmt: skip


def test_of_several_processes_of_a_kind_the_mean_counts_and_of_machines_the_fullest():
    processes = {"web-a-1": process(cpu=6.0), "web-a-2": process(cpu=30.0)}
    machines = {"a": MACHINE, "b": MACHINE | {"busy": 3.2}}

    used = sample(Point(NOW, {"processes": processes, "machines": machines}), 60).used

    assert used == pytest.approx({"web": 0.3, "processor": 0.8, "memory": 0.4})


def test_people_of_an_hour_are_those_who_were_there_on_average():
    """An hour has its processes by kind: looks and seconds of all of them together."""
    processes = {"live": process("live", looks=360, seconds=5400.0, sockets=360 * 100)}  # one, and half an hour another

    assert sample(Point(NOW, {"processes": processes}), 3600).people == pytest.approx(150)


def test_the_api_tells_staff_what_fits_and_what_will_be_needed(staff):
    good(timezone.now(), 10)

    answer = staff("GET", "/api/v1/capacity")

    said = answer.json()
    assert answer.status_code == 200
    assert said["first_limit"] == "pool"  # 11 of 20, of 70 %
    assert said["voters"] == pytest.approx(400 * 0.7 / 0.55, rel=0.01)
    assert said["peak"] == pytest.approx(7.5)
    assert said["rate_of_a_voter"] == pytest.approx(7.5 / 400)
    web = next(one for one in said["resources"] if one["name"] == "web")
    assert (web["now"], web["demand"]) == (pytest.approx(0.35), pytest.approx(0.35 / 7.5))
    assert said["plan"]["months"]["expected"] > 0
    assert {one["kind"]: (one["now"], one["wanted"]) for one in said["plan"]["instances"]} == {
        "web": (1, 1), "live": (1, 1), "worker": (0, 1),
    }  # fmt: skip
    assert said["plan"]["storage"]["used"] == pytest.approx(1e10 * 0.375 / 0.625)


def test_before_anybody_has_asked_it_says_that_nothing_is_known(staff):
    said = staff("GET", "/api/v1/capacity").json()

    assert (said["voters"], said["first_limit"], said["resources"], said["plan"]) == (None, None, [], None)


def test_it_is_reckoned_once_in_some_seconds(staff):
    good(timezone.now(), 3)
    foreseen()

    assert queries_of(lambda: staff("GET", "/api/v1/capacity")) == 1  # who asks


def test_requests_without_sockets_tell_a_rate_and_no_voters(staff):
    asked = {"requests": {"GET api:jam": endpoint()}, "processes": {"web-a-1": process()}}
    minute_of(timezone.now(), 1, **asked, machines={"a": MACHINE})

    said = staff("GET", "/api/v1/capacity").json()

    assert (said["voters"], said["first_limit"]) == (None, "processor")
