"""Within which times and days can be named, and months."""

from datetime import UTC, date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator

# Beyond these, clocks and time zones cannot be reckoned with.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NO_MONTH = date(1970, 1, 1)  # of nights whose votes are in no month of their own: see apps/voting/partitions.py
DAYS_BETWEEN = [MinValueValidator(EARLIEST.date()), MaxValueValidator(LATEST.date())]


def month_of(moment: datetime) -> date:
    """Its first day, in UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


def next_month(month: date, months: int = 1) -> date:
    years, of_year = divmod(month.month - 1 + months, 12)
    return date(month.year + years, of_year + 1, 1)
