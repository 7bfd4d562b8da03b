"""What is told of a jam: states with their place, and nothing that the room may not see. Names are left out, since they
are erased one day, and what was sent is not."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from apps.jams.events import jam_moved, report_ready, song_moved
from apps.jams.models import Jam, JamSong
from apps.stage.events import slots_changed
from apps.stage.models import Slot
from apps.webhooks.kinds import Kind
from apps.webhooks.outbox import Facts, tell

Status = JamSong.Status
TOLD = {Status.QUEUED: Kind.SONG_QUEUED, Status.PLAYING: Kind.SONG_PLAYING, Status.PLAYED: Kind.SONG_PLAYED}
MOST_SLOTS = 50  # of an event


@receiver(jam_moved)
def tell_status(jam: Jam, before: str, **kwargs: Any) -> None:
    tell(jam=jam, kind=Kind.JAM_STATUS, facts=lambda: {"status": str(jam.status), "before": str(before)})


@receiver(song_moved)
def tell_song(song: JamSong, before: str, **kwargs: Any) -> None:
    kind = TOLD.get(Status(song.status))
    if kind is None and before in {Status.QUEUED, Status.PLAYING}:
        kind = Kind.SONG_SKIPPED
    if kind:
        tell(jam=song.jam, kind=kind, facts=lambda: {"song": of_song(song)})


def of_song(song: JamSong) -> Facts:
    return {"id": song.pk, "title": song.song.title, "artist": song.song.artist, "place": song.position}


@receiver(slots_changed)
def tell_sign_ups(jam: Jam, slots: Iterable[int], **kwargs: Any) -> None:
    tell(jam=jam, kind=Kind.SIGNUP_CHANGED, facts=lambda: of_slots(jam, set(slots)))


def of_slots(jam: Jam, pks: set[int]) -> Facts:
    names = ("id", "jam_song", "instrument", "number", "state", "waiting")
    rows = list(Slot.objects.filter(pk__in=pks).shown(jam).with_holders().values(*names)[:MOST_SLOTS])
    return {"slots": rows} if rows else {}


@receiver(report_ready)
def tell_report(jam: Jam, report: int, **kwargs: Any) -> None:
    with transaction.atomic():
        tell(jam=jam, kind=Kind.REPORT_READY, facts=lambda: {"report": report})
