"""The short form of `./dev bench insight`: a real server with a fault, and one with none, asked by real requests."""

import httpx
import pytest
from django.utils import timezone

from apps.insight.findings import current
from apps.insight.findings.window import last_minutes
from loadtests.bench_insight import judged
from loadtests.faults import code
from loadtests.faults.cases import FAULTS, HARMLESS, Case
from tests.factories import make_venue
from tests.processes import WSGI, wait_until

FAULTY = [word.replace("jamvote.wsgi", "loadtests.faults.wsgi") for word in WSGI]
KINDS = [case.kind for case in FAULTS]


def asked(address, *paths):
    with httpx.Client(base_url=address, timeout=30) as client:
        return [client.get(path).status_code for path in paths]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_fault_is_named_first(serve):
    venues = [make_venue(slug=f"venue-{n}").slug for n in range(10)]
    address = serve(FAULTY, JAMVOTE_FAULT="error_burst", INSIGHT_FLUSH_SECONDS="0.2")

    statuses = asked(address, *[f"/api/v1/venues/{slug}" for slug in venues] * 4)

    assert {200, 500} == set(statuses)
    wait_until(lambda: [one.kind for one in current()][:1] == ["errors"])


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_what_clients_do_wrong_is_nobodys_fault(serve):
    address = serve(FAULTY, JAMVOTE_FAULT="", INSIGHT_FLUSH_SECONDS="0.2")

    statuses = asked(address, *["/api/v1/venues/none", "/api/v1/venues"] * 30)

    assert {200, 404} == set(statuses)
    wait_until(lambda: seen_in_all() >= len(statuses))
    assert current() == []


def seen_in_all():
    return last_minutes(timezone.now()).whole()["count"]


def test_there_are_twelve_faults_and_six_changes_that_harm_nobody():
    assert (len(FAULTS), len(set(KINDS)), len(HARMLESS)) == (12, 12, 6)
    assert not any(case.kind for case in HARMLESS)
    assert code.CODE.keys() <= {case.name for case in (*FAULTS, *HARMLESS)}


@pytest.mark.parametrize(("named", "met"), [(12, True), (11, True), (10, False)])
def test_eleven_of_twelve_are_enough(named, met):
    results = [(case, case.kind if n < named else "errors " * 2, 30, "") for n, case in enumerate(FAULTS)]

    assert [row.met for row in judged(results)] == [met, True]


def test_one_harmless_change_that_is_accused_is_too_many():
    results = [(Case("quiet"), "errors", 30, ""), (Case("calm"), "", 90, "")]

    assert [row.met for row in judged(results)] == [True, False]
