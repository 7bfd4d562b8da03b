"""A report: one read of the nights of a jam, a venue or a host, and of those before, which they are compared with.

What is kept of it for REPORT_SECONDS has ids of people; their names are looked up for whoever reads, who may see them:
they run these nights, or manage the venue.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.core.formats import dumps
from apps.core.replicas import from_replica
from apps.core.store import Away, debts, store
from apps.jams.models import Attendee, Jam
from apps.reports.figures import clock_quarters, distribution, figures, median
from apps.reports.nights import QUARTER, Facts, summed_up
from apps.reports.periods import ALL, Period
from apps.reports.songs import songs_of
from apps.reports.subjects import OfHost, OfJam, Subject

EARLIER_NIGHTS = 8  # that one night is compared with
MOST_PERFORMERS = 20
Report = dict[str, Any]
Told = Callable[[int, int], None]


def read_report(
    subject: Subject,
    *,
    period: Period = ALL,
    by: User | None,
    names: bool = True,
    told: Told | None = None,
    most: int | None = None,
) -> Report:
    """What `ReportOutput` describes. `by`: who reads, and may; one night is compared with those that they run. None:
    whoever may everything.

    Raises Large where more than `most` votes would have to be looked at.
    """
    group, field = (
        group_of(subject),
        f"{period.since} {period.until} {by.pk if by and isinstance(subject, OfJam) else ''}",
    )
    revision = None
    if settings.CACHED_READS and group not in debts.groups:
        with suppress(Away):
            stands, kept = store.get(group, field)
            if kept and (report := orjson.loads(kept))["kept_until"] > time.time():
                return with_names(report, names)
            revision = stands.revision
    facts = from_replica(lambda: made(subject, period, by, told, most))
    report = dumps({**facts, "kept_until": time.time() + settings.REPORT_SECONDS})
    if revision is not None:
        with suppress(Away):
            store.put(group, revision, {field: report}, settings.REPORT_SECONDS)
    return with_names(orjson.loads(report), names)


def group_of(subject: Subject) -> str:
    """A night's goes with its board: whatever the room is told retires both."""
    return subject.jam.stream if isinstance(subject, OfJam) else f"report.{subject.key}"


def nights_for(subject: Subject, period: Period) -> list[Jam]:
    """The latest REPORT_NIGHTS of them, the last first."""
    nights = subject.nights(period).select_related("venue").order_by("-starts_at", "-pk")
    return list(nights[: settings.REPORT_NIGHTS])


def earlier_nights(subject: Subject, period: Period, by: User | None) -> list[Jam]:
    if isinstance(subject, OfJam):
        known = Jam.objects.letting(by, Right.RUN) if by else Jam.objects.all()
        earlier = (
            known.past().filter(venue=subject.jam.venue, starts_at__lt=subject.jam.starts_at).exclude(pk=subject.jam.pk)
        )
        return list(earlier.select_related("venue")[:EARLIER_NIGHTS])
    before = period.before()
    return nights_for(subject, before) if before else []


def made(subject: Subject, period: Period, by: User | None, told: Told | None, most: int | None) -> Report:
    jams, earlier = nights_for(subject, period), earlier_nights(subject, period, by)
    facts = summed_up([*jams, *earlier], told=told, most=most)
    songs = songs_of([jam.pk for jam in jams])
    now, before = ([facts[jam.pk] for jam in some] for some in (jams, earlier))
    return {
        "about": {"kind": subject.kind, "slug": subject.slug, "name": subject.name, "time_zone": str(subject.zone)},
        "since": period.since,
        "until": period.until,
        "before": compared_with(subject, period, earlier),
        "made_at": timezone.now(),
        "figures": figures(now, before, each=isinstance(subject, OfJam)),
        "songs_played": songs.different,
        "votes_early": sum(one["early"] for one in now),
        "votes_over_time": over_time(jams, facts),
        "nights": [night_of(jam, facts[jam.pk], isinstance(subject, OfHost)) for jam in jams],
        "most_wanted": songs.most_wanted,
        "most_played": songs.most_played,
        "never_played": songs.never_played,
        "waiting": {
            "songs": waiting(one["song_waits"] for one in now),
            "performers": waiting(one["waits"] for one in now),
            "in_vain": sum(one["in_vain"] for one in now),
        },
        "instruments": instruments_of(now),
        "performers": performers_of(jams, facts),
    }


