"""Each endpoint has the targets of one class."""

import re

import pytest
from django.urls import get_resolver

from apps.insight.slo import OTHER, pattern, promise


def names(resolver, before=""):
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            yield from names(one, before + (f"{one.namespace}:" if one.namespace else ""))
        elif one.name:
            yield before + one.name


ROUTES = sorted({*names(get_resolver()), "none"})


def test_no_endpoint_is_of_two_classes():
    for route in ROUTES:
        for method in ("GET", "POST"):
            found = [one.name for one in promise().classes if one.name != OTHER and one.has(route, method)]
            assert len(found) <= 1, (route, method, found)


def test_who_has_the_reads_of_an_endpoint_leaves_its_writes_to_a_class_too():
    """The rules of `other` are made of what no class names."""
    for route in ROUTES:
        kinds = {promise().class_of(route, method).name == OTHER for method in ("GET", "POST")}
        assert len(kinds) == 1, route


@pytest.mark.parametrize("one", promise().classes, ids=lambda one: one.name)
def test_all_that_a_class_names_is_there_and_its_targets_make_sense(one):
    for route in (*one.routes, *one.reads, *one.writes):
        assert any(re.fullmatch(pattern((route,)), name) for name in ROUTES), route

    assert 0 < (one.average or one.p95) <= one.p95 < one.p99 < one.timeout


@pytest.mark.parametrize(
    ("route", "method", "name"),
    [
        ("api:jams", "GET", "reads"),
        ("api:jams", "POST", "jams"),
        ("api:setlist-arrange", "POST", "set_lists"),
        ("account_login", "POST", "auth"),
        ("api:inbound", "POST", "webhooks_in"),
        ("api:vote", "PUT", "other"),
        ("none", "GET", "other"),
    ],
)
def test_an_endpoint_has_its_class(route, method, name):
    assert promise().class_of(route, method).name == name
