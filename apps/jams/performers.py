"""Whom a venue remembers: a performer who asked for it comes to its next nights under their name, with what they play.

A venue's performers are known at that venue alone; nobody but themselves is told that somebody is remembered.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.catalog.models import Venue
from apps.core.credentials import cookie_prefix, performer_signer, secret_of, signed
from apps.jams.errors import WasRemoved
from apps.jams.identity import new_secret
from apps.jams.models import Attendee, Performer
from apps.jams.queries import hashed


def remember_performer(*, attendee: Attendee) -> tuple[Performer, str]:
    """The performer, and the token that proves it, shown once; said again there is a new token, and the old one is
    worth nothing. Raises WasRemoved."""
    secret, venue = new_secret(), attendee.jam.venue_id
    with transaction.atomic():
        here = Attendee.objects.select_for_update().filter(pk=attendee.pk).in_the_room().first()
        if here is None:
            raise WasRemoved
        performer = here.performer or Performer(venue_id=venue, name=here.display_name, instruments=here.instruments)
        performer.secret_hash = hashed(secret)
        performer.save()
        Attendee.objects.filter(pk=here.pk).update(performer=performer)
    attendee.performer = performer
    return performer, signed(secret, performer_signer)


def forget_performer(*, performer: Performer) -> None:
    """At once and for good. Who is in a room as this performer stays there, as anybody else."""
    with transaction.atomic():  # held first: whoever comes in as this performer just now is seen, or comes as anybody
        for held in Performer.objects.select_for_update().filter(pk=performer.pk):
            held.delete()


def performer_with(token: str | None, venue: Venue) -> Performer | None:
    """Whoever holds the token, if this venue remembers them."""
    secret = secret_of(token, performer_signer)
    return Performer.objects.filter(venue=venue, secret_hash=hashed(secret)).first() if secret else None


def erase_unused() -> int:
    """Those who have not come for PERFORMER_DAYS. Answers how many it erased."""
    before = timezone.now() - timedelta(days=settings.PERFORMER_DAYS)
    return Performer.objects.filter(used_at__lt=before).delete()[1].get("jams.Performer", 0)


# The cookie of a phone: one a venue -------------------------------------------------------------------


def cookie_name(venue: Venue) -> str:
    return f"{cookie_prefix('performer')}{venue.pk}"


def performer_from(request: HttpRequest, venue: Venue) -> Performer | None:
    return performer_with(request.COOKIES.get(cookie_name(venue)), venue)


def keep(response: HttpResponse, venue: Venue, token: str) -> None:
    response.set_cookie(
        cookie_name(venue), token, max_age=settings.PERFORMER_DAYS * 24 * 3600, path="/",
        secure=settings.HTTPS, httponly=True, samesite="Lax",
    )  # fmt: skip


def drop(response: HttpResponse, venue: Venue) -> None:
    response.delete_cookie(cookie_name(venue), path="/", samesite="Lax")
