"""Webhooks: what is told to whom and how it went; and what is told to us."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Right
from apps.catalog.models import Venue
from apps.core.sealing import seal_at_rest, unseal_at_rest
from apps.jams.models import Jam
from apps.webhooks import queries
from apps.webhooks.errors import SecretLost
from apps.webhooks.signatures import new_secret, written

LONGEST_NAME, LONGEST_URL = 80, 500


class Keyed(models.Model):
    """What has a secret that both sides know. It is sealed in the database, and shown once."""

    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    enabled = models.BooleanField(_("is on"), default=True)
    secret = models.BinaryField(editable=False)
    old_secret = models.BinaryField(null=True, editable=False)
    old_secret_until = models.DateTimeField(_("the old secret holds until"), null=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False, editable=False,
        verbose_name=_("made by"),
    )  # fmt: skip
    # In which its owner is told how it goes.
    language = models.CharField(max_length=10, default="en", db_default="en", editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def make_secret(self, *, old_until: datetime | None = None) -> str:
        """As it is shown, this once. The one before holds until then."""
        secret, now = new_secret(), timezone.now()
        self.old_secret, self.old_secret_until = None, None
        if old_until and old_until > now:
            self.old_secret, self.old_secret_until = self.secret, old_until
        self.secret = seal_at_rest(secret)
        return written(secret)

    def keys(self) -> list[bytes]:
        """The new one first. Raises SecretLost."""
        sealed = [self.secret]
        if self.old_secret and self.old_secret_until and self.old_secret_until > timezone.now():
            sealed.append(self.old_secret)
        try:
            return [unseal_at_rest(bytes(one)) for one in sealed]
        except InvalidToken as error:
            raise SecretLost from error


# Out --------------------------------------------------------------------------------------------------


class Endpoint(Keyed):
    """Where events of a jam go, or of all jams of a venue."""

    class Off(models.TextChoices):
        HOST = "host", _("switched off by hand")
        GONE = "gone", _("it said that it is gone for good (410)")
        FAILING = "failing", _("nothing got through for days")

    venue = models.ForeignKey(
        Venue, models.CASCADE, null=True, related_name="webhooks", db_index=False, verbose_name=_("venue")
    )
    jam = models.ForeignKey(
        Jam, models.CASCADE, null=True, related_name="webhooks", db_index=False, verbose_name=_("jam")
    )
    url = models.CharField(_("address"), max_length=LONGEST_URL)
    types = models.JSONField(_("events"), default=list)
    disabled_reason = models.CharField(_("why it is off"), max_length=7, choices=Off, blank=True, default="")
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)

    objects = queries.EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(venue__isnull=True) ^ Q(jam__isnull=True), name="webhook_of_one_thing")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["venue", "id"], condition=Q(venue__isnull=False), name="webhooks_of_a_venue"),
            models.Index(fields=["jam", "id"], condition=Q(jam__isnull=False), name="webhooks_of_a_jam"),
        ]

    def lets(self, user: Any) -> bool:
        if self.jam is not None:
            return self.jam.lets(user, Right.CHANGE_JAM)
        return self.venue is not None and self.venue.lets(user, Right.CHANGE_VENUE)


class Event(models.Model):
    """What happened: written in the transaction in which it did."""

    key = models.CharField(_("id"), max_length=36)
    jam = models.ForeignKey(Jam, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name=_("jam"))
    type = models.CharField(_("type"), max_length=20)
    revision = models.PositiveBigIntegerField(_("revision"), default=0)
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at"], name="webhook_events_by_date"),
            models.Index(fields=["jam"], condition=Q(jam__isnull=False), name="webhook_events_of_a_jam"),
        ]

    def __str__(self) -> str:
        return self.type


class Feed(models.Model):
    """How many events of a jam there have been: each has the next number, in the order in which they happened."""

    jam = models.OneToOneField(Jam, models.CASCADE, primary_key=True, related_name="+")
    revision = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.jam_id}: {self.revision}"


class Lane(models.Model):
    """The events of one jam on their way to one endpoint: one after the other, and one worker at a time."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="lanes", db_index=False)
    jam = models.ForeignKey(Jam, models.CASCADE, related_name="+", db_index=False)
    due_at = models.DateTimeField(null=True)  # of the next attempt; none: there is nothing to send
    busy_until = models.DateTimeField(null=True)  # somebody is at it, and has said so by then or is dead

    objects = queries.LaneQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["endpoint", "jam"], name="one_lane_per_webhook_and_jam")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="webhook_lanes_due"),
            models.Index(fields=["jam"], name="webhook_lanes_of_a_jam"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}, {self.jam_id}"


