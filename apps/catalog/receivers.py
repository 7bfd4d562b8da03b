"""Cached reads follow rows, whoever writes them. Bulk operations, which send no signals, retire by themselves."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.catalog import events
from apps.catalog.models import Song, Venue
from apps.catalog.run_models import ImportRun
from apps.core.store import retire_after_commit


@receiver([post_save, post_delete], sender=Song)
def song_changed(instance: Song, created: bool = True, **kwargs: Any) -> None:
    """What is new is shown nowhere yet, and what is shown somewhere cannot be deleted."""
    retire_after_commit("songs")
    if not created:
        transaction.on_commit(lambda: events.songs_changed.send(None, pks=[instance.pk]), robust=True)


@receiver([post_save, post_delete], sender=Venue)
def venue_changed(**kwargs: Any) -> None:
    retire_after_commit("venues", "nights")


@receiver(post_delete, sender=ImportRun)
def import_deleted(instance: ImportRun, **kwargs: Any) -> None:
    """Its file goes too, also where it goes with its owner."""
    if instance.file:
        transaction.on_commit(lambda: instance.file.storage.delete(str(instance.file.name)), robust=True)
