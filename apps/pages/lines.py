"""Lines over time, as charts.py has columns and curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from apps.pages.charts import Tick, levels, rounded

NAME = 9  # percent of the box that the name of a line takes
Row = tuple[str, Sequence[float | None]]


@dataclass(frozen=True)
class Line:
    """`pieces`: points of polylines in a box of 100 by 100, of which one ends where nothing is known; `end`: its name,
    where it ends."""

    pieces: list[str]
    end: Tick


@dataclass(frozen=True)
class LineChart:
    """`limit`: percent from the top."""

    rows: Sequence[Row]  # as the table beside it says them
    steps: list[Tick]  # from the bottom
    ticks: list[Tick]  # from the left
    lines: list[Line]
    limit: float | None


def lines(
    rows: Sequence[Row],
    names: Sequence[str],
    *,
    steps: Sequence[float],
    ticks: dict[int, str],
    limit: float | None = None,
) -> LineChart:
    """Of `(text, values)` at even distances, a line for each of the names; what is past the last step is drawn there.
    `ticks`: texts by the place of their row."""
    drawn = [places([values[number] for _text, values in rows], steps[-1]) for number in range(len(names))]
    ends = apart([next((place[1] for place in reversed(line) if place), 100.0) for line in drawn])
    made = [Line(pieces(line), Tick(y, name)) for line, y, name in zip(drawn, ends, names, strict=True)]
    at = [Tick(across(place, len(rows)), text) for place, text in ticks.items()]
    return LineChart(rows, levels(steps), at, made, None if limit is None else down(limit, steps[-1]))


def places(values: Sequence[float | None], top: float) -> list[tuple[float, float] | None]:
    return [
        None if value is None else (across(number, len(values)), down(value, top))
        for number, value in enumerate(values)
    ]


def across(place: int, of: int) -> float:
    return rounded(100 * place / max(1, of - 1))


def down(value: float, top: float) -> float:
    return rounded(100 - 100 * min(max(value, 0.0), top) / top)


def pieces(line: Sequence[tuple[float, float] | None]) -> list[str]:
    """A point alone is a line of no length, which its round ends make a dot."""
    groups = [[place for place in group if place] for _known, group in groupby(line, key=bool)]
    return [" ".join(f"{x},{y}" for x, y in (group * 2)[: max(2, len(group))]) for group in groups if group]


def apart(ends: Sequence[float]) -> list[float]:
    """Moved by as little as leaves NAME between two of them, so that each name can be read."""
    found, least = list(ends), -float(NAME)
    for number in sorted(range(len(ends)), key=lambda number: ends[number]):
        found[number] = least = max(found[number], least + NAME)
    over = max(0.0, least - 100)
    return [rounded(end - over) for end in found]
