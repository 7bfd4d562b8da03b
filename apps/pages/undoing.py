"""What a host has just done, in words, with the button that undoes it."""

from typing import Any

from django.utils import timezone

from apps.accounts.models import AuditEvent, User
from apps.jams.models import Attendee, Jam, JamSong
from apps.pages.templatetags.parts import isolated
from apps.pages.words import console_words
from apps.voting.undo import undoable, until


def last_deed(jam: Jam, host: User) -> dict[str, Any] | None:
    """`{text, deed: what the button names, seconds: that are left}`, or None where nothing can be undone."""
    event = undoable(jam, host)
    if event is None:
        return None
    seconds = (until(event) - timezone.now()).total_seconds()
    return {"text": told(event), "deed": f"{event.verb} {event.after.get('song', '')}".strip(), "seconds": int(seconds)}


def told(event: AuditEvent) -> str:
    word = {"start_next": "start-next", "remove_attendee": "person"}.get(event.verb, event.verb)
    return str(console_words("")[f"done_{word}"]) % facts(event)


def facts(event: AuditEvent) -> dict[str, Any]:
    if song := event.after.get("song"):
        title = JamSong.objects.filter(pk=song).values_list("song__title", flat=True).first()
        return {"title": isolated(title or ""), "place": event.after.get(f"song {song}", {}).get("position")}
    if "void" not in event.after:
        return {}
    names = Attendee.objects.filter(pk__in=event.after["void"]["attendees"][:1]).values_list("display_name", flat=True)
    return {"name": isolated(names.first() or "")}
