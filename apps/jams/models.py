"""A jam night: the jam, its hosts, its line-up, and the people in the room."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Right, Role, may, roles_of
from apps.catalog.flags import Counts
from apps.catalog.models import Song, Venue
from apps.core.search.fields import TermsField
from apps.core.search.terms import name_terms
from apps.core.text import new_code
from apps.core.times import NO_MONTH
from apps.jams import queries, rules


def between(least: int, most: int) -> list[Any]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class Jam(models.Model):
    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        LIVE = "live", _("Live")
        LAST_CALL = "last_call", _("Last call")
        ENDED = "ended", _("Ended")

    Counts = Counts

    class Door(models.TextChoices):
        AUTOMATIC = "automatic", _("opens by itself, until the venue is full")
        CODE = "code", _("opens with the room code only")
        CLOSED = "closed", _("is closed")

    VOTING = (Status.OPEN, Status.LIVE, Status.LAST_CALL)
    SUGGESTING = (Status.OPEN, Status.LIVE)

    venue = models.ForeignKey(Venue, models.PROTECT, related_name="jams", db_index=False, verbose_name=_("venue"))
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("address"), max_length=90, db_index=False, editable=False)
    code = models.CharField(_("join code"), max_length=6, default=new_code, editable=False)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    background = models.ImageField(_("background image"), upload_to="jams/", blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    voting_closes_at = models.DateTimeField(_("voting closes"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DRAFT)
    voting_paused = models.BooleanField(_("voting is paused"), default=False)
    suggestions_paused = models.BooleanField(_("suggestions are paused"), default=False)
    takes_suggestions = models.BooleanField(_("the venue takes suggestions"), default=True, editable=False)
    approve_suggestions = models.BooleanField(_("suggestions wait for approval"), default=False)
    max_votes = models.PositiveSmallIntegerField(
        _("votes a person can have out at once"), null=True, blank=True, validators=between(1, 1000)
    )
    max_suggestions = models.PositiveSmallIntegerField(
        _("open suggestions a person"), default=3, validators=between(0, 100)
    )
    sign_ups = models.BooleanField(_("performers sign up"), default=True, db_default=True)
    max_sign_ups = models.PositiveSmallIntegerField(
        _("sign-ups a performer can have at once"), default=3, db_default=3, validators=between(0, 100)
    )
    counts = models.CharField(_("counts are"), max_length=6, choices=Counts, default=Counts.LIVE)
    counts_top = models.PositiveSmallIntegerField(
        _("counts shown for the first"), default=3, validators=between(1, 100)
    )
    door = models.CharField(
        _("the door"), max_length=9, choices=Door, default=Door.AUTOMATIC, db_default=Door.AUTOMATIC
    )
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    terms = TermsField()  # what it is found by: see apps/core/search/
    # Where its votes are: the database keeps it, and it stays once there are some. See apps/voting/partitions.py.
    month = models.DateField(db_default=NO_MONTH, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)  # its votes are in a file: apps/voting/archive.py
    hosts: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="JamHost", related_name="jams"
    )

    objects = queries.JamQuerySet.as_manager()

    class Meta:
        verbose_name = _("jam")
        verbose_name_plural = _("jams")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="jam_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(max_votes__isnull=True) | Q(max_votes__gt=0), name="jam_cap_of_votes"),
            models.CheckConstraint(condition=~Q(name=""), name="jam_has_a_name"),
            # unique=True would make two indexes: one for LIKE. This one finds `jam-4` and `jam-%` alike.
            models.UniqueConstraint(fields=["slug"], opclasses=["varchar_pattern_ops"], name="one_jam_per_slug"),
            models.UniqueConstraint(fields=["code"], name="one_jam_per_code"),
        ]
        indexes = [
            models.Index(fields=["status", "starts_at", "id"], name="jams_by_status"),
            models.Index(fields=["venue", "-starts_at", "-id"], name="jams_of_a_venue"),
            models.Index(fields=["-starts_at", "-id"], name="jams_by_date"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is None or {"name", "venue"} & set(update_fields):
            self.tidy()
            update_fields = update_fields and {*update_fields, "terms"}
        super().save(update_fields=update_fields, **options)

    def tidy(self) -> None:
        self.terms = name_terms(self.name, self.venue.name, self.venue.town)

    def get_absolute_url(self) -> str:
        return f"/jams/{self.slug}"

    @property
    def join_url(self) -> str:
        """What the QR code shows."""
        return f"{settings.PUBLIC_URL}/j/{self.code}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.venue.time_zone)

    @property
    def stream(self) -> str:
        return stream_of(self.slug)

    @property
    def cached_in(self) -> tuple[str, ...]:
        """The groups of cached reads that show it: see settings.CACHED."""
        return ("jams", "nights", "songs", f"info.{self.slug}", self.stream)

    @property
    def voting(self) -> str:
        """One of open, paused and closed, by the server's clock."""
        return voting_of(self.status, self.voting_closes_at, paused=self.voting_paused)

    @property
    def suggestions(self) -> str:
        return suggestions_of(self.status, self.voting, paused=self.suggestions_paused, taken=self.takes_suggestions)

    @property
    def takes_sign_ups(self) -> bool:
        return self.sign_ups and self.status in self.VOTING

    @property
    def shows_counts(self) -> bool:
        return self.counts == self.Counts.LIVE or self.status == self.Status.ENDED

    def lets(self, user: Any, right: Right) -> bool:
        """Whether the user may do that with this jam."""
        return may(right, roles_of(user)) or may(right, self.roles_of(user))

    def roles_of(self, user: Any) -> frozenset[Role]:
        """What the user is to this jam. Asks the database once, for whoever is logged in."""
        if not user.is_authenticated:
            return roles_of(user)
        here = JamHost.objects.filter(jam=self, user=user).values_list("role")
        manages = Venue.managers.through.objects.filter(venue=self.venue_id, user=user)
        return roles_of(user) | {Role(role) for (role,) in here.union(manages.values_list(Value(Role.MANAGER)))}


