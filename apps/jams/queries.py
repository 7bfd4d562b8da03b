"""Reads of jams in the product's words. Each list is fully ordered."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import timezone

from apps.accounts.roles import MAY, Right, Role, may, roles_of
from apps.core.compiled import GIVEN, Compiled
from apps.jams.errors import JamGone

if TYPE_CHECKING:
    from apps.jams.models import Attendee, Invitation, Jam, JamSong  # noqa: F401

RANK = ("-pinned", "-votes", "counted_at", "pk")


def in_role(user: Any, roles: Iterable[Role]) -> Q:
    """The jams in which the user, who is logged in, has one of these roles."""
    hosts = user.jamhost_set.filter(role__in=sorted(roles))
    return Q(pk__in=hosts.values("jam")) | (Q(venue__in=user.venues.values("pk")) if Role.MANAGER in roles else Q())


class JamQuerySet(QuerySet["Jam"]):
    def public(self) -> Self:
        """All but drafts."""
        return self.exclude(status="draft")

    def visible_to(self, user: Any) -> Self:
        """All but drafts, and those drafts of which the user may know."""
        if may(Right.READ_DRAFT, roles_of(user)):
            return self
        if not user.is_authenticated:
            return self.public()
        return self.filter(~Q(status="draft") | in_role(user, MAY[Right.READ_DRAFT]))

    def letting(self, user: Any, right: Right) -> Self:
        """Those that let the user do that."""
        if may(right, roles_of(user)):
            return self
        return self.filter(in_role(user, MAY[right])) if user.is_authenticated else self.none()

    def with_door(self) -> Self:
        """With all that it takes to say how the door stands."""
        return self.select_related("venue", "bucket")

    def locked(self, pk: int) -> "Jam":
        """The jam, held until the commit; joins and votes do not wait for it. Raises JamGone."""
        jam = self.select_for_update(no_key=True).filter(pk=pk).first()
        if jam is None:
            raise JamGone
        return jam

    def running(self) -> Self:
        return self.filter(status__in=["live", "last_call"]).order_by("starts_at", "pk")

    def upcoming(self) -> Self:
        return self.filter(status="open").order_by("starts_at", "pk")

    def past(self) -> Self:
        return self.filter(status="ended").order_by("-starts_at", "-pk")

    def with_counts(self) -> Self:
        """`people` who came and `votes_cast`, by subqueries, which do not multiply each other as joins would."""
        from apps.jams.models import Attendee, JamSong

        people = Attendee.objects.filter(jam=OuterRef("pk")).exclude(state="removed").order_by().values("jam")
        songs = JamSong.objects.filter(jam=OuterRef("pk")).order_by().values("jam")
        return self.annotate(
            people=Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0),
            votes_cast=Coalesce(Subquery(songs.annotate(n=Sum("votes")).values("n")), 0),
        )

    def with_most_wanted(self) -> Self:
        """`most_wanted`: the title with the most votes of the night."""
        from apps.jams.models import JamSong

        best = JamSong.objects.filter(jam=OuterRef("pk"), votes__gt=0).order_by("-votes", "counted_at", "pk")
        return self.annotate(most_wanted=Subquery(best.values("song__title")[:1]))


class JamSongQuerySet(QuerySet["JamSong"]):
    def public(self) -> Self:
        """What the room may see: neither what waits for approval nor what was removed."""
        return self.filter(status__in=["open", "queued", "playing", "played"])

    def ranked(self) -> Self:
        """Rank: pinned, then votes, then the earlier change of the count, then id."""
        return self.filter(status="open").order_by(*RANK)

    def board(self, counts: bool = True) -> Self:
        """All the room may see, in the order of the board; as if nobody had counted where counts are hidden."""
        place = Case(
            When(status="playing", then=0), When(status="queued", then=1), When(status="open", then=2), default=3
        )  # fmt: skip
        rank = RANK if counts else ("-pinned", "pk")
        last_first = Case(When(status="played", then="ended_at")).desc(nulls_last=True)
        return self.public().order_by(place, F("position").asc(nulls_last=True), last_first, *rank)

    def queue(self) -> Self:
        return self.filter(status="queued").order_by("position", "pk")

    def pending(self) -> Self:
        return self.filter(status="pending").order_by("created_at", "pk")

    def suggested_by_still(self, attendee: "Attendee") -> Self:
        """The suggestions of this attendee that have not been queued, played or removed: they count to the limit."""
        return self.filter(suggested_by=attendee, status__in=["pending", "open"])


class AttendeeQuerySet(QuerySet["Attendee"]):
    def in_the_room(self) -> Self:
        return self.filter(state__in=["active", "away"])

    def due_for_erasure(self) -> Self:
        """Those of jams that ended ATTENDEE_DAYS ago and still have a name or a secret."""
        before = timezone.now() - timedelta(days=settings.ATTENDEE_DAYS)
        return self.filter(jam__ends_at__lt=before).filter(Q(secret_hash__isnull=False) | Q(folded_name__isnull=False))


class InvitationQuerySet(QuerySet["Invitation"]):
    def valid(self) -> Self:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))

    def out(self) -> Self:
        """Those that still open something, the newest first."""
        return self.valid().select_related("made_by").order_by("-pk")

    def with_token(self, token: str) -> Self:
        return self.valid().filter(token_hash=hashed(token))


def hashed(secret: str) -> str:
    """SHA-256 is enough: a secret has 256 random bits, so there is nothing to guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


def public_jam() -> QuerySet["Jam"]:
    from apps.jams.models import Jam

    return Jam.objects.public().filter(slug=GIVEN).select_related("venue")


PUBLIC = Compiled(public_jam)


def visible_jam(user: Any, slug: str) -> "Jam":
    """The jam with its venue, if this visitor may know of it. Raises Http404."""
    from apps.jams.models import Jam

    if user.is_authenticated:
        found = list(Jam.objects.visible_to(user).select_related("venue").filter(slug=slug))
    else:
        found = PUBLIC(slug, limit=1)
    for jam in found:
        return jam
    raise Http404
