"""What changes accounts beyond what allauth does: sessions end, a second factor is lost."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from apps.accounts import events
from apps.accounts.audit import record
from apps.accounts.models import User


def end_session(*, session: UserSession, by: User) -> None:
    end([session], "end_session", session.user, by)


def end_other_sessions(*, user: User, keep: str, by: User) -> int:
    """All but that with the key `keep`; answers how many there were."""
    return end(UserSession.objects.filter(user=user).exclude(session_key=keep), "log_out_everywhere", user, by)


def end(sessions: Iterable[UserSession], verb: str, user: User, by: User) -> int:
    """In the database and in the cache: the next request of such a browser is a visitor's, and its sockets close."""
    ended = list(sessions)
    record(actor=by, verb=verb, about=user, after={"sessions": len(ended)})
    # In no transaction: until it committed, whoever reads the row would bring the copy in the cache back.
    for session in ended:
        session.end()
    events.session_ended.send(sender=User, user=user)
    return len(ended)


def turn_off_second_factor(*, user: User, by: User) -> None:
    """For somebody who lost both phone and recovery codes, after staff made sure who asks."""
    with transaction.atomic():
        if Authenticator.objects.filter(user=user).delete()[0]:
            record(actor=by, verb="second_factor_off", about=user)
