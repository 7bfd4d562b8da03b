"""When song lists are looked at, and by which keys there is one task a list."""

from datetime import timedelta

from django.utils import timezone

from apps.catalog.list_models import SongList

EVERY = {
    SongList.Schedule.HOURLY: timedelta(hours=1),
    SongList.Schedule.DAILY: timedelta(days=1),
    SongList.Schedule.WEEKLY: timedelta(days=7),
}


def plan(row: SongList) -> None:
    """Its next look, from now on."""
    every = EVERY.get(SongList.Schedule(row.schedule))
    row.next_at = timezone.now() + every if every else None


def move_on(row: SongList) -> bool:
    """Whether this look is the caller's, and nobody else's who found it due too."""
    seen = row.next_at
    plan(row)
    return bool(SongList.objects.filter(pk=row.pk, next_at=seen).update(next_at=row.next_at))


def look_key(row: SongList) -> str:
    return f"song-list:{row.pk}"


def apply_key(row: SongList) -> str:
    return f"song-list:{row.pk}:apply"
