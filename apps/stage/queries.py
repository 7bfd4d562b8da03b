"""Reads of slots and sign-ups in the product's words. Each list is fully ordered."""

from typing import TYPE_CHECKING, Any, Self

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from apps.jams.models import Attendee, Jam, JamSong

if TYPE_CHECKING:
    from apps.stage.models import Performance, SignUp, Slot  # noqa: F401

HOLDING = ["claimed", "checked_in"]
TO_BE_PLAYED = [JamSong.Status.PENDING, JamSong.Status.OPEN, JamSong.Status.QUEUED, JamSong.Status.PLAYING]


class SlotQuerySet(QuerySet["Slot"]):
    def shown(self, jam: Jam) -> Self:
        """Those that the room may see: of songs that it may see, song by song."""
        public = [status.value for status in JamSong.PUBLIC]
        return self.filter(jam_song__jam=jam, jam_song__status__in=public).order_by("jam_song", "pk")

    def with_holders(self) -> Self:
        """`holder`, the name of who plays or has played it, `state`, theirs, and how many are `waiting`."""
        holders = sign_ups_of_it().filter(state__in=[*HOLDING, "played"]).order_by("-pk")
        line = sign_ups_of_it().filter(state="waiting").order_by().values("slot").annotate(n=Count("pk"))
        return self.annotate(
            holder=Subquery(holders.values("attendee__display_name")[:1]),
            state=Subquery(holders.values("state")[:1]),
            waiting=Coalesce(Subquery(line.values("n")), 0),
        )

    def with_holder(self) -> Self:
        """`holder_id`: the attendee who has it now."""
        return self.annotate(holder_id=Subquery(sign_ups_of_it().filter(state__in=HOLDING).values("attendee")[:1]))

    def unfilled(self) -> Self:
        return self.exclude(Exists(sign_ups_of_it().filter(state__in=[*HOLDING, "played"])))

    def with_playable(self) -> Self:
        """`playable`: whether nobody that its song requires is missing."""
        from apps.stage.models import Slot

        missing = Slot.objects.filter(jam_song=OuterRef("jam_song"), required=True).unfilled()
        return self.annotate(playable=~Exists(missing))


class SignUpQuerySet(QuerySet["SignUp"]):
    def live(self) -> Self:
        return self.filter(state__in=[*HOLDING, "waiting"])

    def holding(self) -> Self:
        return self.filter(state__in=HOLDING)

    def line(self) -> Self:
        """Who waits, the first first: they signed up one after the other, under the jam's lock."""
        return self.filter(state="waiting").order_by("pk")

    def out(self, attendee: Attendee) -> Self:
        """What counts to the limit: until the song is played or removed."""
        return self.live().filter(attendee=attendee, slot__jam_song__status__in=TO_BE_PLAYED)

    def of_a_jam(self, jam: Jam) -> Self:
        """What is or was to be played there, song by song and slot by slot."""
        there = self.filter(slot__jam_song__jam=jam).exclude(slot__jam_song__status=JamSong.Status.REMOVED)
        return there.exclude(state="withdrawn").order_by("slot__jam_song", "slot", "pk")

    def with_place(self) -> Self:
        """`place` in the line of its slot, from 1; None for who does not wait."""
        before = sign_ups_of_it("slot").filter(state="waiting", pk__lte=OuterRef("pk")).order_by().values("slot")
        place = Subquery(before.annotate(n=Count("pk")).values("n"))
        return self.annotate(place=Case(When(state="waiting", then=place), default=Value(None)))


class PerformanceQuerySet(QuerySet["Performance"]):
    def public(self) -> Self:
        """The last first; what a host tries out in a draft is not told."""
        return self.exclude(jam__status="draft").order_by(F("started_at").desc(), F("pk").desc())

    def with_shown_votes(self) -> Self:
        """`shown_votes`: None while the room of that jam may not see them."""
        shown = Q(jam__counts="live") | Q(jam__status="ended")
        return self.annotate(shown_votes=Case(When(shown, then="votes"), default=Value(None)))

    def most_played(self) -> Any:
        """Per song: `song`, its title and artist, `times` and `votes` together; the most played first."""
        rows = self.order_by().values("song", "song__title", "song__artist")
        return rows.annotate(times=Count("pk"), all_votes=Sum("votes")).order_by("-times", "-all_votes", "song")


def sign_ups_of_it(slot: str = "pk") -> "SignUpQuerySet":
    from apps.stage.models import SignUp

    return SignUp.objects.filter(slot=OuterRef(slot))
