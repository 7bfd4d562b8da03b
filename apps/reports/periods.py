"""The days that a report is of, and those before them that it is compared with. Both ends count."""

from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings


class Period(NamedTuple):
    """An end that is None is open."""

    since: date | None = None
    until: date | None = None

    def before(self) -> "Period | None":
        """The period of the same kind before this one; None where that has no sense."""
        if self.since is None or self.until is None:
            return None
        last = self.since - timedelta(days=1)
        if self.since.day == 1 and (self.until + timedelta(days=1)).day == 1:  # whole months
            return Period(months_before(self.since, months_in(self)), last)
        return Period(last - (self.until - self.since), last)


ALL = Period()


def months_in(period: Period) -> int:
    since, until = period
    if since is None or until is None:
        raise ValueError(period)
    return 12 * (until.year - since.year) + until.month - since.month + 1


def months_before(day: date, months: int) -> date:
    """The first of the month so many months before."""
    place = 12 * day.year + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def month_of(today: date) -> Period:
    return months_from(today.replace(day=1), 1)


def last_month_of(today: date) -> Period:
    return months_from(months_before(today, 1), 1)


def season_of(today: date) -> Period:
    """Twelve months from the first of SEASON_BEGINS on."""
    year = today.year if today.month >= settings.SEASON_BEGINS else today.year - 1
    return months_from(date(year, settings.SEASON_BEGINS, 1), 12)


def months_from(first: date, months: int) -> Period:
    return Period(first, months_before(first, -months) - timedelta(days=1))
