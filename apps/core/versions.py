"""What of the API goes away says so in each of its answers: since when it is deprecated (RFC 9745), until when it
answers (RFC 8594), and where to go instead. Which that is stands in settings.API_RETIRED; docs/api.md has the policy.
"""

from datetime import UTC, date, datetime
from typing import Any, TypedDict

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date


class Retired(TypedDict):
    since: date
    until: date
    instead: str  # an address
    more: str  # a page for people


def say_what_is_retired(request: HttpRequest, response: HttpResponse) -> None:
    """On finished answers too, and on 304: they are given with the headers of the moment."""
    retired = entry_of(request)
    if retired is None:
        return
    response.headers["Deprecation"] = f"@{seconds(retired['since']):d}"
    response.headers["Sunset"] = http_date(seconds(retired["until"]))
    links = {"deprecation": retired["more"], "sunset": retired["more"], "successor-version": retired["instead"]}
    response.headers["Link"] = ", ".join(f'<{address}>; rel="{kind}"' for kind, address in links.items())


def entry_of(request: HttpRequest) -> Any:
    """Of the route, else of the version: "/api/v1" is the beginning of its addresses."""
    match = request.resolver_match
    version = "/".join(request.path_info.split("/", 3)[:3])
    return settings.API_RETIRED.get(match.view_name if match else "") or settings.API_RETIRED.get(version)


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
