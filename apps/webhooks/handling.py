"""Events that came in are done here, one after the other for each inbox, in the order in which they came.

What an event does, and that it is done, are one transaction under the inbox's row: however often a worker is killed,
each is done once. What an operation refuses is kept as the reason.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.core.errors import DomainError
from apps.webhooks import play, sign_ups, songs
from apps.webhooks.errors import NobodyActs, UnknownType
from apps.webhooks.kinds import Told
from apps.webhooks.models import Inbox, Received

log = logging.getLogger(__name__)

Handler = Callable[[Received, User], dict[str, Any]]
HANDLERS: dict[str, Handler] = {
    Told.PLAY_STARTED: play.start,
    Told.PLAY_FINISHED: play.finish,
    Told.PLAY_SKIPPED: play.skip,
    Told.SONG_UPSERTED: songs.upsert,
    Told.SIGNUP_CREATED: sign_ups.create,
    Told.SIGNUP_WITHDRAWN: sign_ups.withdraw,
}


def handle_until(*, received: int) -> int:
    """This event, after all that came before it and waits. Says how many were looked at."""
    looked_at, inbox = 0, Received.objects.filter(pk=received).values_list("inbox", flat=True).first()
    while inbox and handle_next(inbox, received):
        looked_at += 1
    return looked_at


@transaction.atomic
def handle_next(inbox: int, last: int) -> bool:
    if not Inbox.objects.select_for_update(no_key=True).filter(pk=inbox).exists():
        return False
    rows = Received.objects.select_related("inbox__venue", "inbox__made_by")
    received = rows.waiting().filter(inbox=inbox, pk__lte=last).first()
    if received is None:
        return False
    with override(received.inbox.language):
        handle_and_end(received)
    return True


def handle_and_end(received: Received) -> None:
    try:
        with transaction.atomic():
            result = handle(received)
    except DomainError as error:
        end(received, Received.State.REFUSED, code=error.code, reason=words(error))
    except (OperationalError, InterfaceError):  # the database is in trouble, not the event
        raise
    except Exception:
        log.exception("webhooks: event %s of inbox %s failed", received.pk, received.inbox_id)
        end(received, Received.State.REFUSED, code="fault", reason=_("Something went wrong here. The log says more."))
    else:
        end(received, Received.State.DONE, result=result)


def handle(received: Received) -> dict[str, Any]:
    handler, actor = HANDLERS.get(received.type), received.inbox.actor
    if handler is None:
        raise UnknownType
    if actor is None:
        raise NobodyActs
    result = handler(received, actor)
    told = {"event": received.event, "type": received.type, "result": result}
    record(actor=actor, verb="inbox_event", about=received.inbox, after=told)
    return result


def end(received: Received, state: str, *, code: str = "", reason: str = "", result: Any = None) -> None:
    """What it said is forgotten, since it may name people; its digest still tells whether it comes again."""
    fields = {"state": state, "code": code[:40], "reason": reason[:300], "result": result or {}, "payload": {}}
    Received.objects.filter(pk=received.pk).update(**fields, ended_at=timezone.now())


def words(error: DomainError) -> str:
    """The errors of fields say more than that there are some."""
    fields = [f"{name}: {text}" for name, texts in error.fields.items() for text in texts]
    return " ".join(fields) or str(error.message)
