"""Charts as numbers in percent of their box: templates draw them as SVG, which grows with the page while its texts do
not. Time runs from left to right in every language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

STEPS = (1, 2, 2.5, 5, 10)
GAP = 0.28  # of a column's width
TOP = 100  # percent of the box that the highest step takes


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Column:
    """Beside `text`, `value` is drawn whole and `part` in it."""

    x: float
    width: float
    y: float
    height: float
    part_y: float
    part_height: float
    middle: float
    text: str
    value: Any
    part: Any
    highest: bool = False


@dataclass(frozen=True)
class Chart:
    rows: list[Any]  # as the table beside it says them
    steps: list[Tick]  # from the bottom
    ticks: list[Tick]  # from the left
    columns: list[Column] = field(default_factory=list)
    line: str = ""  # points of a polyline in a box of 100 by 100
    peak: Tick | None = None
    peak_y: float = 0


def scale(highest: float, steps: int = 3) -> list[float]:
    """Round numbers from the first step to one that is not below the highest."""
    if highest <= 0:
        return []
    raw, size = highest / steps, 1.0
    while size * 10 <= raw:
        size *= 10
    step = next(size * one for one in STEPS if size * one >= raw)
    step = max(1, step if step == int(step) else int(step) + 1)
    return [step * n for n in range(1, int(-(-highest // step)) + 1)]


def columns(
    rows: Sequence[tuple[str, float, float]], *, most_ticks: int = 8, short: Callable[[str], str] = str
) -> Chart:
    """Of `(text, value, part)`, the part 0 where there is none; ticks have the texts `short`."""
    steps = scale(max((value for _text, value, _part in rows), default=0))
    top, wide = steps[-1] if steps else 1, 100 / max(1, len(rows))
    best = max((value for _text, value, _part in rows), default=0)
    drawn, told = [], False
    for place, (text, value, part) in enumerate(rows):
        high, low = TOP * value / top, TOP * part / top
        first = value == best and not told
        told = told or first
        drawn.append(
            Column(
                x=rounded(place * wide + wide * GAP / 2), width=rounded(wide * (1 - GAP)), y=rounded(100 - high),
                height=rounded(high), part_y=rounded(100 - low), part_height=rounded(low),
                middle=rounded((place + 0.5) * wide), text=text, value=value, part=part, highest=first,
            )
        )  # fmt: skip
    every = -(-len(rows) // most_ticks) if rows else 1
    ticks = [Tick(column.middle, short(column.text)) for place, column in enumerate(drawn) if place % every == 0]
    return Chart(list(rows), levels(steps), ticks, columns=drawn)


def curve(rows: Sequence[tuple[str, float]], *, hours: int = 4) -> Chart:
    """Of `(text, value)` at even distances; a tick every so many."""
    steps = scale(max((value for _text, value in rows), default=0))
    top, wide = steps[-1] if steps else 1, 100 / max(1, len(rows) - 1)
    places = [(rounded(place * wide), rounded(100 - 100 * value / top)) for place, (_text, value) in enumerate(rows)]
    every = hours * max(1, -(-len(rows) // (hours * 7)))
    first = next((place for place, (text, _value) in enumerate(rows) if text.endswith(":00")), 0)
    ticks = [Tick(places[place][0], rows[place][0]) for place in range(first, len(rows), every)]
    best = max(range(len(rows)), key=lambda place: rows[place][1]) if rows else 0
    peak = Tick(places[best][0], f"{rows[best][0]}") if rows else None
    return Chart(
        list(rows), levels(steps), ticks, line=" ".join(f"{x},{y}" for x, y in places), peak=peak,
        peak_y=places[best][1] if rows else 0,
    )  # fmt: skip


def levels(steps: Sequence[float]) -> list[Tick]:
    return [Tick(rounded(100 - TOP * step / steps[-1]), f"{step:,.0f}") for step in steps]


def rounded(number: float) -> float:
    return round(number, 2)
