"""Hosts and staff for staff, and what they did.

Who has the role of staff may do everything, so there are no groups and permissions.
"""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as PasswordAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.accounts.audit import record
from apps.accounts.audited import AuditedAdmin
from apps.accounts.log_out import LogOut
from apps.accounts.models import ApiToken, AuditEvent, User
from apps.accounts.operations import end_other_sessions, turn_off_second_factor
from apps.accounts.tokens import revoke_token
from apps.core.admin import GoesWithUser, InfinitePaginator, ReadOnlyAdmin, staff

# Their rows are reached through the users.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


class InLowerCase(forms.Form):
    """As it is stored: a second spelling of a known address is told of here."""

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()


class NewUserForm(InLowerCase, UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "role")


class UserForm(InLowerCase, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active", "password")


def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """The admin's log-in is the one of the pages. Staff without the second factor that is asked of them make one."""
    user = request.user
    if isinstance(user, User) and user.role == User.Role.STAFF and user.is_active and not user.is_staff:
        messages.info(request, _("Staff need a second factor here. Turn it on, and you are in."))
        return redirect("mfa_activate_totp")
    return secure_admin_login(log_in)(request, *args, **kwargs)


log_in = admin.site.login
admin.site.login = door  # type: ignore[method-assign]
admin.site.logout = LogOut.as_view()  # type: ignore[assignment, method-assign]
admin.site.password_change = lambda *args, **kwargs: redirect("account_change_password")  # type: ignore[assignment]


@admin.register(User)
class UserAdmin(AuditedAdmin, PasswordAdmin, ModelAdmin):
    form, add_form, change_password_form = UserForm, NewUserForm, AdminPasswordChangeForm
    list_display = ("email", "name", "role", "is_active", "last_login", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("What they may do"), {"fields": ("role", "is_active")}),
        (_("When"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "usable_password", "password1", "password2")}),)
    show_full_result_count = False
    actions = ("end_sessions", "turn_off_second_factor", "vouch")

    @admin.action(description=_("End all sessions"))
    def end_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            end_other_sessions(user=user, keep="", by=staff(request))

    @admin.action(description=_("Turn off the second factor"))
    def turn_off_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            turn_off_second_factor(user=user, by=staff(request))

    @admin.action(description=_("Count the address as verified"))
    def vouch(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            user.vouch_for_address()
            record(actor=staff(request), verb="verify_email", about=user, after={"email": user.email})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            obj.vouch_for_address()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nobody locks themselves out."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "role", "is_active") if obj == request.user else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj != request.user and super().has_delete_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            record(actor=staff(request), verb="set_password", about=self.get_object(request, id))
        return answer


class Kind(admin.SimpleListFilter):
    """By what it is about."""

    title, parameter_name = _("about"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("jam", _("jams")), ("venue", _("venues")), ("song", _("songs")), ("user", _("accounts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(about__startswith=f"{self.value()}:") if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The search takes a verb ("queue"), a thing ("jam:12") and an address."""

    list_display = ("created_at", "verb", "about", "actor", "change")
    list_filter = (Kind, "created_at")
    list_select_related = ("actor",)
    search_fields = ("verb", "=about", "actor__email")
    ordering = ("-pk",)
    paginator = InfinitePaginator

    @admin.display(description=_("change"))
    def change(self, event: AuditEvent) -> str:
        """The new values of it, cut short; the page of the event has all."""
        words = [f"{name}: {value}" for name, value in event.after.items()]
        return Truncator(", ".join(words)).chars(100)


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Wrong tries of the last minutes. Deleting those of an account unlocks it."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent")
    search_fields = ("username", "ip_address")
    ordering = ("-attempt_time", "-pk")
    fields = ("attempt_time", "username", "ip_address", "failures_since_start", "user_agent", "path_info")
    paginator = InfinitePaginator

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).is_staff


class IsLive(admin.SimpleListFilter):
    title, parameter_name = _("holds"), "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> QuerySet[ApiToken]:
        live = ApiToken.objects.live()
        return {"yes": queryset.filter(pk__in=live), "no": queryset.exclude(pk__in=live)}.get(
            self.value() or "", queryset
        )


@admin.register(ApiToken)
class ApiTokenAdmin(GoesWithUser):
    """Whose programs may do what. Nobody makes a token for somebody else, but staff revoke any."""

    list_display = ("name", "user", "beginning", "scopes_in_words", "last_used_at", "expires_at", "revoked_at")
    list_filter = (IsLive,)
    list_select_related = ("user",)
    search_fields = ("name", "beginning", "user__email", "user__name")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = ("user", "name", "beginning", "scopes_in_words", "created_at", "last_used_at", "expires_at", "revoked_at")
    readonly_fields = ("scopes_in_words",)
    actions = ("revoke",)

    @admin.display(description=_("may change"))
    def scopes_in_words(self, token: ApiToken) -> str:
        return ", ".join(token.may_change)

    @admin.action(description=_("Revoke"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        for token in tokens.select_related("user"):
            revoke_token(token=token, by=staff(request))
        self.message_user(request, gettext("Done: %(n)d.") % {"n": len(tokens)})
