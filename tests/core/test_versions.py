"""What of the API is retired says so in each of its answers, finished ones too."""

from datetime import date

import pytest
from django.utils.http import parse_http_date

from tests.callers import Caller
from tests.factories import make_jam

pytestmark = pytest.mark.django_db(transaction=True)
END = {
    "since": date(2027, 1, 1),
    "until": date(2028, 1, 1),
    "instead": "https://jam.example/api/v2",
    "more": "https://jam.example/changes",
}


def says_so(answer):
    assert answer["Deprecation"] == "@1798761600"
    assert parse_http_date(answer["Sunset"]) == 1830297600
    assert 'rel="deprecation"' in answer["Link"]
    assert '<https://jam.example/changes>; rel="sunset"' in answer["Link"]
    assert '<https://jam.example/api/v2>; rel="successor-version"' in answer["Link"]
    return True


def says_nothing(answer):
    return not {"Deprecation", "Sunset", "Link"} & set(answer.headers)


def test_nothing_is_retired_today():
    assert says_nothing(Caller()("GET", "/api/v1/jams"))


def test_a_whole_version_says_so_everywhere(settings):
    jam, say = make_jam(), Caller()
    before = say("GET", "/api/v1/jams")
    settings.API_RETIRED = {"/api/v1": END}

    finished = say("GET", "/api/v1/jams")
    assert finished["ETag"] == before["ETag"]  # as it was kept, with the headers of the moment
    assert says_so(finished)
    assert says_so(say("GET", "/api/jams/"))
    assert says_so(say("GET", "/api/v1/jams", **{"If-None-Match": before["ETag"]}))
    assert says_so(say("POST", f"/api/v1/jams/{jam.slug}/attendees", {}))
    assert says_so(say("GET", "/api/v1/nothing"))
    assert says_nothing(say("GET", "/jams", Accept="text/html"))


def test_a_route_says_so_alone(settings):
    jam, say = make_jam(), Caller()
    settings.API_RETIRED = {"api:jam-by-slug": END}

    for _twice in range(2):
        assert says_so(say("GET", f"/api/v1/jams/by-slug/{jam.slug}"))
        assert says_nothing(say("GET", f"/api/v1/jams/{jam.slug}"))


def test_what_was_kept_while_it_was_retired_says_nothing_after(settings):
    settings.API_RETIRED = {"/api/v1": END}
    Caller()("GET", "/api/v1/venues")
    settings.API_RETIRED = {}

    assert says_nothing(Caller()("GET", "/api/v1/venues"))