def voting_of(status: str, closes_at: datetime | None, *, paused: bool) -> str:
    late = closes_at and closes_at <= timezone.now()
    if status not in Jam.VOTING or late:
        return "closed"
    return "paused" if paused else "open"


def suggestions_of(status: str, voting: str, *, paused: bool, taken: bool) -> str:
    if not taken or status not in Jam.SUGGESTING or voting == "closed":
        return "closed"
    return "paused" if paused else "open"


def stream_of(slug: str) -> str:
    """Where a jam's changes are told, and the group of its board's cached reads."""
    return f"jam.{slug}"


def first_closing(*closings: datetime | None) -> datetime | None:
    """Until when what is said of the voting of these jams holds: the first of them closes by the clock."""
    before = timezone.now() - timedelta(seconds=10)  # it may have closed since the rows were read
    return min((at for at in closings if at and at > before), default=None)


class JamHost(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        CO_HOST = "co_host", _("Co-host")

    jam = models.ForeignKey(Jam, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    role = models.CharField(_("role"), max_length=7, choices=Role, default=Role.OWNER)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        constraints = [models.UniqueConstraint(fields=["jam", "user"], name="a_host_once_per_jam")]
        indexes = [models.Index(fields=["user"], name="jams_of_a_host")]

    def __str__(self) -> str:
        return f"{self.user}"


class Recurrence(models.Model):
    """The jam comes again: see nights.py."""

    jam = models.OneToOneField(Jam, models.CASCADE, primary_key=True, related_name="recurrence", verbose_name=_("jam"))
    rule = models.CharField(
        _("rule"), max_length=rules.LONGEST, validators=[rules.validate_rule],
        help_text=_("FREQ=WEEKLY;BYDAY=TU or FREQ=MONTHLY;BYDAY=1FR,3FR (RFC 5545)."),
    )  # fmt: skip
    until = models.DateField(_("until"), null=True, blank=True)
    opens = models.BooleanField(_("each night is open to votes as soon as it is made"), default=False)
    made_until = models.DateTimeField(_("nights are made until"), editable=False)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("recurring night")
        verbose_name_plural = _("recurring nights")

    def __str__(self) -> str:
        return f"{self.jam}: {self.rule}"


class JoinBucket(models.Model):
    """How many have joined a jam without the room code. A row of its own: hosts hold the jam's. See door.py."""

    jam = models.OneToOneField(Jam, models.CASCADE, primary_key=True, related_name="bucket")
    taken = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.jam_id}: {self.taken}"


class Invitation(models.Model):
    """A link that lets somebody in who has it. What proves it is a token, kept as a hash only."""

    class Role(models.TextChoices):
        CO_HOST = "co_host", _("Co-host")
        DISPLAY = "display", _("Big screen")

    jam = models.ForeignKey(Jam, models.CASCADE, related_name="invitations", db_index=False)
    role = models.CharField(_("role"), max_length=7, choices=Role)
    token_hash = models.CharField(max_length=64, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_index=False, related_name="+")
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("holds until"), null=True)  # a screen's holds until it is taken back

    objects = queries.InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [models.UniqueConstraint(fields=["token_hash"], name="one_invitation_per_token")]
        indexes = [models.Index(fields=["jam", "-id"], name="invitations_of_a_jam")]

    def __str__(self) -> str:
        return self.get_role_display()


