"""Rows for tests: each function makes one that is valid, with what the test says about it."""

import itertools
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import make_token
from apps.catalog.list_models import SongList
from apps.catalog.models import Song, Venue
from apps.catalog.run_models import ImportRun
from apps.catalog.uploads import start_import
from apps.insight.models import Alert
from apps.insight.profiling import profiles
from apps.jams.attendees import add_attendee
from apps.jams.board import publish_people
from apps.jams.models import Attendee, Jam, JamHost, JamSong, Performer
from apps.jams.operations import free_slug
from apps.reports.models import Report
from apps.stage.models import Performance, SignUp, Slot
from apps.tasks.models import Task
from apps.voting.models import Vote
from apps.webhooks.endpoints import add_endpoint
from apps.webhooks.inboxes import add_inbox
from apps.webhooks.kinds import Kind
from apps.webhooks.models import Endpoint, Inbox

numbers = itertools.count(1)
PASSWORD = "a-long-enough-password"


def make_user(*, email: str = "", name: str = "Robin", role: str = "host", **fields) -> User:
    return User.objects.create_user(
        email or f"host{next(numbers)}@example.com", PASSWORD, name=name, role=role, **fields
    )


def make_staff(**fields) -> User:
    return make_user(role="staff", **fields)


def make_api_token(
    *, user: User | None = None, name: str = "Lights", scopes: list[str] | None = None, **fields
) -> tuple[ApiToken, str]:
    """With every scope, unless some are named."""
    every = ApiToken.Scope.values
    token, text = make_token(user=user or make_user(), name=name, scopes=every if scopes is None else scopes)
    if fields:
        ApiToken.objects.filter(pk=token.pk).update(**fields)
        token.refresh_from_db()
    return token, text


def make_task(*, name: str = "tasks.erase_tasks", state: str = "done", **fields) -> Task:
    """As it was left; one that waits is not sent."""
    return Task.objects.create(name=name, state=state, **fields)


def make_alert(*, name: str = "ProcessorBusy", subject: str = "", **fields) -> Alert:
    """Open, each of a machine of its own."""
    said = {"severity": "page", "evidence": {"share": 0.91}, "raised_at": timezone.now()} | fields
    return Alert.objects.create(name=name, subject=subject or f"machine-{next(numbers)}", **said)


def make_venue(*, name: str = "", manager: User | None = None, **fields) -> Venue:
    venue = Venue.objects.create(name=name or f"Venue {next(numbers)}", **fields)
    if manager:
        venue.managers.add(manager)
    return venue


def make_song(*, title: str = "", artist: str = "The Testers", **fields) -> Song:
    return Song.objects.create(title=title or f"Song {next(numbers)}", artist=artist, **fields)


def songs_file(*lines: str, header: str = "title,artist") -> SimpleUploadedFile:
    content = "\n".join([header, *(lines or ["Creep,Radiohead"])])
    return SimpleUploadedFile("songs.csv", content.encode(), content_type="text/csv")


def make_import(*lines: str, by: User, header: str = "title,artist") -> ImportRun:
    """Uploaded and not begun."""
    return start_import(by=by, file=songs_file(*lines, header=header))


def make_song_list(*, venue: Venue, **fields) -> SongList:
    """Fetched, and different from the library by one song; there is one a venue."""
    fields = {"url": "https://lists.example/songs.csv", "state": "ready", "shown": "d" * 64, **fields}
    row, _new = SongList.objects.update_or_create(venue=venue, defaults=fields)
    names = {"title": "Zombie", "artist": "The Cranberries"}
    row.differences.get_or_create(place=1, defaults={"kind": "new", "listed_as": "0" * 32, "values": names, **names})
    return row


def make_jam(*, host: User | None = None, venue: Venue | None = None, status: str = "live", **fields) -> Jam:
    """A jam tonight; it takes votes unless `status` says otherwise."""
    starts_at = fields.pop("starts_at", timezone.now() - timedelta(hours=1))
    fields.setdefault("ends_at", starts_at + timedelta(hours=4))
    jam = Jam(
        venue=venue or make_venue(), name=fields.pop("name", "Test Jam"), status=status, starts_at=starts_at, **fields
    )
    jam.slug = free_slug(jam)
    jam.save()
    if host:
        JamHost.objects.create(jam=jam, user=host)
    return jam


