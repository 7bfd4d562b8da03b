"""The set list of a jam: what the host has queued, then the open songs as an algorithm of apps/stage/planning orders
them. A plan changes nothing; a host takes over as much of it as they like, or has the queue itself arranged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.jams.actions import acting
from apps.jams.lineup import put_last
from apps.jams.models import Jam, JamSong
from apps.stage.models import Slot
from apps.stage.planning.algorithms import ALGORITHMS, in_order, standing
from apps.stage.planning.plans import CHANGEOVER, UNKNOWN_DURATION, Candidate, Night, Plan

Status = JamSong.Status
DEFAULT = "balanced"
MOST_QUEUED = 50  # songs of a plan that are queued at once


class Material(NamedTuple):
    """What a set list is made of. `songs` has the rows of all candidates; of the night only locked songs are fixed."""

    queue: list[Candidate]
    ranked: list[Candidate]
    night: Night
    songs: dict[int, JamSong]


def material_of(jam: Jam) -> Material:
    """Asks the database four times."""
    queue = list(jam.songs.queue().select_related("song"))
    ranked = list(jam.songs.ranked().select_related("song")[: settings.BOARD_SIZE])
    playing = list(jam.songs.filter(status=Status.PLAYING).select_related("song"))
    candidates = as_candidates([*queue, *ranked, *playing])
    starts = next_start(jam, playing[0] if playing else None)
    night = Night(
        starts=starts,
        seconds=max(0, int((jam.ends_at - starts).total_seconds())),
        locked={place: song.pk for place, song in enumerate(queue) if song.locked},
        after=candidates[playing[0].pk] if playing else None,
    )
    queued, opened = ([candidates[song.pk] for song in songs] for songs in (queue, ranked))
    return Material(queued, opened, night, {song.pk: song for song in (*queue, *ranked)})


def plan_of(jam: Jam, **wanted: Any) -> Plan:
    return planned(material_of(jam), **wanted)


def planned(material: Material, *, algorithm: str = DEFAULT, playable_only: bool = False) -> Plan:
    """The queue as it stands, since the room knows it, then the open songs."""
    queue, ranked, night, _songs = material
    stays = {place: song.id for place, song in enumerate(queue)}
    filled = ALGORITHMS[algorithm]([*queue, *ranked], replace(night, locked=stays, playable_only=playable_only))
    return Plan((*standing(queue, night).entries, *filled.entries[len(queue) :]), filled.left_out)


def queue_planned(
    *, jam: Jam, host: User, count: int = MOST_QUEUED, algorithm: str = DEFAULT, playable_only: bool = False
) -> list[JamSong]:
    """The next songs of the plan go onto the set list, in its order: as many as the night has time for, at most
    `count`. Answers them. Raises NotAHost, WrongStatus."""
    with acting(jam, host, "plan") as action:
        plan = plan_of(action.jam, algorithm=algorithm, playable_only=playable_only)
        open_songs = {song.pk: song for song in action.jam.songs.ranked()}
        chosen = [open_songs[pk] for pk in plan.songs if pk in open_songs][:count]
        put_last(action, chosen)
        if chosen:
            action.after["plan"] = {"algorithm": algorithm, "songs": [song.pk for song in chosen]}
    return chosen


def arrange(*, jam: Jam, host: User, algorithm: str = DEFAULT) -> list[JamSong]:
    """The queue in the order of the algorithm; locked songs keep their places. Answers the songs that have moved.

    Raises NotAHost, WrongStatus.
    """
    with acting(jam, host, "arrange") as action:
        queue, _ranked, night, songs = material_of(action.jam)
        places = {song.id: place for place, song in enumerate(queue)}
        order = in_order(algorithm, queue, replace(night, seconds=None))
        action.number([songs[pk] for pk in order])
    return [songs[pk] for place, pk in enumerate(order) if places[pk] != place]


def is_long(jam: Jam) -> bool:
    """Too long for a request: a worker makes it."""
    opened = jam.songs.ranked()[: settings.BOARD_SIZE].count()
    return jam.songs.queue().count() + opened > settings.SET_LIST_AT_ONCE


def expected_starts(jam: Jam) -> dict[int, datetime]:
    """When each song of the queue can be expected, if all goes as timed. Asks the database twice."""
    playing = jam.songs.filter(status=Status.PLAYING).select_related("song").first()
    starts, expected = next_start(jam, playing), {}
    for song in jam.songs.queue().select_related("song"):
        expected[song.pk] = starts
        starts += timedelta(seconds=(song.song.duration or UNKNOWN_DURATION) + CHANGEOVER)
    return expected


def next_start(jam: Jam, playing: JamSong | None) -> datetime:
    """When the next song can begin: what plays has its length and a changeover; nothing begins before the night."""
    now = max(timezone.now(), jam.starts_at)
    if playing is None or playing.started_at is None:
        return now
    seconds = (playing.song.duration or UNKNOWN_DURATION) + CHANGEOVER
    return max(now, playing.started_at + timedelta(seconds=seconds))


def as_candidates(songs: Sequence[JamSong]) -> dict[int, Candidate]:
    """With who holds their slots, and which required instruments are missing."""
    slots: dict[int, list[tuple[str, bool, int | None]]] = {song.pk: [] for song in songs}
    rows: Any = Slot.objects.filter(jam_song__in=[*slots]).with_holder().order_by("pk")
    for song, instrument, required, holder in rows.values_list("jam_song", "instrument", "required", "holder_id"):
        slots[song].append((instrument, required, holder))
    return {song.pk: as_candidate(song, slots[song.pk]) for song in songs}


def as_candidate(song: JamSong, slots: list[tuple[str, bool, int | None]]) -> Candidate:
    return Candidate(
        id=song.pk,
        votes=song.votes,
        counted_at=song.counted_at,
        pinned=song.pinned,
        duration=song.song.duration,
        tempo=song.song.tempo,
        artist=song.song.folded_artist,
        performers=frozenset(holder for _instrument, _required, holder in slots if holder),
        missing=tuple(instrument for instrument, required, holder in slots if required and not holder),
        required=sum(required for _instrument, required, _holder in slots),
    )