class Performer(models.Model):
    """Somebody whom a venue remembers from one night to the next, because they asked for it: see performers.py. What
    proves it is a secret of its own, kept as a hash only."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="performers", db_index=False, verbose_name=_("venue"))
    name = models.CharField(_("name"), max_length=40)
    instruments = models.JSONField(_("instruments"), default=list, blank=True)
    secret_hash = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(_("last used"), default=timezone.now)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("performer")
        verbose_name_plural = _("performers")
        constraints = [models.UniqueConstraint(fields=["secret_hash"], name="one_performer_per_secret")]
        indexes = [
            models.Index(fields=["venue"], name="performers_of_a_venue"),
            models.Index(fields=["used_at"], name="performers_by_use"),
        ]

    def __str__(self) -> str:
        return self.name


class Attendee(models.Model):
    """Somebody in the room, without an account. What proves it is the secret, kept as a hash only."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Here")
        AWAY = "away", _("Away")
        LEFT = "left", _("Left")
        REMOVED = "removed", _("Removed")

    jam = models.ForeignKey(Jam, models.CASCADE, related_name="attendees", db_index=False)
    display_name = models.CharField(_("name"), max_length=40, blank=True)
    folded_name = models.CharField(max_length=120, null=True, editable=False)  # noqa: DJ001 — erased: no name at all
    secret_hash = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    instruments = models.JSONField(_("instruments"), default=list, blank=True)
    performer = models.ForeignKey(
        Performer, models.SET_NULL, null=True, blank=True, related_name="attendees", db_index=False,
        verbose_name=_("remembered as"),
    )  # fmt: skip
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.ACTIVE)
    last_seen = models.DateTimeField(_("last seen"), default=timezone.now)
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)

    objects = queries.AttendeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendee")
        verbose_name_plural = _("attendees")
        constraints = [
            models.UniqueConstraint(fields=["jam", "folded_name"], name="one_attendee_per_name"),
            models.UniqueConstraint(fields=["secret_hash"], name="one_attendee_per_secret"),
        ]
        indexes = [
            models.Index(fields=["jam", "state"], name="attendees_by_state"),
            models.Index(fields=["performer"], condition=Q(performer__isnull=False), name="attendees_of_a_performer"),
        ]

    def __str__(self) -> str:
        return self.display_name or str(_("Somebody who left"))

    @property
    def address(self) -> str:
        return f"attendee:{self.pk}"

    @property
    def has_phone(self) -> bool:
        """Who has none was added by a host, who acts for them. Of whoever is erased nobody knows, and nobody acts."""
        return self.secret_hash is not None or self.folded_name is None