def compared_with(subject: Subject, period: Period, earlier: Sequence[Jam]) -> dict[str, Any] | None:
    before = period.before()
    if isinstance(subject, OfJam):
        return {"since": None, "until": None, "nights": len(earlier)} if earlier else None
    return {"since": before.since, "until": before.until, "nights": len(earlier)} if before and earlier else None


def night_of(jam: Jam, facts: Facts, names_venue: bool) -> dict[str, Any]:
    numbers = ("people", "voters", "votes", "songs", "performances", "performers", "seconds")
    return {
        "jam": jam.slug,
        "name": jam.name,
        "venue": jam.venue.name if names_venue else "",
        "starts_at": local(jam.starts_at, jam),
        **{name: facts[name] for name in numbers},
    }


def local(moment: datetime, jam: Jam) -> str:
    """By the venue's clock, with its distance from UTC."""
    return timezone.localtime(moment, jam.zone).isoformat(timespec="seconds")


def over_time(jams: Iterable[Jam], facts: dict[int, Facts]) -> list[dict[str, Any]]:
    """Votes by quarter of an hour of the venue's clock, all nights together."""
    clock: Counter[int] = Counter()
    for jam in jams:
        zone = ZoneInfo(jam.venue.time_zone)
        for quarter, number in facts[jam.pk]["quarters"]:
            there = datetime.fromtimestamp(quarter * QUARTER, zone)
            clock[there.hour * 4 + there.minute // 15] += number
    return [{"at": f"{at // 4:02}:{at % 4 * 15:02}", "votes": clock[at]} for at in clock_quarters(clock)]


def waiting(of_nights: Iterable[list[int]]) -> dict[str, Any]:
    minutes = sorted(one for night in of_nights for one in night)
    longest = minutes[-1] if minutes else None
    return {"number": len(minutes), "median": median(minutes), "longest": longest, "minutes": distribution(minutes)}


def instruments_of(nights: Iterable[Facts]) -> list[dict[str, Any]]:
    people, times = Counter[str](), Counter[str]()
    for facts in nights:
        for name, (who, played) in facts["instruments"].items():
            people[name] += who
            times[name] += played
    names = sorted(times, key=lambda name: (-times[name], name))[:MOST_PERFORMERS]
    return [{"instrument": name, "people": people[name], "times": times[name]} for name in names]


# Performers -------------------------------------------------------------------------------------------


def performers_of(jams: Iterable[Jam], facts: dict[int, Facts]) -> list[dict[str, Any]]:
    """Who played most, each on one night: nobody is followed to the next. By id, as it is kept."""
    rows = [
        {"attendee": who, "jam": jam.slug, "night": local(jam.starts_at, jam)[:10], "instruments": instruments,
         "songs": songs, "seconds": seconds}
        for jam in jams for who, songs, seconds, instruments in facts[jam.pk]["players"]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["songs"], -row["seconds"], row["attendee"]))[: 5 * MOST_PERFORMERS]


def with_names(report: Report, named: bool) -> Report:
    """Those who still have one; who has gone or was erased is told by number only."""
    rows = report["performers"]
    names: dict[int, str] = {}
    if named and rows:
        people = Attendee.objects.filter(pk__in=[row["attendee"] for row in rows]).exclude(display_name="")
        names = dict(people.values_list("pk", "display_name"))
    told = [{"name": names[who], **row} for row in rows if (who := row.pop("attendee")) in names]
    report.pop("kept_until")
    return report | {"performers": told[:MOST_PERFORMERS]}
