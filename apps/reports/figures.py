"""Sums and shares of nights; pure functions of numbers."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

SUMS = ("people", "voters", "votes", "performances", "performers", "seconds")
BINS = (0, 5, 10, 15, 20, 30, 45, 60, 90)  # minutes
DAY = 96  # quarters of an hour


def figures(nights: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]], *, each: bool) -> dict[str, Any]:
    """`{name: {value, before}}`; `before` is None where there is nothing to compare with.

    `each`: one night beside those before, on average; otherwise sums beside sums. `per_night` are people.
    """
    now, then = sums(nights), sums(before)
    if each and before:
        then = {name: round(value / len(before)) for name, value in then.items()}
    found = {"nights": {"value": len(nights), "before": len(before) if before else None}}
    for name in SUMS:
        found[name] = {"value": now[name], "before": then[name] if before else None}
    found["per_night"] = {"value": per(now, nights), "before": per(sums(before), before) if before else None}
    return found


def sums(nights: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(night[name] for night in nights) for name in SUMS}


def per(total: Mapping[str, int], nights: Sequence[Any]) -> int:
    return round(total["people"] / len(nights)) if nights else 0


def change(value: int, before: int | None) -> int | None:
    """In percent; None where that says nothing."""
    return round(100 * (value - before) / before) if before else None


def median(minutes: Sequence[int]) -> int | None:
    """Of sorted numbers, the lower of two."""
    return minutes[(len(minutes) - 1) // 2] if minutes else None


def distribution(minutes: Sequence[int]) -> list[dict[str, Any]]:
    """`{since, below, number}` of sorted minutes: so many waited at least `since` and less than `below`, which the last
    lacks."""
    if not minutes:
        return []
    places = [*(bisect_left(minutes, low) for low in BINS), len(minutes)]
    return [
        {"since": low, "below": below, "number": later - first}
        for low, below, first, later in zip(BINS, [*BINS[1:], None], places[:-1], places[1:], strict=True)
    ]


def clock_quarters(counted: Mapping[int, int]) -> list[int]:
    """The quarters of a day from the first to the last that has any, past midnight: a night begins after the longest
    silence."""
    busy = sorted(quarter for quarter, number in counted.items() if number)
    if not busy:
        return []
    silence = [((later - one - 1) % DAY, later) for one, later in zip(busy, [*busy[1:], busy[0] + DAY], strict=True)]
    gap, first = max(silence, key=lambda one: one[0])
    if len(busy) == 1:
        gap, first = DAY - 1, busy[0]
    return [(first + at) % DAY for at in range(DAY - gap)]
