"""What is promised is of endpoints that there are."""

import re

import pytest
from django.urls import get_resolver

from apps.insight.slo import pattern, promise


def names(resolver, before=""):
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            yield from names(one, before + (f"{one.namespace}:" if one.namespace else ""))
        elif one.name:
            yield before + one.name


ROUTES = sorted({*names(get_resolver()), "none"})


@pytest.mark.parametrize("one", promise().classes, ids=lambda one: one.name)
def test_all_that_a_class_names_is_there_and_its_targets_make_sense(one):
    for route in (*one.routes, *one.reads, *one.writes):
        assert any(re.fullmatch(pattern((route,)), name) for name in ROUTES), route

    assert 0 < (one.average or one.p95) <= one.p95 < one.p99 < one.timeout
