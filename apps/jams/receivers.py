"""Boards follow the library: a song that is edited is looked at anew wherever it is shown."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from apps.catalog.models import Song
from apps.jams.models import Jam, JamSong
from apps.live.streams import announce


@receiver(post_save, sender=Song)
def song_saved(instance: Song, created: bool, **kwargs: Any) -> None:
    if not created:
        transaction.on_commit(lambda: look_again(instance.pk), robust=True)


def look_again(song: int) -> None:
    shown = JamSong.objects.public().filter(song=song).exclude(jam__status=Jam.Status.ENDED)
    for jam_song in shown.select_related("jam"):
        announce(jam_song.jam.stream)
