"""Cached reads and what sockets may hear follow rows, whoever writes them; boards follow the library.

What changes votes and people announces it, and that retires too: see apps/jams/board.py.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from apps.accounts.events import session_ended, tokens_revoked
from apps.accounts.models import User
from apps.accounts.roles import Right
from apps.catalog.events import flags_changed, song_banned, songs_changed
from apps.catalog.models import Song, Venue
from apps.core.backups.events import restored
from apps.core.store import clock, retire, retire_after_commit
from apps.jams.house_rules import follow_venue
from apps.jams.identity import user_address
from apps.jams.lineup import take_banned_off
from apps.jams.models import Jam, JamHost, JamSong
from apps.live.changes import HOST, Close
from apps.live.streams import announce, dismiss


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
        find_jams_anew(instance)
        transaction.on_commit(lambda: retire_jams_of(instance), robust=True)


def find_jams_anew(venue: Venue) -> None:
    """They are found by the venue's name and town, too."""
    changed = []
    for jam in venue.jams.only("name", "terms", "venue"):
        before, jam.venue = jam.terms, venue
        jam.tidy()
        if jam.terms != before:
            changed.append(jam)
    Jam.objects.bulk_update(changed, ["terms"], batch_size=500)


def retire_jams_of(venue: Venue) -> None:
    retire(*{group for jam in Jam.objects.filter(venue=venue).only("slug") for group in jam.cached_in})


@receiver(flags_changed)
def follow(venue: Venue, by: User, **kwargs: Any) -> None:
    follow_venue(venue=venue, by=by)


@receiver(song_banned)
def leave(venue: Venue, song: Song, by: User, **kwargs: Any) -> None:
    take_banned_off(venue=venue, song=song, by=by)


@receiver(songs_changed)
def look_again(pks: list[int], **kwargs: Any) -> None:
    """A song that looks different is looked at anew wherever it is shown."""
    shown = Jam.objects.filter(songs__song__in=pks, songs__status__in=JamSong.PUBLIC).distinct().only("slug", "status")
    retire(*(jam.stream for jam in shown))
    for jam in shown:
        if jam.status != Jam.Status.ENDED:
            announce(jam.stream)


@receiver(restored)
def be_newer(**kwargs: Any) -> None:
    """Than what open pages have seen of a time that is gone: of two states they keep the one of the higher revision."""
    jams = Jam.objects.exclude(status=Jam.Status.ENDED)
    JamSong.objects.filter(jam__in=jams).update(revision=clock())
    jams.update(revision=clock())


# Who may listen ---------------------------------------------------------------------------------------


@receiver(post_save, sender=Jam)
def jam_became_a_draft(instance: Jam, created: bool, update_fields: Any, **kwargs: Any) -> None:
    if instance.status == Jam.Status.DRAFT and not created and "status" in (update_fields or ["status"]):
        transaction.on_commit(lambda: dismiss(instance.stream), robust=True)


@receiver(post_delete, sender=Jam)
def jam_deleted(instance: Jam, **kwargs: Any) -> None:
    transaction.on_commit(lambda: dismiss(instance.stream, why=Close.UNKNOWN), robust=True)


@receiver(post_delete, sender=JamHost)
def host_taken_off(instance: JamHost, origin: Any = None, **kwargs: Any) -> None:
    if not isinstance(origin, Jam):
        stream = instance.jam.stream
        transaction.on_commit(lambda: dismiss(stream, HOST), robust=True)


@receiver(m2m_changed, sender=Venue.managers.through)
def manager_taken_off(instance: Any, action: str, **kwargs: Any) -> None:
    if action in {"post_remove", "post_clear"}:
        jams, to = Jam.objects.all(), HOST
        if isinstance(instance, Venue):
            jams = jams.filter(venue=instance)
        else:
            to = user_address(instance)
        transaction.on_commit(lambda: dismiss_from(jams, to), robust=True)


@receiver([post_save, post_delete], sender=User)
def user_changed(instance: User, created: bool = False, update_fields: Any = None, **kwargs: Any) -> None:
    """Role, password, whether they may log in."""
    if not created and {*(update_fields or ["role"])} != {"last_login"}:
        address = user_address(instance)
        transaction.on_commit(lambda: dismiss_from(Jam.objects.all(), address), robust=True)


@receiver(user_logged_out)
def logged_out(user: Any, request: Any, **kwargs: Any) -> None:
    if user:
        request.session.flush()  # before its sockets close: Django does it after, and who comes back at once is a host
        dismiss_from(Jam.objects.letting(user, Right.RUN), user_address(user))


@receiver([session_ended, tokens_revoked])
def one_way_in_less(user: User, **kwargs: Any) -> None:
    """Which sockets were of that session or token nobody knows: all close, and the others come back."""
    dismiss_from(Jam.objects.letting(user, Right.RUN), user_address(user))


def dismiss_from(jams: QuerySet[Jam], to: str) -> None:
    """What comes after the end, all may hear."""
    for jam in jams.exclude(status=Jam.Status.ENDED).only("slug"):
        dismiss(jam.stream, to)
