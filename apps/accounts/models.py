"""Hosts and staff, and what they did. Attendees never need an account: see `apps.jams.models.Attendee`."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Right, may, roles_of


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        with transaction.atomic():
            user.save()
            user.vouch_for_address()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **fields, role=User.Role.STAFF)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    class Role(models.TextChoices):
        HOST = "host", _("Host")
        STAFF = "staff", _("Staff")

    email = models.EmailField(_("e-mail"))  # in lower case: see save()
    name = models.CharField(_("name"), max_length=80)
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.HOST)
    is_active = models.BooleanField(_("may log in"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        # unique=True would make a second index for LIKE, which nobody asks of an address.
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["email"], name="one_user_per_email")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, **options: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(**options)

    def vouch_for_address(self) -> None:
        """It counts as verified: whoever made the account, by command or as staff, knows whose it is."""
        from allauth.account.models import EmailAddress

        EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()
        EmailAddress.objects.update_or_create(user=self, email=self.email, defaults={"verified": True, "primary": True})

    @property
    def is_staff(self) -> bool:
        """Whether they have the rights of staff now; where those take a second factor, not without it."""
        staff = self.is_active and self.role == self.Role.STAFF
        return staff and (not settings.STAFF_SECOND_FACTOR or self.has_second_factor)

    @cached_property
    def has_second_factor(self) -> bool:
        from allauth.mfa.models import Authenticator

        return Authenticator.objects.filter(user=self, type=Authenticator.Type.TOTP).exists()

    # The admin asks these.
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return may(Right.ADMINISTER, roles_of(self))

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return may(Right.ADMINISTER, roles_of(self))

    def has_module_perms(self, app_label: str) -> bool:
        return may(Right.ADMINISTER, roles_of(self))


class AuditEvents(models.QuerySet["AuditEvent"]):
    def about(self, thing: models.Model) -> "AuditEvents":
        return self.filter(about=name_of(thing)).order_by("-pk")


class AuditEvent(models.Model):
    """Something a host or staff member did: what was there before, what is there now. It outlives what it is about,
    and who did it.
    """

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_index=False)
    verb = models.CharField(_("what"), max_length=24)
    about = models.CharField(_("about"), max_length=40, blank=True)  # "jam:12"
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    objects = AuditEvents.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["about", "-id"], name="audit_events_about")]

    def __str__(self) -> str:
        return f"{self.verb} {self.about} {self.created_at:%H:%M}"


def name_of(thing: models.Model) -> str:
    """What an event calls it: "jam:12"."""
    return f"{thing._meta.model_name}:{thing.pk}"


class ApiTokens(models.QuerySet["ApiToken"]):
    def live(self) -> Self:
        return self.filter(revoked_at__isnull=True, expires_at__gt=timezone.now())

    def ended(self, *, before: datetime) -> Self:
        return self.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before))


class ApiToken(models.Model):
    """With which a program acts as its user: see tokens.py. What proves it is the secret, kept as a hash only."""

    LONGEST_NAME = 80

    class Scope(models.TextChoices):
        """What it may change. It reads whatever its user may read."""

        JAMS = "jams", _("Run and change my jams")
        LIBRARY = "library", _("Change venues and songs")
        WEBHOOKS = "webhooks", _("Set up webhooks")
        ACCOUNT = "account", _("Change my name")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens", db_index=False, verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    scopes = models.JSONField(_("may change"), default=list)
    secret_hash = models.CharField(max_length=64, editable=False)
    beginning = models.CharField(_("beginning"), max_length=12)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True)  # to the minute
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = ApiTokens.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["secret_hash"], name="one_token_per_secret")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-id"], name="tokens_of_a_user")]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def may_change(self) -> list[str]:
        """Its scopes, in words."""
        return [str(self.Scope(scope).label) for scope in self.scopes]
