"""What would be full first, what takes the database's time, and what Insight found: of a house that was loaded."""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from loadtests.load.outcome import Outcome
from loadtests.load.windows import Window, rate

STRETCH = 3.0  # seconds of a sample: in less, chance alone makes rates differ
SAID = 5  # statements, findings


def capacity_of(outcome: Outcome) -> Any:
    """By apps/insight/capacity/fitting.py; None where too little was asked for."""
    from apps.insight.capacity.fitting import capacity

    found = capacity(list(samples(outcome)))
    return found if found and found.first else None


def samples(outcome: Outcome) -> Iterator[Any]:
    """Stretches while nobody came or went."""
    each = ceil(STRETCH / outcome.scenario.window)
    for number in range(len(outcome.scenario.stages)):
        held = [window for window in outcome.stage(number) if window.holding and window.house]
        yield from (sample(held[n : n + each]) for n in range(0, len(held) - each + 1, each))


def sample(windows: Sequence[Window]) -> Any:
    from apps.insight.capacity.fitting import Sample

    seconds = sum(window.seconds for window in windows)
    used: dict[str, float] = {}
    for window in windows:
        for name, share in window.house.used.items() if window.house else ():
            used[name] = used.get(name, 0.0) + share * window.seconds / seconds
    people = sum(window.users * window.seconds for window in windows) / seconds
    return Sample(seconds, rate(windows), people, used)


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


def statement_lines(statements: Sequence[dict[str, Any]]) -> list[str]:
    return [
        f"{one['share']:.0f}% of the database's time: {one['calls']:,} × {one['mean_ms']:.2f} ms, "
        f"slowest {one['max_ms']:.1f} ms: `{one['query'][:120].replace('`', '')}`"
        for one in statements[:SAID]
    ]


def finding_lines() -> list[str]:
    """What holds at the end, the worst first."""
    from apps.insight.findings.keeping import current
    from apps.insight.findings.words import words

    told = [words(found) for found in current()[:SAID]]
    return [f"**{one.title}**: {one.said} {one.do}" for one in told]