class Delivery(models.Model):
    """An event for an endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        DONE = "done", _("delivered")
        FAILED = "failed", _("given up")

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("event"))
    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("webhook")
    )
    lane = models.ForeignKey(Lane, models.CASCADE, null=True, related_name="deliveries", db_index=False, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)  # the event's
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = queries.DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["lane", "revision"], condition=Q(state="waiting"), name="webhooks_to_send"),
            models.Index(fields=["endpoint", "-id"], name="deliveries_of_a_webhook"),
            models.Index(fields=["event"], name="deliveries_of_an_event"),
            models.Index(fields=["lane"], condition=Q(lane__isnull=False), name="deliveries_of_a_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.event.key}"


class Attempt(models.Model):
    """One try to deliver: what came back, and how fast."""

    class Error(models.TextChoices):
        STATUS = "status", _("It answered with an error.")
        REDIRECT = "redirect", _("It leads elsewhere; redirects are not followed.")
        REFUSED = "refused", _("The address is not public, or not https.")
        SLOW = "slow", _("It did not answer in time.")
        UNREACHABLE = "unreachable", _("Nobody answers there.")
        SECRET = "secret", _("The secret cannot be opened. Make a new one.")

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", db_index=False)
    at = models.DateTimeField(_("when"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    ms = models.PositiveIntegerField(_("milliseconds"), default=0)
    error = models.CharField(_("error"), max_length=11, choices=Error, blank=True, default="")
    answer = models.CharField(_("answer"), max_length=500, blank=True, default="")

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["delivery", "id"], name="attempts_of_a_delivery")]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.status or self.error}"


# In ---------------------------------------------------------------------------------------------------


def new_key() -> str:
    return secrets.token_hex(12)


class Inbox(Keyed):
    """Where a system of a venue tells us what happens. Its events are done as `made_by`."""

    venue = models.ForeignKey(Venue, models.CASCADE, related_name="inboxes", db_index=False, verbose_name=_("venue"))
    key = models.CharField(_("address"), max_length=24, default=new_key, editable=False)

    objects = queries.InboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key"], name="one_inbox_per_key")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["venue", "id"], name="inboxes_of_a_venue")]

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}/api/v1/webhooks/in/{self.key}"

    @property
    def actor(self) -> Any:
        """Who does what comes in; None where they may no more."""
        user = self.made_by
        return user if user and user.is_active and self.lets(user) else None

    def lets(self, user: Any) -> bool:
        return self.venue.lets(user, Right.CHANGE_VENUE)


class Received(models.Model):
    """An event that came in. What it says is kept until it is done."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="received", db_index=False, verbose_name=_("inbox"))
    event = models.CharField(_("id"), max_length=100)
    type = models.CharField(_("type"), max_length=40)
    happened_at = models.DateTimeField(_("happened"))
    digest = models.BinaryField(max_length=32, editable=False)  # of the body, so that another one is known as such
    payload = models.JSONField(default=dict, editable=False)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    code = models.CharField(max_length=40, blank=True, default="")  # of what it was refused with
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    result = models.JSONField(_("result"), default=dict)
    received_at = models.DateTimeField(_("came"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = queries.ReceivedQuerySet.as_manager()

    class Meta:
        verbose_name = _("event that came in")
        verbose_name_plural = _("events that came in")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["inbox", "event"], name="one_event_per_inbox_and_id")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["inbox", "-id"], name="events_of_an_inbox"),
            models.Index(fields=["inbox", "id"], condition=Q(state="waiting"), name="events_to_handle"),
            models.Index(fields=["received_at"], name="events_in_by_date"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event}"


class PlayState(models.Model):
    """The newest that an inbox has told of what plays in a jam: what is older changes nothing."""

    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+", db_index=False)
    jam = models.ForeignKey(Jam, models.CASCADE, related_name="+", db_index=False)
    happened_at = models.DateTimeField()
    sequence = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["inbox", "jam"], name="one_play_state_per_inbox")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["jam"], name="play_states_of_a_jam")]

    def __str__(self) -> str:
        return f"{self.jam_id}: {self.happened_at:%H:%M:%S}"


class Alias(models.Model):
    """What an inbox calls somebody, or their sign-up, in a jam."""

    class Of(models.TextChoices):
        PERFORMER = "performer"
        SIGNUP = "signup"

    inbox = models.ForeignKey(Inbox, models.CASCADE, related_name="+", db_index=False)
    jam = models.ForeignKey(Jam, models.CASCADE, related_name="+", db_index=False)
    of = models.CharField(max_length=9, choices=Of)
    theirs = models.CharField(max_length=100)
    ours = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["inbox", "jam", "of", "theirs"], name="one_alias_per_name")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["jam"], name="aliases_of_a_jam")]

    def __str__(self) -> str:
        return f"{self.of} {self.theirs}"
