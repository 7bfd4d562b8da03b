"""Moves what the demo made at this moment to when it would have happened."""

import random
from datetime import datetime, timedelta

from apps.accounts.models import AuditEvent
from apps.catalog.models import Song
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote

DOORS = timedelta(minutes=40)  # before the start people can join and vote
FIRST_SONG = timedelta(minutes=10)  # after the start
UNKNOWN = 240  # seconds of a song whose length nobody knows


def move_in_time(jam: Jam, now: datetime, rng: random.Random) -> None:
    """Doors, people, votes and songs in the order in which they can have happened, all before `now`."""
    doors = min(jam.starts_at - DOORS, now - DOORS)
    on_stage = list(jam.songs.filter(started_at__isnull=False).select_related("song").order_by("started_at"))
    until = play_times(jam, on_stage, now, rng)
    first = on_stage[0].started_at if on_stage else until
    joined = people_come(jam, doors, first or until, rng)
    votes_fall(jam, joined, {song.pk: song.started_at for song in on_stage}, until, rng)
    host_acts(jam, doors, until)
    Jam.objects.filter(pk=jam.pk).update(created_at=doors - timedelta(days=3))
    jam.refresh_from_db()


def play_times(jam: Jam, on_stage: list[JamSong], now: datetime, rng: random.Random) -> datetime:
    """One after the other with a changeover between; answers the last moment of the night so far."""
    begins, moment = [], jam.starts_at + FIRST_SONG
    for jam_song in on_stage:
        begins.append(moment)
        moment += timedelta(seconds=(jam_song.song.duration or UNKNOWN) + rng.randint(60, 150))
    # What plays now has done so for two minutes, whenever that lets the night have begun.
    live = jam.status == Jam.Status.LIVE
    shift = now - timedelta(minutes=2) - begins[-1] if live and begins else timedelta()
    for jam_song, begin in zip(on_stage, begins, strict=True):
        jam_song.started_at = begin + shift
        if jam_song.status == JamSong.Status.PLAYED:
            jam_song.ended_at = jam_song.started_at + timedelta(seconds=jam_song.song.duration or UNKNOWN)
            Song.objects.filter(pk=jam_song.song_id).update(last_played=jam_song.ended_at)
    JamSong.objects.bulk_update(on_stage, ["started_at", "ended_at"])
    if jam.status != Jam.Status.ENDED:
        return now
    Jam.objects.filter(pk=jam.pk).update(ended_at=moment)
    return moment


def people_come(jam: Jam, doors: datetime, until: datetime, rng: random.Random) -> dict[int, datetime]:
    people = list(Attendee.objects.filter(jam=jam).order_by("pk"))
    for attendee in people:
        attendee.created_at = between(doors, until, rng)
        attendee.last_seen = between(attendee.created_at, until, rng)
    Attendee.objects.bulk_update(people, ["created_at", "last_seen"])
    return {attendee.pk: attendee.created_at for attendee in people}


def votes_fall(
    jam: Jam, joined: dict[int, datetime], begins: dict[int, datetime | None], until: datetime, rng: random.Random
) -> None:
    votes = list(Vote.objects.at(jam).filter(jam_song__jam=jam).order_by("pk"))
    latest: dict[int, datetime] = {}
    for vote in votes:
        vote.created_at = between(joined[vote.attendee_id], begins.get(vote.jam_song_id) or until, rng)
        latest[vote.jam_song_id] = max(vote.created_at, latest.get(vote.jam_song_id, vote.created_at))
    Vote.objects.bulk_update(votes, ["created_at"], batch_size=200)
    songs, first = list(jam.songs.all()), min(joined.values())
    for jam_song in songs:
        jam_song.created_at, jam_song.counted_at = first, latest.get(jam_song.pk, first)
    JamSong.objects.bulk_update(songs, ["created_at", "counted_at"])


def host_acts(jam: Jam, doors: datetime, until: datetime) -> None:
    events = list(AuditEvent.objects.about(jam).order_by("pk"))
    for place, event in enumerate(events):
        event.created_at = doors + (until - doors) * place / len(events)
    AuditEvent.objects.bulk_update(events, ["created_at"])


def between(first: datetime, last: datetime, rng: random.Random) -> datetime:
    return first + max(last - first, timedelta()) * rng.random()
