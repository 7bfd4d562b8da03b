"""Who calls the API: a host by session, an attendee by token or cookie."""

from typing import Any

from django.db.models import BigIntegerField
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.accounts.roles import Right
from apps.core.compiled import AND_GIVEN, GIVEN, Compiled
from apps.core.credentials import bearer, secret_of
from apps.jams import identity
from apps.jams.errors import NotAHost, NotInJam, WasRemoved
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.queries import visible_jam

SONG = Compiled(lambda: JamSong.objects.filter(jam=GIVEN, pk=AND_GIVEN).select_related("song"))
BY_ATTENDEE: Any = [{"attendeeToken": []}]  # in the description of the API
BY_HOST: Any = [{"apiToken": ["jams"]}, {"cookieAuth": []}]


def jam_of(request: Request, slug: str) -> Jam:
    """The jam, if this visitor may know of it."""
    return visible_jam(request.user, slug)


def hosted_jam(request: Request, slug: str) -> Jam:
    """The jam, for one of its hosts. What they may beyond running it, the operations ask."""
    jam = jam_of(request, slug)
    if not jam.lets(request.user, Right.RUN):
        raise NotAHost
    return jam


def jam_song_of(jam: Jam, pk: int) -> JamSong:
    for jam_song in SONG(jam.pk, pk, limit=1) if pk <= BigIntegerField.MAX_BIGINT else ():
        jam_song.jam = jam
        return jam_song
    raise Http404


def refuse_removed(request: Request, jam: Jam) -> None:
    """Raises WasRemoved for whoever shows, by token or cookie, that they were taken off this jam."""
    shown = (
        identity.secret_shown(request.headers.get("Authorization", "")),
        identity.secret_in(request.COOKIES, jam),
    )
    for secret in shown:
        attendee = identity.attendee_with(secret, jam)
        if attendee and attendee.state == Attendee.State.REMOVED:
            raise WasRemoved


def attendee_of(request: Request, jam: Jam) -> Attendee:
    """The attendee of this jam who calls, by `Authorization: Bearer TOKEN` or by cookie with a CSRF token.

    Raises NotInJam for nobody, for what is forged and for another jam's token; WasRemoved.
    """
    token = bearer(request.headers.get("Authorization", ""))
    if token is None:
        secret = identity.secret_in(request.COOKIES, jam)
        if secret and request.method not in SAFE_METHODS:
            SessionAuthentication().enforce_csrf(request)
    else:
        secret = secret_of(token)
    attendee = identity.attendee_with(secret, jam)
    if attendee is None:
        raise NotInJam(_("This token is not of this jam. Join it and use the token you get.") if token else None)
    if attendee.state == Attendee.State.REMOVED:
        raise WasRemoved
    identity.see(attendee.pk, attendee.last_seen)
    return attendee
