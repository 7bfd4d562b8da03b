"""Charts as SVG that needs nothing beside it: lines over time, from zero to a round number."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 28
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#475569")
STEPS = 4  # of the scale
MOST = 300  # points of a line: of those that share one, the highest is shown


def lines(title: str, unit: str, at: Sequence[float], series: Mapping[str, Sequence[float]]) -> str:
    """`at`: seconds, ascending; a value for each of them in every series."""
    top = round_up(max((value for values in series.values() for value in values), default=0.0))
    last = at[-1] if at and at[-1] > 0 else 1.0
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def point(when: float, value: float) -> str:
        return f"{LEFT + across * when / last:.1f},{TOP + down * (1 - value / top):.1f}"

    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" {size}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="14" font-size="13" font-weight="bold">{escape(title)}, {escape(unit)}</text>',
    ]
    for step in range(STEPS + 1):
        y, value = TOP + down * (1 - step / STEPS), top * step / STEPS
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e8f0"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.6g}</text>')
        anchor = "start" if not step else "end" if step == STEPS else "middle"
        x = LEFT + across * step / STEPS
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{clock(last * step / STEPS)}</text>')
    right = WIDTH - RIGHT
    for colour, (name, values) in zip(COLOURS, reversed(series.items()), strict=False):
        points = " ".join(point(when, value) for when, value in thinned(at, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{right}" y="28" text-anchor="end" fill="{colour}">{escape(name)}</text>')
        right -= 14 + 6 * len(name)
    return "".join([*parts, "</svg>"])


def thinned(at: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    each = ceil(len(at) / MOST) or 1
    return [(at[n], max(values[n : n + each])) for n in range(0, len(at), each)]


def round_up(value: float) -> float:
    """To 1, 2, 4 or 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** floor(log10(value))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value * (1 - 1e-9))


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
