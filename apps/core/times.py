"""Within which times and days can be named."""

from datetime import UTC, datetime

from django.core.validators import MaxValueValidator, MinValueValidator

# Beyond these, clocks and time zones cannot be reckoned with.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
DAYS_BETWEEN = [MinValueValidator(EARLIEST.date()), MaxValueValidator(LATEST.date())]
