"""A controller on stage says what plays. What is older than the newest that it has told of the jam changes nothing: by
its sequence where both have one, else by the time at which it happened."""

from datetime import datetime
from typing import Any

from apps.accounts.models import User
from apps.jams.lineup import finish_song, play_song, skip_song, start_next
from apps.jams.models import Jam, JamSong
from apps.webhooks.errors import NoSuchSong, Overtaken
from apps.webhooks.models import PlayState, Received
from apps.webhooks.said import Data, PlayData, jam_of, valid

Status = JamSong.Status
Result = dict[str, Any]


def start(received: Received, actor: User) -> Result:
    """This song, or the one at that place of the set list, or the next."""
    jam, data = newest(received)
    if "song" in data or "place" in data:
        song = song_of(jam, data)
        if song.status != Status.PLAYING:
            play_song(jam_song=song, host=actor)
    else:
        song = start_next(jam=jam, host=actor)
    return {"song": song.pk}


def finish(received: Received, actor: User) -> Result:
    """This song, or the one that plays."""
    jam, data = newest(received)
    song = song_of(jam, data)
    if song.status != Status.PLAYED:
        finish_song(jam_song=song, host=actor)
    return {"song": song.pk}


def skip(received: Received, actor: User) -> Result:
    """This song, or the one that plays; it is among the open ones then."""
    jam, data = newest(received)
    song = song_of(jam, data)
    if song.status != Status.OPEN:
        skip_song(jam_song=song, host=actor)
    return {"song": song.pk}


def newest(received: Received) -> tuple[Jam, Data]:
    """The jam and what is said of it. Raises Overtaken. Nobody else looks meanwhile: the inbox is held."""
    data = valid(PlayData, received.payload)
    jam = jam_of(received, data)
    state = PlayState.objects.filter(inbox=received.inbox_id, jam=jam).first()
    sequence, at = data.get("sequence"), happened(received)
    if state and is_older(at, sequence, state):
        raise Overtaken
    told = {"happened_at": at, "sequence": sequence}
    PlayState.objects.update_or_create(inbox_id=received.inbox_id, jam=jam, defaults=told)
    return jam, data


def happened(received: Received) -> datetime:
    """Not after it came: a clock that was ahead once would be the newest for ever."""
    return min(received.happened_at, received.received_at)


def is_older(at: datetime, sequence: int | None, state: PlayState) -> bool:
    if sequence is not None and state.sequence is not None:
        return sequence < state.sequence
    return at < state.happened_at


def song_of(jam: Jam, data: Data) -> JamSong:
    """Raises NoSuchSong, also for what the room may not see."""
    songs = jam.songs.public().select_related("song")
    if "song" in data:
        song = songs.filter(pk=data["song"]).first()
    elif "place" in data:
        song = next(iter(jam.songs.queue()[data["place"] - 1 :][:1]), None)
    else:
        song = songs.filter(status=Status.PLAYING).first()
    if song is None:
        raise NoSuchSong
    song.jam = jam
    return song
