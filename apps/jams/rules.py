"""When a jam comes again: recurrence rules of iCalendar (RFC 5545, 3.3.10), of which a venue's calendar needs a part:

FREQ=WEEKLY;BYDAY=TU              every Tuesday
FREQ=WEEKLY;INTERVAL=2;BYDAY=TU   every other Tuesday
FREQ=MONTHLY;BYDAY=1FR,3FR        the first and the third Friday of the month; -1FR the last
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NUMBERS = (1, 2, 3, 4, 5, -1)  # of a weekday in its month; -1 is the last
LONGEST = 100  # characters
DAY, NUMBERED = f"({'|'.join(DAYS)})", f"({'|'.join(map(str, NUMBERS))})({'|'.join(DAYS)})"
RULE = re.compile(
    rf"FREQ=(WEEKLY(;INTERVAL=([1-9]|1[0-2]))?;BYDAY={DAY}(,{DAY})*|MONTHLY;BYDAY={NUMBERED}(,{NUMBERED})*)"
)
REFUSAL = _(
    "This is no rule that can be used. Write it like FREQ=WEEKLY;BYDAY=TU, FREQ=WEEKLY;INTERVAL=2;BYDAY=TU or "
    "FREQ=MONTHLY;BYDAY=1FR,3FR."
)


def validate_rule(rule: str) -> None:
    if len(rule) > LONGEST or not RULE.fullmatch(rule):
        raise ValidationError(REFUSAL, code="rule")


def weekly(days: list[str], *, interval: int = 1) -> str:
    return f"FREQ=WEEKLY;{f'INTERVAL={interval};' if interval > 1 else ''}BYDAY={','.join(days)}"


def monthly(numbers: list[int], days: list[str]) -> str:
    return f"FREQ=MONTHLY;BYDAY={','.join(f'{number}{day}' for number in numbers for day in days)}"


def occurrences(
    rule: str, *, first: datetime, after: datetime, zone: ZoneInfo, until: date | None = None
) -> Iterator[datetime]:
    """When it begins after `after`, in order, always at the time of day that `first` has on the venue's clock."""
    for naive in rrulestr(rule, dtstart=local(first, zone)).xafter(local(after, zone)):
        if until and naive.date() > until:
            return
        moment = naive.replace(tzinfo=zone)
        if moment > after:
            yield moment


def local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
