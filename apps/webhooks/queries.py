"""Reads of webhooks in the product's words. Each list is fully ordered."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from apps.jams.models import Jam

if TYPE_CHECKING:
    from apps.webhooks.models import Delivery, Endpoint, Inbox, Lane, Received  # noqa: F401

SHOWN_ATTEMPTS = 10


class EndpointQuerySet(QuerySet["Endpoint"]):
    def of(self, *, venue: Venue | None = None, jam: Jam | None = None) -> Self:
        rows = self.filter(jam=jam) if jam else self.filter(venue=venue)
        return rows.order_by("pk")

    def wanting(self, jam: Jam, kind: str) -> "list[Endpoint]":
        """Those that are on and are to hear such an event of the jam; held until the commit, so that none is deleted
        while a delivery is made for it."""
        found = self.filter(Q(jam=jam) | Q(venue=jam.venue_id), enabled=True).order_by("pk")
        wanting = [one for one in found if kind in one.types]
        there = self.stay([one.pk for one in wanting])
        return [one for one in wanting if one.pk in there]

    def stay(self, pks: list[int]) -> set[int]:
        if connection.vendor != "postgresql" or not pks:  # SQLite has one writer at a time
            return set(pks)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM webhooks_endpoint WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [pks])
            return {pk for (pk,) in cursor.fetchall()}

    def with_owner(self) -> Self:
        return self.select_related("venue", "jam__venue")

    def letting(self, user: Any) -> Self:
        """Those that the user may change."""
        venues = Venue.objects.letting(user, Right.CHANGE_VENUE).order_by().values("pk")
        jams = Jam.objects.letting(user, Right.CHANGE_JAM).order_by().values("pk")
        return self.filter(Q(venue__in=venues) | Q(jam__in=jams))


class LaneQuerySet(QuerySet["Lane"]):
    def forgotten(self, *, before: datetime) -> Self:
        """Where something is to be sent that nobody sends."""
        nobody = Q(busy_until__isnull=True) | Q(busy_until__lt=timezone.now())
        return self.filter(nobody, due_at__lt=before).order_by("pk")


class DeliveryQuerySet(QuerySet["Delivery"]):
    def waiting(self) -> Self:
        """In the order in which they are to arrive."""
        return self.filter(state="waiting").order_by("revision", "pk")

    def log(self) -> Self:
        """The last first, with the last attempts of each."""
        from apps.webhooks.models import Attempt

        attempts = Attempt.objects.order_by("-pk")[:SHOWN_ATTEMPTS]
        rows = self.select_related("event__jam").order_by("-pk")
        return rows.prefetch_related(Prefetch("attempts", queryset=attempts, to_attr="last_attempts"))


class InboxQuerySet(QuerySet["Inbox"]):
    def of(self, venue: Venue) -> Self:
        return self.filter(venue=venue).order_by("pk")

    def letting(self, user: Any) -> Self:
        venues = Venue.objects.letting(user, Right.CHANGE_VENUE).order_by().values("pk")
        return self.filter(venue__in=venues).select_related("venue")


class ReceivedQuerySet(QuerySet["Received"]):
    def waiting(self) -> Self:
        return self.filter(state="waiting").order_by("pk")

    def log(self) -> Self:
        """The last first; without what they say."""
        return self.defer("payload", "digest").order_by("-pk")
