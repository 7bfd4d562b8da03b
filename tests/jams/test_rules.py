"""When a jam comes again: the rules of RFC 5545 that a venue's calendar needs."""

from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from apps.jams.rules import LONGEST, monthly, occurrences, validate_rule, weekly
from apps.pages.words import rule_in_words

LONDON = ZoneInfo("Europe/London")


def at(text, zone=LONDON):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def found(rule, first, *, number=4, **options):
    options = {"first": at(first), "after": at(first), "zone": LONDON} | options
    return [f"{one:%a %d %b %H:%M}" for one in islice(occurrences(rule, **options), number)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", ["Tue 10 Mar", "Tue 17 Mar", "Tue 24 Mar", "Tue 31 Mar"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", ["Tue 17 Mar", "Tue 31 Mar", "Tue 14 Apr", "Tue 28 Apr"]),
        ("FREQ=WEEKLY;BYDAY=TU,TH", ["Thu 05 Mar", "Tue 10 Mar", "Thu 12 Mar", "Tue 17 Mar"]),
        ("FREQ=MONTHLY;BYDAY=3FR", ["Fri 20 Mar", "Fri 17 Apr", "Fri 15 May", "Fri 19 Jun"]),
        ("FREQ=MONTHLY;BYDAY=2FR,4FR", ["Fri 13 Mar", "Fri 27 Mar", "Fri 10 Apr", "Fri 24 Apr"]),
        ("FREQ=MONTHLY;BYDAY=-1TU", ["Tue 31 Mar", "Tue 28 Apr", "Tue 26 May", "Tue 30 Jun"]),
        ("FREQ=MONTHLY;BYDAY=5TU", ["Tue 31 Mar", "Tue 30 Jun", "Tue 29 Sep", "Tue 29 Dec"]),
    ],
)
def test_a_rule_says_when(rule, expected):
    validate_rule(rule)

    assert found(rule, "2026-03-03 20:30") == [f"{day} 20:30" for day in expected]


def test_the_clock_of_the_venue_counts_also_when_it_changes():
    nights = occurrences(
        "FREQ=WEEKLY;BYDAY=TU", first=at("2026-03-24 20:00"), after=at("2026-03-24 20:00"), zone=LONDON
    )

    assert next(nights).isoformat() == "2026-03-31T20:00:00+01:00"


def test_it_goes_on_after_what_has_been_and_ends_with_its_last_date():
    rule, after, until = "FREQ=WEEKLY;BYDAY=TU", at("2026-03-17 20:00"), date(2026, 3, 31)

    assert found(rule, "2026-03-03 20:00", after=after, until=until) == ["Tue 24 Mar 20:00", "Tue 31 Mar 20:00"]


@pytest.mark.parametrize(
    "rule",
    [
        "", "every Tuesday", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=1TU",
        "FREQ=WEEKLY;INTERVAL=0;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=99;BYDAY=TU", "FREQ=MONTHLY;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=6TU", "FREQ=SECONDLY", "FREQ=DAILY;COUNT=1000000", "FREQ=WEEKLY;BYDAY=TU;BYSECOND=1",
        "freq=weekly;byday=tu", "FREQ=WEEKLY;BYDAY=TU\n", "RRULE:FREQ=WEEKLY;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=" + ",".join(["TU"] * LONGEST),
    ],
)  # fmt: skip
def test_what_is_no_rule_of_these_is_refused(rule):
    with pytest.raises(ValidationError, match="Write it like FREQ=WEEKLY"):
        validate_rule(rule)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (weekly(["TU"]), "every Tuesday"),
        (weekly(["TU", "TH"]), "every Tuesday and Thursday"),
        (weekly(["MO"], interval=2), "Monday every 2 weeks"),
        (monthly([1, 3], ["FR"]), "first and third Friday of the month"),
        (monthly([-1], ["SU"]), "last Sunday of the month"),
    ],
)
def test_a_rule_is_said_in_words(rule, words):
    validate_rule(rule)

    assert rule_in_words(rule) == words