class JamSong(models.Model):
    class Status(models.TextChoices):
        PENDING = "pending", _("Waits for approval")
        OPEN = "open", _("Open")
        QUEUED = "queued", _("Queued")
        PLAYING = "playing", _("Playing")
        PLAYED = "played", _("Played")
        REMOVED = "removed", _("Removed")

    class Origin(models.TextChoices):
        HOST = "host", _("Host")
        SUGGESTION = "suggestion", _("Suggestion")

    PUBLIC = (Status.OPEN, Status.QUEUED, Status.PLAYING, Status.PLAYED)

    jam = models.ForeignKey(Jam, models.CASCADE, related_name="songs", db_index=False)
    song = models.ForeignKey(Song, models.PROTECT, related_name="jam_songs", db_index=False)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.HOST)
    suggested_by = models.ForeignKey(
        Attendee, models.SET_NULL, null=True, blank=True, related_name="suggestions", db_index=False,
        verbose_name=_("suggested by"),
    )  # fmt: skip
    status = models.CharField(_("status"), max_length=7, choices=Status, default=Status.OPEN)
    pinned = models.BooleanField(_("pinned"), default=False)
    position = models.PositiveIntegerField(_("place in the set list"), null=True, blank=True)
    locked = models.BooleanField(_("keeps its place in the set list"), default=False, db_default=False)
    # The database keeps these six, whoever writes: see triggers.py here and in apps/voting.
    votes = models.PositiveIntegerField(_("votes"), default=0, editable=False)
    counted_at = models.DateTimeField(_("count changed"), default=timezone.now, editable=False)
    votable = models.BooleanField(_("takes votes"), default=False, editable=False)
    votable_until = models.DateTimeField(null=True, editable=False)
    month = models.DateField(db_default=NO_MONTH, editable=False)  # the jam's
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    times_queued = models.PositiveIntegerField(_("times queued"), default=0, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    objects = queries.JamSongQuerySet.as_manager()

    class Meta:
        verbose_name = _("jam song")
        verbose_name_plural = _("jam songs")
        constraints = [
            models.UniqueConstraint(fields=["jam", "song"], name="a_song_once_per_jam"),
            models.UniqueConstraint(fields=["jam"], condition=Q(status="playing"), name="one_song_plays_at_a_time"),
        ]
        # None of them holds the count: a vote then rewrites the row alone (heap-only), and the few songs of one jam
        # are sorted when they are read.
        indexes = [
            models.Index(fields=["jam", "status", "position"], name="jam_songs_by_status"),
            models.Index(fields=["song"], name="jams_with_a_song"),
            models.Index(fields=["suggested_by"], condition=Q(suggested_by__isnull=False), name="suggestions_of_one"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.song}"


class JamView(models.Model):
    """How often a page of a jam was opened on a day (in UTC). Not on the jam's row, which hosts hold."""

    class Page(models.TextChoices):
        JAM = "jam", _("The jam's page")
        SCREEN = "screen", _("The big screen")

    jam = models.ForeignKey(Jam, models.CASCADE, related_name="views", db_index=False, verbose_name=_("jam"))
    day = models.DateField(_("day"))
    page = models.CharField(_("page"), max_length=6, choices=Page)
    times = models.PositiveIntegerField(_("times opened"))

    class Meta:
        verbose_name = _("views of a jam")
        verbose_name_plural = _("views of jams")
        constraints = [models.UniqueConstraint(fields=["jam", "day", "page"], name="one_jam_view_per_day_and_page")]
        indexes = [models.Index(fields=["day"], name="jam_views_by_day")]

    def __str__(self) -> str:
        return f"{self.jam}, {self.day}: {self.times}"
