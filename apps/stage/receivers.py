"""The stage follows the jam: songs bring their slots, who leaves leaves the stage too."""

from collections import Counter
from typing import Any

from django.dispatch import receiver

from apps.catalog.events import song_merged
from apps.catalog.models import Song
from apps.core.backups.events import restored
from apps.core.store import clock
from apps.jams.events import (
    attendee_renamed,
    people_back,
    people_gone,
    song_moved,
    song_suggested,
    songs_added,
    songs_merged,
)
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage.merging import unite_performances
from apps.stage.models import Slot
from apps.stage.operations import follow_song, show_name, unite_sign_ups, withdraw_all
from apps.stage.returns import give_places_back
from apps.stage.slots import make_slots, sign_up_suggester


@receiver(songs_added)
def bring_slots(songs: list[JamSong], **kwargs: Any) -> None:
    make_slots(songs=songs)


@receiver(song_suggested)
def take_part(song: JamSong, attendee: Attendee, instrument: str, **kwargs: Any) -> None:
    sign_up_suggester(jam_song=song, attendee=attendee, instrument=instrument)


@receiver(song_moved)
def follow(song: JamSong, before: str, **kwargs: Any) -> None:
    if {song.status, before} & {JamSong.Status.PLAYED, JamSong.Status.REMOVED}:
        follow_song(song=song, before=before)


@receiver(songs_merged)
def unite(song: JamSong, into: JamSong, **kwargs: Any) -> None:
    unite_sign_ups(song=song, into=into)


@receiver(song_merged)
def unite_history(song: Song, into: Song, **kwargs: Any) -> None:
    unite_performances(song=song, into=into)


@receiver(people_gone)
def leave_the_stage(jam: Jam, people: list[Attendee], noted: dict[str, Any], **kwargs: Any) -> None:
    noted["sign_ups"] = withdraw_all(jam=jam, people=people)


@receiver(people_back)
def return_to_the_stage(
    jam: Jam, people: list[Attendee], noted: dict[str, Any], back: Counter[str], **kwargs: Any
) -> None:
    back.update(give_places_back(jam=jam, people=people, places=noted.get("sign_ups", [])))


@receiver(attendee_renamed)
def rename(attendee: Attendee, **kwargs: Any) -> None:
    show_name(attendee=attendee)


@receiver(restored)
def be_newer(**kwargs: Any) -> None:
    """As jams and their songs: apps/jams/receivers.py."""
    Slot.objects.exclude(jam_song__jam__status=Jam.Status.ENDED).update(revision=clock())
