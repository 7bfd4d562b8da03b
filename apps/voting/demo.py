"""The demo, made by the operations that everybody uses, and then moved in time: see demo_times.py."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction

from apps import catalog
from apps.accounts.models import User
from apps.catalog.imports import import_songs
from apps.catalog.models import Song, Venue
from apps.catalog.operations import add_venue
from apps.jams import demo
from apps.jams.attendees import join_jam
from apps.jams.demo import Night
from apps.jams.lineup import add_songs, approve_song, queue_song, start_next
from apps.jams.models import Attendee, Jam, JamSong
from apps.jams.operations import create_jam, end_jam, open_jam, start_jam
from apps.voting.demo_times import move_in_time
from apps.voting.operations import cast_vote, suggest_song

SONGS = Path(catalog.__path__[0]) / "data" / "songs.csv"
LENGTH = timedelta(hours=4)
QUARTER = 15 * 60


def is_empty() -> bool:
    """Whether nobody has begun anything here that a demo would get in the way of."""
    accounts = User.objects.filter(email__in=[demo.DEMO_EMAIL, demo.STAFF_EMAIL])
    return not (Venue.objects.exists() or Jam.objects.exists() or accounts.exists())


@transaction.atomic  # all of it or nothing; nobody watches yet what is announced before the commit
def seed(*, now: datetime) -> dict[str, Jam]:
    """Accounts, venues, songs and nights around `now`; answers the jams by status, one each."""
    rng = random.Random(1)  # noqa: S311 — the same demo every time
    host = User.objects.create_user(demo.DEMO_EMAIL, demo.DEMO_PASSWORD, name="Robin Hale")
    User.objects.create_superuser(demo.STAFF_EMAIL, demo.DEMO_PASSWORD, name="Alex Staff")
    with SONGS.open("rb") as file:
        import_songs(file)
    venues = {fields["name"]: add_venue(by=host, **fields) for fields in demo.VENUES}
    return {night.status: hold(night, venues[night.venue], host, now, rng) for night in demo.NIGHTS}


def hold(night: Night, venue: Venue, host: User, now: datetime, rng: random.Random) -> Jam:
    """One night, from its draft to where it stands now."""
    starts_at = start_of(night, venue, now)
    name = night.name.format(weekday=f"{starts_at:%A}")
    jam = create_jam(
        venue=venue, host=host, name=name, starts_at=starts_at, ends_at=starts_at + LENGTH,
        description=night.description, **night.settings,
    )  # fmt: skip
    line_up, _ = add_songs(jam=jam, host=host, songs=[song_of(line) for line in night.line_up.strip().splitlines()])
    if night.status == "draft":
        return jam
    open_jam(jam=jam, host=host)
    people = [join_jam(jam=jam, display_name=name)[0] for name in rng.sample(demo.PEOPLE, night.people)]
    line_up += suggest(night, jam, host, people)
    vote(jam, line_up, people, night.votes, rng)
    if night.status != "open":
        play(night, jam, host)
    move_in_time(jam, now, rng)
    return jam


def start_of(night: Night, venue: Venue, now: datetime) -> datetime:
    zone = ZoneInfo(venue.time_zone)
    if night.hour is None:
        hour_ago = now.timestamp() - 55 * 60
        return datetime.fromtimestamp(hour_ago - hour_ago % QUARTER, zone)
    day = now.astimezone(zone) + timedelta(days=night.days)
    return day.replace(hour=night.hour, minute=0, second=0, microsecond=0)


def song_of(line: str) -> Song:
    title, _, artist = line.partition("; ")
    return Song.objects.known_as(title=title, artist=artist).get()


def suggest(night: Night, jam: Jam, host: User, people: list[Attendee]) -> list[JamSong]:
    """Some wait for the host; those that the host has approved are answered."""
    wishes = zip(demo.WISHES[: night.approved + night.pending], people, strict=False)
    suggested = [suggest_song(jam=jam, attendee=attendee, song=song_of(line)) for line, attendee in wishes]
    taken = suggested[: night.approved]
    for jam_song in taken:
        if jam_song.status == JamSong.Status.PENDING:
            approve_song(jam_song=jam_song, host=host)
    return taken


def vote(jam: Jam, line_up: list[JamSong], people: list[Attendee], each: int, rng: random.Random) -> None:
    """The first of the line-up are liked most, by Zipf's law; some people vote a lot, others once."""
    weights = {jam_song: 1 / (place + 3) ** 1.3 for place, jam_song in enumerate(line_up)}
    for attendee in people:
        number = min(max(1, round(rng.gauss(each, each / 2))), len(line_up))
        # Each weighted without replacement: Efraimidis and Spirakis, 2006.
        liked = sorted(line_up, key=lambda jam_song: rng.random() ** (1 / weights[jam_song]), reverse=True)
        for jam_song in liked[:number]:
            jam_song.jam = jam
            cast_vote(jam_song=jam_song, attendee=attendee)


def play(night: Night, jam: Jam, host: User) -> None:
    """The host takes the first of the ranking, again and again; of equal ones the first that was added, whichever this
    machine was faster with."""
    start_jam(jam=jam, host=host)
    playing = night.status == "live"
    wanted = list(jam.songs.ranked().order_by("-votes", "pk")[: night.played + playing + night.queued])
    for jam_song in wanted:
        queue_song(jam_song=jam_song, host=host)
    for _ in range(night.played + playing):
        start_next(jam=jam, host=host)
    if night.status == "ended":
        end_jam(jam=jam, host=host)
