"""Dials: a share of a target, as a needle before a scale from 0 to 150 percent, of which red begins at 100."""

from dataclasses import dataclass

SCALE, MOST = 150, 156  # percent; the needle goes no further
WIDE = 88  # degrees from 0 to the end of the scale, half on each side of the middle


@dataclass(frozen=True)
class Dial:
    """`value` and `name` under it, `against` beside them; `label` says all of it."""

    percent: float
    value: str
    name: str
    against: str
    label: str

    @property
    def angle(self) -> float:
        """Of the needle, in degrees from upright."""
        return round(WIDE * (min(self.percent, MOST) / SCALE - 0.5), 1)


def dial(percent_of: float, value: str, name: str, against: str) -> Dial:
    return Dial(percent_of, value, name, against, f"{value} {name}: {against}")