def make_jam_song(*, jam: Jam | None = None, title: str = "", status: str = "open", **fields) -> JamSong:
    song = fields.pop("song", None) or make_song(title=title)
    return JamSong.objects.create(jam=jam or make_jam(), song=song, status=status, **fields)


def make_attendee(*, jam: Jam | None = None, name: str = "", **fields) -> Attendee:
    return make_attendee_with_token(jam=jam, name=name, **fields)[0]


def make_attendee_with_token(*, jam: Jam | None = None, name: str = "", **fields) -> tuple[Attendee, str]:
    jam = jam or make_jam()
    attendee, token = add_attendee(jam=jam, display_name=name)  # past the door, as people of ended jams were once
    publish_people(jam)
    if fields:
        Attendee.objects.filter(pk=attendee.pk).update(**fields)
        attendee.refresh_from_db()
        attendee.jam = jam
    return attendee, token


def make_performer(*, venue: Venue | None = None, name: str = "Ines", **fields) -> Performer:
    number = next(numbers)
    return Performer.objects.create(venue=venue or make_venue(), name=name, secret_hash=f"{number:064}", **fields)


def make_vote(*, jam_song: JamSong, attendee: Attendee | None = None) -> Vote:
    return Vote.objects.create(jam_song=jam_song, attendee=attendee or make_attendee(jam=jam_song.jam))


def make_slot(*, jam_song: JamSong | None = None, instrument: str = "guitar", number: int = 1, **fields) -> Slot:
    jam_song = jam_song or make_jam_song()
    return Slot.objects.create(jam_song=jam_song, instrument=instrument, number=number, **fields)


def make_sign_up(*, slot: Slot | None = None, attendee: Attendee | None = None, state: str = "claimed") -> SignUp:
    slot = slot or make_slot()
    return SignUp.objects.create(slot=slot, attendee=attendee or make_attendee(jam=slot.jam_song.jam), state=state)


def make_profile(*, what: str = "GET /host") -> int:
    """One that is kept, and its number."""
    profiles.end()
    pk = profiles.begin(what, 1)
    profiles.keep(pk, {"jamvote.wsgi:application;apps.pages.views.account:host": 0.1})
    profiles.end()
    return pk


def make_report(*, owner: User, venue: Venue, **fields) -> Report:
    """Of the venue's nights, made and kept."""
    in_days = timezone.now() + timedelta(days=7)
    fields = {"name": venue.name, "language": "en", "made_at": timezone.now(), "expires_at": in_days} | fields
    report = Report(owner=owner, about=f"venue:{venue.pk}", **fields)
    if report.made_at:
        report.file.save("reports/report.csv", ContentFile(b"report"), save=False)
    report.save()
    return report


def make_performance(*, jam: Jam | None = None, song: Song | None = None, **fields) -> Performance:
    jam, now = jam or make_jam(), timezone.now()
    fields = {"votes": 1, "started_at": now - timedelta(minutes=4), "ended_at": now} | fields
    return Performance.objects.create(jam=jam, song=song or make_song(), **fields)


def make_webhook(
    *, venue: Venue | None = None, jam: Jam | None = None, by: User | None = None, url: str = "", **fields
) -> tuple[Endpoint, str]:
    """For all events of a venue, unless it is said otherwise; and its secret."""
    types = fields.pop("types", Kind.values)
    by = by or make_staff()
    if jam is None:
        venue = venue or make_venue()
    endpoint, secret = add_endpoint(venue=venue, jam=jam, by=by, url=url or "https://example.com/hook", types=types)
    for name, value in fields.items():
        setattr(endpoint, name, value)
    endpoint.save()
    return endpoint, secret


def make_inbox(*, venue: Venue | None = None, by: User | None = None, name: str = "Stage") -> tuple[Inbox, str]:
    by = by or make_user()
    venue = venue or make_venue()
    venue.managers.add(by)
    return add_inbox(venue=venue, by=by, name=name)
