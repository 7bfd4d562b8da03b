"""What was played, and how nights went."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.catalog.models import Venue
from apps.jams.models import Attendee, Jam
from apps.stage.models import Performance

MOST_PLAYED = 20


def nights_of(venue: Venue, since: date | None = None, until: date | None = None) -> QuerySet[Jam]:
    """The nights that are over and began on these days, by the venue's clock; both days count."""
    nights, zone = Jam.objects.filter(venue=venue).past(), ZoneInfo(venue.time_zone)
    if since:
        nights = nights.filter(starts_at__gte=datetime.combine(since, time.min, zone))
    if until:
        nights = nights.filter(starts_at__lt=datetime.combine(until + timedelta(days=1), time.min, zone))
    return nights


def statistics_of(nights: QuerySet[Jam]) -> dict[str, Any]:
    """`{nights, people, performances, songs, votes, performers, seconds}`, together.

    `people` came, `performers` of them played; of one who came to two nights nobody knows that it is one. `votes` are
    those for what was played, `seconds` what it took. Asks the database four times.
    """
    these = nights.order_by().values("pk")
    people = Attendee.objects.filter(jam__in=these).exclude(state=Attendee.State.REMOVED)
    performances = Performance.objects.filter(jam__in=these)
    facts = performances.aggregate(
        performances=Count("pk"),
        songs=Count("song", distinct=True),
        votes=Coalesce(Sum("votes"), 0),
        seconds=Coalesce(Sum(F("ended_at") - F("started_at")), timedelta()),
    )
    return {
        "nights": nights.count(),
        "people": people.count(),
        **facts,
        "seconds": int(facts["seconds"].total_seconds()),
        "performers": len({who for performance in performances.only("line_up") for who in players_of(performance)}),
    }


def most_played(nights: QuerySet[Jam]) -> list[dict[str, Any]]:
    """`{song, song__title, song__artist, times, all_votes}`, the most played first."""
    return list(Performance.objects.filter(jam__in=nights.order_by().values("pk")).most_played()[:MOST_PLAYED])


def on_stage(jam: Jam) -> list[dict[str, Any]]:
    """Who played that night, for its hosts: `{name, instruments, songs, seconds}`, who played most first. A name is ""
    once it has been erased."""
    people: dict[int, dict[str, Any]] = {}
    for performance in Performance.objects.filter(jam=jam).order_by("started_at", "pk"):
        took = (performance.ended_at - performance.started_at).total_seconds()
        for attendee, instruments in players_of(performance).items():
            one = people.setdefault(attendee, {"instruments": {}, "songs": 0, "seconds": 0})
            one["instruments"] |= dict.fromkeys(instruments)
            one["songs"] += 1
            one["seconds"] += int(took)
    names = dict(Attendee.objects.filter(pk__in=people).values_list("pk", "display_name"))
    rows = [one | {"name": names.get(pk, ""), "instruments": [*one["instruments"]]} for pk, one in people.items()]
    return sorted(rows, key=lambda row: (-row["songs"], -row["seconds"], row["name"]))


def players_of(performance: Performance) -> dict[int, list[str]]:
    """Their instruments, by attendee; some play two."""
    found: dict[int, list[str]] = {}
    for part in performance.line_up:
        found.setdefault(part["attendee"], []).append(part["instrument"])
    return found
