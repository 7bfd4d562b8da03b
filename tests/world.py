"""Every address of the product, and a world with any number of rows of everything to read them in."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import get_resolver
from django.utils import timezone

from apps.accounts.audit import record
from apps.accounts.models import ApiToken, AuditEvent, User
from apps.accounts.sessions import SessionStore
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.models import LibrarySong, Song, SongSearch, SongView, Venue
from apps.catalog.run_models import ImportBatch, ImportQuestion, ImportRun
from apps.insight.models import Alert, Finding
from apps.jams.invitations import invite
from apps.jams.models import Attendee, Jam, JamHost, JamSong, JamView, Performer, Recurrence
from apps.reports.models import NightSummary, Report
from apps.reports.nights import summed_up
from apps.reports.operations import token_of
from apps.stage.models import Performance, SignUp, Slot
from apps.tasks.models import Task
from apps.voting.models import Vote
from apps.webhooks.models import Attempt, Delivery, Endpoint, Inbox, Received
from apps.webhooks.outbox import tell
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_alert,
    make_api_token,
    make_attendee,
    make_attendee_with_token,
    make_inbox,
    make_jam,
    make_jam_song,
    make_performance,
    make_performer,
    make_profile,
    make_report,
    make_sign_up,
    make_slot,
    make_song,
    make_song_list,
    make_staff,
    make_task,
    make_user,
    make_venue,
    make_vote,
    make_webhook,
)

MODELS = (
    User, ApiToken, Venue, Song, LibrarySong, SongView, SongSearch, Jam, JamSong, Attendee, Performer, AuditEvent,
    JamView, Recurrence, Vote, AccessAttempt, Slot, SignUp, Performance, ImportRun, SongList,
    Task, Report, NightSummary, Endpoint, Delivery, Inbox, Received, Alert, Finding,
)  # fmt: skip
EVERYBODY = ("visitor", "attendee", "phone", "stranger", "host", "program", "other_host", "staff")


PARAM = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)\$?")


class Route(NamedTuple):
    pattern: str
    params: set[str]
    view: Any

    @property
    def public(self):
        """Whether its answer is shared."""
        return hasattr(self.view, "public_read")


def walk(patterns, prefix="", namespace=""):
    """`(name, Route)` of everything in the URL conf; what has no name is called by its pattern."""
    for one in patterns:
        pattern = prefix + str(one.pattern).lstrip("^")
        if hasattr(one, "url_patterns"):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from walk(one.url_patterns, pattern, inner)
        else:
            params = {first or second for first, second in PARAM.findall(pattern)}
            yield f"{namespace}{one.name}" if one.name else pattern, Route(pattern, params, one.callback)


ROUTES = dict(walk(get_resolver().url_patterns))

# Addresses that only take what is sent to them.
ONLY_WRITTEN = {
    *(f"api:{name}" for name in (
        "duplicate", "token", "pause", "start-next", "attendees", "attendee", "vote", "move", "open", "start",
        "last-call", "end", "song-approve", "song-queue", "song-unqueue", "song-play", "song-finish", "song-skip",
        "song-remove", "song-pin", "song-unpin", "song-encore", "song-merge", "song-lock", "song-unlock",
        "merge-songs", "setlist-arrange", "slot", "signup", "check-in",
        "signup-move", "attendee-signups", "attendee-away", "attendee-vote", "people", "my-away", "void", "undo",
        "host", "invitation", "accept", "my-performer", "task-run-again",
        "venue-song-list-fetch", "venue-song-list-apply",
        "webhook-rotate", "webhook-test", "send-again", "inbox-rotate", "inbound",
    )),
    *(f"pages:{name}" for name in (
        "enter", "suggest", "vote", "claim", "instruments", "performer", "away", "me", "leave", "add_songs",
        "song_act", "logout", "language", "session_end", "void", "host_remove", "take_back", "set_list", "sign_up_act",
        "webhook_test", "alert_acknowledge",
    )),
    "admin:logout",
}  # fmt: skip
READ = [name for name in ROUTES if name not in ONLY_WRITTEN]


class World:
    """Each row has its own venue, host, song, people, votes: what is read row by row costs more where more are."""

    def __init__(self, rows=1):
        self.host, self.staff = make_user(name="Hanna Host"), make_staff(name="Stella Staff")
        self.other_host = make_user(name="Otto Other")
        self.venue = make_venue(manager=self.host, accent="#a0b0c0", description="Below the quay.")
        self.song = make_song(title="Song of songs", tags=["soul"], style="Soul")
        self.live = self.night(rows, max_votes=500, description="Bring your own strings.")
        self.hidden = self.night(rows, counts="hidden")
        self.ended = self.night(rows, status="ended")
        self.draft = self.night(rows, status="draft", name="Unmistakable draft")
        self.quiet = self.night(rows, votes=False)
        self.slot = Slot.objects.get(jam_song=self.live.songs[0])
        self.sign_up = self.slot.sign_ups.order_by("pk")[0]
        self.run = self.imported()
        self.song_list = make_song_list(venue=self.venue, problems=[[2, "rejected", "title", "", "is missing"]])
        self.report = make_report(owner=self.host, venue=self.venue)
        self.task = make_task(by=self.host, state="failed", result={"songs": 3}, error="Not tonight.")
        self.webhook, self.inbox = make_webhook(venue=self.venue)[0], make_inbox(venue=self.venue, by=self.host)[0]
        for number in range(rows):
            self.add_row(number)
        self.phone, secret = make_attendee_with_token(jam=self.live.jam, name="Paula Phone")
        for night in (self.live, self.hidden):
            for jam_song in night.songs:
                make_vote(jam_song=jam_song, attendee=night.sam)
        for jam_song in self.live.songs:
            make_vote(jam_song=jam_song, attendee=self.phone)
            for slot in jam_song.slots.all():
                make_sign_up(slot=slot, attendee=self.phone, state="waiting")
            jam_song.suggested_by = self.phone
            jam_song.save()
        _stranger, strange = make_attendee_with_token(jam=make_jam(venue=self.venue), name="Strange Stranger")
        soon = timezone.now() + timedelta(hours=1)  # noted now and not again while a test runs
        self.token, text = make_api_token(user=self.host, last_used_at=soon)
        self.tokens = [secret, strange, self.live.token, text]
        self.co_host = JamHost.objects.create(jam=self.live.jam, user=make_user(name="Connie Co-host"), role="co_host")
        for _ in range(min(rows, 15)):  # there are no more at once
            invite(jam=self.live.jam, host=self.host, role="co_host")
        self.invited, self.invitation = invite(jam=self.live.jam, host=self.host, role="co_host")
        self.link = invite(jam=self.live.jam, host=self.host, role="display")[1]
        self.tokens += [self.invitation, self.link]
        for number in range(rows):
            self.come_in(self.host, number)
        Attendee.objects.update(last_seen=soon)
        self.log(rows)
        confirmation = EmailConfirmationHMAC(EmailAddress.objects.get(user=self.host))
        self.keys = {"account_confirm_email": confirmation.key, "account_reset_password_from_key": "set-password"}
        self.upload = default_storage.save("jams/night.webp", ContentFile(b"RIFF"))
        self.callers = {
            "visitor": Caller(),
            "attendee": Caller(token=self.live.token),
            "phone": with_cookie(self.live.jam, secret),
            "stranger": Caller(token=strange),
            "host": Caller(user=self.host),
            "program": Caller(token=text),
            "other_host": Caller(user=self.other_host),
            "staff": Caller(user=self.staff),
        }

    def night(self, rows, *, votes=True, **fields):
        jam = make_jam(host=self.host, venue=self.venue, **fields)
        sam, token = make_attendee_with_token(jam=jam, name="Sam Singer")
        songs = []
        for number in range(rows):
            person = make_attendee(jam=jam, name=f"Asking {number}")
            row = {"jam": jam, "suggested_by": person}
            of = f"{number} of {jam.pk}"
            songs.append(make_jam_song(**row, title=f"Open {of}"))
            songs.append(make_jam_song(**row, title=f"Queued {of}", status="queued", position=number + 1))
            played_at = jam.starts_at + timedelta(minutes=number)
            make_performance(jam=jam, line_up=[{"instrument": "bass", "attendee": person.pk}])
            played = make_jam_song(**row, title=f"Played {of}", status="played", ended_at=played_at)
            for status in ("pending", "removed"):
                written_in = make_song(title=f"{status.title()} {of}", listed=False)
                make_jam_song(**row, song=written_in, status=status)
            slot = make_slot(jam_song=songs[-2], instrument=f"guitar {number}")
            make_sign_up(slot=slot, attendee=make_attendee(jam=jam, name=f"Playing {number}"))
            make_sign_up(slot=slot, attendee=sam, state="waiting")
            if votes:
                make_vote(jam_song=songs[-2], attendee=person)
                make_vote(jam_song=played, attendee=make_attendee(jam=jam))
            JamHost.objects.create(jam=jam, user=make_user(), role=JamHost.Role.CO_HOST)
            record(actor=make_user(), verb="queue", about=jam)
        make_jam_song(jam=jam, title=f"Playing of {jam.pk}", status="playing", started_at=jam.starts_at)
        return SimpleNamespace(jam=jam, sam=sam, token=token, songs=songs)

    def add_row(self, number):
        """Of every list: what is on, comes and was, of the host and of others, here and elsewhere."""
        elsewhere = make_venue(manager=make_user(), town=f"Town {number}")
        self.venue.managers.add(make_user())
        make_venue(manager=self.host)
        for venue in (elsewhere, self.venue):
            for status in ("open", "live", "ended"):
                jam = make_jam(host=self.host, venue=venue, status=status, name=f"{status} {number}")
                song = make_jam_song(jam=jam, status="queued", position=1)
                make_vote(jam_song=song)
                make_jam_song(jam=jam, status="playing", started_at=jam.starts_at)
                make_jam_song(jam=jam, song=self.song, status="played", ended_at=timezone.now())
                make_performance(jam=jam, song=self.song)
                Recurrence.objects.create(jam=jam, rule="FREQ=WEEKLY;BYDAY=TU", made_until=jam.starts_at)
        for venue in (elsewhere, self.venue):
            LibrarySong.objects.create(venue=venue, song=make_song(), note="Capo 2")
            LibrarySong.objects.create(venue=venue, song=make_song(), why="Too often.", banned_at=timezone.now())
        make_performer(venue=elsewhere)
        make_song_list(venue=elsewhere, changed_by=self.host)
        for place, kind in enumerate(ListDifference.Kind.values, 2 + 10 * number):
            names = {"title": "Song", "artist": "Artist", "fields": {"key": ["A", "B"]}}
            ListDifference.objects.create(song_list=self.song_list, place=place, kind=kind, song=make_song(), **names)
        make_report(owner=self.host, venue=elsewhere)
        summed_up([jam])
        make_task(by=self.host, about=f"jam:{jam.pk}", state="failed", error="ValueError (cells.py:12)", done=1, of=2)
        self.alert = make_alert(acknowledged_by=self.staff)
        said = {"endpoint": "GET api:jams", "kb": 90, "largest_kb": 99, "count": 5}
        Finding.objects.create(
            kind="large_payload", subject=str(number), evidence=said, opened_at=jam.starts_at, seen_at=jam.starts_at
        )
        make_api_token(user=self.host, revoked_at=timezone.now())
        values = {"title": "Song of songs (Live)", "artist": "Somebody"}
        ImportQuestion.objects.create(run=self.run, line=3 + number, values=values, song=make_song())
        self.imported()
        self.told(jam, number)
        today = timezone.now().date()
        JamView.objects.create(jam=jam, day=today, page="jam", times=number)
        SongView.objects.create(song=song.song, day=today, times=number)
        SongSearch.objects.create(text=f"text {number}", day=today, found=0, times=number + 2, place=venue.pk)

    def imported(self, **fields):
        """An import that is done, with a row that was rejected."""
        fields = {"near": "ask", "state": "done", "counts": {"asked": 1}, **fields}
        run = ImportRun.objects.create(owner=self.host, name="Songs.csv", **fields)
        ImportBatch.objects.create(run=run, line=2, problems=[[2, "rejected", "title", "", "is missing"]])
        return run

    def told(self, jam, number):
        """An event went out after two attempts, and one came in."""
        make_webhook(jam=jam)
        if number < 15:  # there are no more at once
            make_webhook(venue=self.venue)
            make_webhook(jam=self.live.jam)
            make_inbox(venue=self.venue, by=self.host)
        with transaction.atomic():
            tell(jam=self.live.jam, kind="jam.status", facts=lambda: {"status": "live"})
        for delivery in Delivery.objects.filter(attempts=None):
            Attempt.objects.create(delivery=delivery, status=500, error="status")
            Attempt.objects.create(delivery=delivery, status=200, answer="Thank you.")
        Received.objects.create(
            inbox=self.inbox, event=f"evt_{number}", type="play.started", happened_at=timezone.now(), digest=b"",
            state="refused", reason="The set list is empty.",
        )  # fmt: skip

    def come_in(self, user, number):
        """As it is after a log-in, and after a wrong try."""
        session = SessionStore()
        session.save()
        UserSession.objects.create(user=user, ip="203.0.113.7", user_agent="Firefox", session_key=session.session_key)
        AccessAttempt.objects.create(username=user.email, ip_address=f"203.0.113.{number}", failures_since_start=1)

    def log(self, rows):
        """What staff did in the admin, with each model."""
        types = ContentType.objects.get_for_models(*MODELS)  # kept by the process: whoever comes first pays
        for model, kind in types.items():
            for number in range(rows):
                who = self.staff if number % 2 else make_staff()
                LogEntry.objects.create(
                    user=who, content_type=kind, object_id=self.row_of(model).pk, object_repr="x", action_flag=CHANGE
                )

    def row_of(self, model):
        """The row that pages of one row show; it has relations of all kinds."""
        rows = {
            User: self.host,
            ApiToken: self.token,
            Venue: self.venue,
            Song: self.song,
            Jam: self.live.jam,
            Attendee: self.live.sam,
            Task: self.task,
            SongList: self.song_list,
        }
        return rows.get(model) or model.objects.order_by("pk").first()

    def address(self, name, **given):
        """Where the route is, about the live night unless something else is `given`."""
        route, jam = ROUTES[name], self.live.jam
        known = {
            "slug": self.venue.slug if "venue" in name or "library" in name else jam.slug,
            "pk": {"api:user": self.host.pk, "api:task": self.task.pk, "api:report": self.report.pk}.get(name)
            or self.of_webhooks(name)
            or (self.song.pk if name in {"api:song", "api:library-song"} else self.live.songs[0].pk),
            "song": self.song.pk if name in {"pages:song", "pages:venue_song"} else self.live.songs[0].pk,
            "attendee": self.live.sam.pk,
            "code": jam.code,
            "colour": "a0b0c0",
            "action": "end",
            "token": {
                "pages:display": self.link,
                "pages:invitation": self.invitation,
                "pages:report_link": token_of(self.report),
            }.get(name, self.token.pk),
            "jam_host": self.co_host.pk,
            "invitation": self.invited.pk,
            "slot": self.slot.pk,
            "sign_up": self.sign_up.pk,
            "path": self.upload,
            "id": self.host.pk,
            "app_label": "jams",
            "content_type_id": ContentType.objects.get_for_model(Jam).pk,
            "object_id": jam.pk,
            "url": "nothing",
            "uidb36": "1",
            "key": self.keys.get(name, self.inbox.key),
            "session": 0,
            "run": self.run.pk,
            "report": self.report.pk,
            "profile": make_profile() if "profile" in name else 0,
            "kind": "csv",
            "host": "me",
            "webhook": self.webhook.pk,
            "inbox": self.inbox.pk,
            "delivery": 0,
            "alert": self.alert.pk,
        }
        for model in MODELS:
            if route.pattern.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
                known["object_id"] = self.row_of(model).pk
        return "/" + PARAM.sub(lambda found: str((known | given)[found[1] or found[2]]), route.pattern).rstrip("$")

    def of_webhooks(self, name):
        if name in {"api:webhook", "api:webhook-rotate", "api:webhook-test", "api:deliveries", "api:send-again"}:
            return self.webhook.pk
        return self.inbox.pk if name in {"api:inbox", "api:inbox-rotate", "api:inbox-events"} else None

    def about(self, night):
        """What makes an address one of that night: 'hidden'."""
        jam = getattr(self, night or "live").jam
        return {"slug": jam.slug, "object_id": jam.pk} if night else {}

    def get(self, role, name, address):
        """What this role is given there: programs JSON, browsers a page."""
        accept = "application/json" if name.startswith("api:") and name != "api:docs" else "text/html"
        return self.callers[role]("GET", address, Accept=accept)
