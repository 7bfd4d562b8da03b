"""Endpoints that have become slower with the release that runs."""

from collections.abc import Iterator

from apps.insight.changes.compared import compared
from apps.insight.findings.found import Found

USUAL_HOURS = 24.0  # what was measured of a release is of a day, about


def slower_release() -> Iterator[Found]:
    both = compared()
    for one in both.endpoints:
        if one.comparison and one.comparison.slower:
            evidence = {
                "endpoint": one.name, "release": both.after, "before": 1000 * one.before, "after": 1000 * one.after,
                "p": one.comparison.p,
            }  # fmt: skip
            saved = one.count * one.comparison.seconds / USUAL_HOURS
            yield Found("slower_release", one.name, saved, evidence)
