"""Kept reports follow the nights that are over; their songs' names only the clock (REPORT_SECONDS)."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.catalog.models import Venue
from apps.core.store import retire_after_commit
from apps.jams.events import people_back, people_gone
from apps.jams.models import Jam, JamHost
from apps.reports.models import Report
from apps.reports.tasks import sum_up_nights
from apps.tasks.enqueue import enqueue


@receiver([post_save, post_delete], sender=Jam)
def night_changed(instance: Jam, created: bool = False, **kwargs: Any) -> None:
    if instance.status == Jam.Status.ENDED and not created:
        retire_reports(instance)


@receiver(post_save, sender=Jam)
def night_ended(instance: Jam, update_fields: Any = None, **kwargs: Any) -> None:
    """It is summed up before anybody asks."""
    if instance.status == Jam.Status.ENDED and "ended_at" in (update_fields or ()):
        enqueue(sum_up_nights, jams=[instance.pk], about=f"jam:{instance.pk}")


@receiver(post_delete, sender=Report)
def report_deleted(instance: Report, **kwargs: Any) -> None:
    """Its file goes too, also where it goes with its owner."""
    if instance.file:
        transaction.on_commit(lambda: instance.file.storage.delete(str(instance.file.name)), robust=True)


@receiver([people_gone, people_back])
def people_of_a_night_changed(jam: Jam, **kwargs: Any) -> None:
    if jam.status == Jam.Status.ENDED:
        retire_reports(jam)


@receiver([post_save, post_delete], sender=JamHost)
def hosts_changed(instance: JamHost, **kwargs: Any) -> None:
    retire_after_commit(f"report.host:{instance.user_id}")


@receiver(post_save, sender=Venue)
def venue_changed(instance: Venue, created: bool, **kwargs: Any) -> None:
    if not created:
        retire_after_commit(f"report.venue:{instance.pk}")


def retire_reports(jam: Jam) -> None:
    hosts = JamHost.objects.filter(jam=jam.pk).values_list("user", flat=True)
    retire_after_commit(f"report.venue:{jam.venue_id}", *(f"report.host:{user}" for user in hosts))
