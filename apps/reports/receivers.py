"""Kept reports follow the nights that are over; their songs' names only the clock (REPORT_SECONDS)."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from apps.catalog.models import Venue
from apps.core.store import retire_after_commit
from apps.jams.events import people_back, people_gone
from apps.jams.models import Jam, JamHost


@receiver([post_save, post_delete], sender=Jam)
def night_changed(instance: Jam, created: bool = False, **kwargs: Any) -> None:
    if instance.status == Jam.Status.ENDED and not created:
        retire_reports(instance)


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
