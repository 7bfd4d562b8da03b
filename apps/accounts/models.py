"""Hosts and staff. Attendees never need an account: see `apps.jams.models.Attendee`."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.roles import Right, may, roles_of


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save()
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

    @property
    def is_staff(self) -> bool:
        return self.is_active and self.role == self.Role.STAFF

    # The admin asks these.
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return may(Right.ADMINISTER, roles_of(self))

    def has_perms(self, perms: list[str], obj: Any = None) -> bool:
        return may(Right.ADMINISTER, roles_of(self))

    def has_module_perms(self, app_label: str) -> bool:
        return may(Right.ADMINISTER, roles_of(self))
