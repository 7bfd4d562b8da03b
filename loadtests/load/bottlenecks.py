"""What would be full first, what takes the database's time, and what Insight found: of a house that was loaded."""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.request import Request, urlopen

from loadtests.load.outcome import Statement
from loadtests.load.windows import Window, whole

STRETCH = 5.0  # seconds of a sample at least
SAID = 5  # statements, findings
TOKEN = "LOAD_TOKEN"  # the variable with an API token of staff, for a service that there is


def capacity_of(windows: Sequence[Window]) -> Any:
    """By apps/insight/capacity/fitting.py; None where nothing was asked for."""
    from apps.insight.capacity.fitting import capacity

    found = capacity(samples(windows))
    return found if found and found.first else None


def samples(windows: Sequence[Window]) -> list[Any]:
    """Stretches while nobody came or went, of one stage each."""
    from apps.insight.capacity.fitting import Sample

    found: list[Any] = []
    held: list[Window] = []
    for window in [one for one in windows if one.holding and one.house]:
        if held and held[-1].stage != window.stage:
            held = []
        held.append(window)
        if (seconds := sum(one.seconds for one in held)) >= STRETCH:
            parts = [(one.seconds / seconds, one) for one in held]
            rate = sum(whole(one.tallies).count for one in held) / seconds
            used: dict[str, float] = defaultdict(float)
            for part, one in parts:
                for name, share in one.house.used.items() if one.house else ():
                    used[name] += part * share
            found.append(Sample(seconds, rate, sum(part * one.users for part, one in parts), dict(used)))
            held = []
    return found


def capacity_lines(found: Any) -> list[str]:
    """`found`: of capacity_of."""
    first = found.first
    people = f", that is with {found.voters:,} people who ask as these do" if found.voters else ""
    return [
        f"First full: **{first.name}**: {first.limit:.0%} busy at {first.limit_at:,.0f} requests a second{people}",
        *(
            f"{one.name}: {1e6 * one.demand:,.0f} µs of a core a request, {one.background:.1%} of a core beside, "
            f"full at {one.full_at:,.0f} requests a second"
            for one in found.resources
            if one.demand
        ),
    ]


def statement_lines(statements: Sequence[Statement]) -> list[str]:
    every = sum(one.total for one in statements) or 1.0
    return [
        f"{one.total / every:.0%} of the database's time: {one.calls:,} × {one.total / one.calls:.2f} ms, "
        f"slowest {one.slowest:.1f} ms: `{one.text[:120].replace('`', '')}`"
        for one in statements[:SAID]
    ]


def finding_lines() -> list[str]:
    """What holds at the end, the worst first."""
    from apps.insight.findings.keeping import current
    from apps.insight.findings.words import words

    told = [words(found) for found in current()[:SAID]]
    return [f"**{one.title}**: {one.said} {one.do}" for one in told]


def remote_lines(host: str) -> list[str]:
    """What the service itself says of its capacity, to who has a token of staff."""
    token = os.environ.get(TOKEN)
    if not token:
        return [f"Set {TOKEN} to an API token of staff, and the service is asked for its capacity."]
    request = Request(f"{host}/api/v1/capacity", headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=30) as answer:
            said = json.load(answer)
    except OSError as error:
        return [f"The service does not say what its capacity is: {error}"]
    return [
        f"First full: **{said['first_limit']}**; {said['voters']} voters fit; at most {said['peak']} requests a second."
    ]
