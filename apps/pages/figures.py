"""Figures as people read them: with their units, in their language, with no more digits than say something."""

from django.utils.translation import gettext as _

from apps.insight.findings.words import n

__all__ = ["duration", "ms", "n", "percent", "short"]


def short(value: float) -> str:
    """'0.4', '12', '1,212'"""
    return n(value, 1 if 0 < value < 10 else 0)


def ms(seconds: float) -> str:
    """Milliseconds, without their unit."""
    return short(1000 * seconds)


def duration(seconds: float) -> str:
    """'300 ms', '1 s', '2.5 s'"""
    if seconds < 1:
        return _("%(ms)s ms") % {"ms": ms(seconds)}
    return _("%(n)s s") % {"n": n(seconds, 0 if seconds == round(seconds) or seconds >= 10 else 1)}


def percent(share: float) -> str:
    """Without its sign, with as few digits as are true to 3 %: '57', '3.1', '1', '0.02'."""
    value = 100 * share
    digits = next((digits for digits in (0, 1) if abs(round(value, digits) - value) <= 0.03 * abs(value)), 2)
    return n(value, digits)
