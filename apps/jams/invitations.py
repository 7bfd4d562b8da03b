"""Links that let somebody in: a co-host, once and within days; a big screen, until it is taken back.

A link is worth no more than whoever made it: with their rights it ends.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.jams.actions import check_right
from apps.jams.errors import AlreadyAHost, InvitationGone, OwnerStays, TooManyInvitations
from apps.jams.identity import COOKIE_SECONDS, new_secret
from apps.jams.models import Invitation, Jam, JamHost
from apps.jams.queries import hashed

CO_HOST, DISPLAY = Invitation.Role.CO_HOST, Invitation.Role.DISPLAY
RIGHT_TO_INVITE: dict[str, Right] = {CO_HOST: Right.APPOINT, DISPLAY: Right.RUN}
cookies = signing.Signer(salt="jamvote.screen")


def invite(*, jam: Jam, host: User, role: str) -> tuple[Invitation, str]:
    """The link's row and its token, shown once. Raises NotAHost, NotAnOwner, TooManyInvitations."""
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)  # so that links are counted one after the other
        check_right(locked, host, RIGHT_TO_INVITE[role])
        Invitation.objects.filter(jam=jam, expires_at__lte=timezone.now()).delete()
        if Invitation.objects.filter(jam=jam).count() >= settings.MAX_INVITATIONS:
            raise TooManyInvitations
        token = new_secret()
        days = timedelta(days=settings.INVITATION_DAYS)
        expires_at = timezone.now() + days if role == CO_HOST else None
        made = {"role": role, "token_hash": hashed(token), "made_by": host, "expires_at": expires_at}
        invitation = Invitation.objects.create(jam=jam, **made)
        record(actor=host, verb="invite", about=locked, after={"invitation": {"id": invitation.pk, "role": role}})
    return invitation, token


def address_of(invitation: Invitation, token: str) -> str:
    """What to send to the co-host, or to open on the projector."""
    display = invitation.role == DISPLAY
    path = f"/jams/{invitation.jam.slug}/display/{token}" if display else f"/invitations/{token}"
    return f"{settings.PUBLIC_URL}{path}"


def take_back(*, invitation: Invitation, host: User) -> None:
    with transaction.atomic():
        jam = Jam.objects.locked(invitation.jam_id)
        check_right(jam, host, RIGHT_TO_INVITE[invitation.role])
        if Invitation.objects.filter(pk=invitation.pk).delete()[0]:
            record(
                actor=host,
                verb="take_back",
                about=jam,
                before={"invitation": {"id": invitation.pk, "role": invitation.role}},
            )


def accept(*, token: str, user: User) -> Jam:
    """The user becomes a co-host, and the link is used up. Raises InvitationGone, AlreadyAHost."""
    jam = jam_invited_to(token)
    with transaction.atomic():
        locked = Jam.objects.locked(jam.pk)
        if locked.lets(user, Right.RUN):
            raise AlreadyAHost
        if not Invitation.objects.with_token(token).delete()[0]:  # somebody was faster
            raise InvitationGone
        JamHost.objects.create(jam=locked, user=user, role=JamHost.Role.CO_HOST)
        record(actor=user, verb="accept", about=locked, after={"host": {"user": user.pk, "role": CO_HOST}})
    return jam


def jam_invited_to(token: str) -> Jam:
    """Raises InvitationGone."""
    invitation = holding(token, CO_HOST)
    if invitation is None:
        raise InvitationGone
    return invitation.jam


def holding(token: str, role: str) -> Invitation | None:
    """The link with this token, if whoever made it could still make it."""
    rows = Invitation.objects.with_token(token).filter(role=role).select_related("jam__venue", "made_by")
    invitation = rows.first()
    if invitation is None or invitation.made_by is None or not invitation.made_by.is_active:
        return None
    return invitation if invitation.jam.lets(invitation.made_by, RIGHT_TO_INVITE[role]) else None


def remove_host(*, jam_host: JamHost, by: User) -> None:
    """Takes a co-host off, who may also go by themselves. Raises NotAHost, NotAnOwner, OwnerStays."""
    with transaction.atomic():
        jam = Jam.objects.locked(jam_host.jam_id)
        check_right(jam, by, Right.RUN if jam_host.user_id == by.pk else Right.APPOINT)
        if jam_host.role == JamHost.Role.OWNER:
            raise OwnerStays
        if JamHost.objects.filter(pk=jam_host.pk).delete()[0]:  # receivers.py closes their sockets
            record(
                actor=by,
                verb="remove_host",
                about=jam,
                before={"host": {"user": jam_host.user_id, "role": jam_host.role}},
            )


# The big screen ---------------------------------------------------------------------------------------


def screen_of(token: str, slug: str) -> Jam | None:
    """The jam whose big screen this token opens."""
    invitation = holding(token, DISPLAY)
    return invitation.jam if invitation and invitation.jam.slug == slug else None


def remember_screen(response: HttpResponse, jam: Jam, token: str) -> None:
    response.set_cookie(
        screen_cookie(jam), cookies.sign(token), max_age=COOKIE_SECONDS, path="/",
        secure=settings.HTTPS, httponly=True, samesite="Lax",
    )  # fmt: skip


def screen_cookie(jam: Jam) -> str:
    return f"{'__Host-' if settings.HTTPS else ''}screen-{jam.pk}"


def sees_door(user: Any, cookie_jar: Mapping[str, str], jam: Jam) -> bool:
    """Hosts, and a browser that a link has made the big screen of this jam."""
    return jam.lets(user, Right.RUN) or is_screen(cookie_jar, jam)


def is_screen(cookie_jar: Mapping[str, str], jam: Jam) -> bool:
    try:
        token = cookies.unsign(cookie_jar.get(screen_cookie(jam), ""))
    except signing.BadSignature:
        return False
    invitation = holding(token, DISPLAY)
    return bool(invitation and invitation.jam_id == jam.pk)
