"""Cached reads follow rows, whoever writes them; boards follow the library.

What changes votes and people announces it, and that retires too: see apps/jams/board.py.
"""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.catalog.events import songs_changed
from apps.catalog.models import Venue
from apps.core.store import retire, retire_after_commit
from apps.jams.models import Jam, JamSong
from apps.live.streams import announce


@receiver([post_save, post_delete], sender=Jam)
def jam_changed(instance: Jam, **kwargs: Any) -> None:
    retire_after_commit(*instance.cached_in)


@receiver([post_save, post_delete], sender=JamSong)
def jam_song_changed(instance: JamSong, origin: Any = None, **kwargs: Any) -> None:
    if not isinstance(origin, Jam):  # it goes with its jam, which says so once
        retire_after_commit(instance.jam.stream)


@receiver(post_save, sender=Venue)
def venue_changed(instance: Venue, created: bool, **kwargs: Any) -> None:
    """Jams name their venue, and so do the nights when a song was played."""
    if not created:
        transaction.on_commit(lambda: retire_jams_of(instance), robust=True)


def retire_jams_of(venue: Venue) -> None:
    retire(*{group for jam in Jam.objects.filter(venue=venue).only("slug") for group in jam.cached_in})


@receiver(songs_changed)
def look_again(pks: list[int], **kwargs: Any) -> None:
    """A song that looks different is looked at anew wherever it is shown."""
    shown = Jam.objects.filter(songs__song__in=pks, songs__status__in=JamSong.PUBLIC).distinct().only("slug", "status")
    retire(*(jam.stream for jam in shown))
    for jam in shown:
        if jam.status != Jam.Status.ENDED:
            announce(jam.stream)
