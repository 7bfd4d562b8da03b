"""What a report is about: one night, a venue's, or a host's. Who may read it, the table of roles says."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog.models import Venue
from apps.jams.models import Jam
from apps.reports.periods import Period
from apps.stage.statistics import nights_of


@dataclass(frozen=True)
class OfJam:
    jam: Jam
    kind = "jam"

    @property
    def venue(self) -> Venue:
        return self.jam.venue

    @property
    def key(self) -> str:
        return f"jam:{self.jam.pk}"

    @property
    def name(self) -> str:
        return self.jam.name

    @property
    def slug(self) -> str:
        return self.jam.slug

    @property
    def zone(self) -> ZoneInfo:
        return self.jam.zone

    def lets(self, user: Any) -> bool:
        return self.jam.lets(user, Right.RUN)

    def nights(self, period: Period) -> QuerySet[Jam]:
        return Jam.objects.filter(pk=self.jam.pk)


@dataclass(frozen=True)
class OfVenue:
    venue: Venue
    kind = "venue"

    @property
    def key(self) -> str:
        return f"venue:{self.venue.pk}"

    @property
    def name(self) -> str:
        return self.venue.name

    @property
    def slug(self) -> str:
        return self.venue.slug

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.venue.time_zone)

    def lets(self, user: Any) -> bool:
        return self.venue.lets(user, Right.READ_STATISTICS)

    def nights(self, period: Period) -> QuerySet[Jam]:
        return nights_of(self.venue, *period)


@dataclass(frozen=True)
class OfHost:
    """The nights that somebody hosts, wherever; days are those of each venue's clock."""

    host: User
    kind = "host"
    slug = ""

    @property
    def key(self) -> str:
        return f"host:{self.host.pk}"

    @property
    def name(self) -> str:
        return self.host.name

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where they hosted last."""
        last = Jam.objects.filter(jamhost__user=self.host).past().values_list("venue__time_zone", flat=True).first()
        return ZoneInfo(last or "UTC")

    def lets(self, user: Any) -> bool:
        return user.is_authenticated and (user == self.host or may(Right.ADMINISTER, roles_of(user)))

    def nights(self, period: Period) -> QuerySet[Jam]:
        nights = Jam.objects.filter(jamhost__user=self.host).past()
        zones = set(nights.order_by().values_list("venue__time_zone", flat=True)) if any(period) else set()
        if not zones:
            return nights
        return nights.filter(Q.create([days_there(period, zone) for zone in sorted(zones)], connector=Q.OR))


Subject = OfJam | OfVenue | OfHost


def days_there(period: Period, zone: str) -> Q:
    there = Q(venue__time_zone=zone)
    if period.since:
        there &= Q(starts_at__gte=datetime.combine(period.since, time.min, ZoneInfo(zone)))
    if period.until:
        there &= Q(starts_at__lt=datetime.combine(period.until + timedelta(days=1), time.min, ZoneInfo(zone)))
    return there


def today_at(subject: Subject) -> date:
    return timezone.localdate(timezone=subject.zone)


def subject_of(key: str) -> Subject | None:
    """By `key`; None where it is gone, or never was."""
    kind, _, pk = key.partition(":")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None
    if kind == "jam":
        jam = Jam.objects.select_related("venue").filter(pk=pk).first()
        return OfJam(jam) if jam else None
    if kind == "venue":
        venue = Venue.objects.filter(pk=pk).first()
        return OfVenue(venue) if venue else None
    host = User.objects.filter(pk=pk).first() if kind == "host" else None
    return OfHost(host) if host else None
