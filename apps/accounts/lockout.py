"""Who guesses passwords and codes is locked out, for a while. It stands in the database, so it holds for all processes.

An account is locked for the address from which it was guessed at: behind the address that a whole venue shares, the
others log in as ever, and so does the owner from elsewhere. Guesses from everywhere have a limit of their own, which
does not hold where somebody is logged in to the account. What an account is called need not exist: the answers are the
same. A password that was mended by mail unlocks.
"""

from typing import Any

from allauth.usersessions.models import UserSession
from axes.attempts import get_cool_off_threshold
from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.handlers import for_program
from apps.core.problems import problem_response

Credentials = dict[str, Any]


class Backend(AxesStandaloneBackend):
    """Asked first. It lets nobody in."""

    def authenticate(self, request: HttpRequest | None, *args: Any, **credentials: Any) -> None:
        if request is not None:  # commands and tests come from no address
            super().authenticate(request, *args, **credentials)


class Handler(AxesDatabaseHandler):
    def get_failures(self, request: Any, credentials: Credentials | None = None) -> int:
        account, address = get_client_username(request, credentials), request.axes_ip_address
        lately = AccessAttempt.objects.filter(username=account, attempt_time__gte=get_cool_off_threshold(request))
        here = Sum("failures_since_start", filter=Q(ip_address=address), default=0)
        found = lately.aggregate(here=here, in_all=Sum("failures_since_start", default=0))
        if found["in_all"] >= settings.LOGIN_FAILURES_IN_ALL and not is_at_home(account, address):
            return max(found["here"], settings.LOGIN_FAILURES)
        return found["here"]


def is_at_home(account: str, address: str) -> bool:
    return UserSession.objects.filter(user__email=account, ip=address).exists()


def account_of(request: HttpRequest, credentials: Credentials | None) -> str:
    """The address as it is stored, so that no other spelling of it is another account. Cut to what the table holds."""
    return str((credentials or {}).get("email") or (credentials or {}).get("username") or "").strip().lower()[:255]


# Codes, and passwords that are asked for again ---------------------------------------------------------


def check_may_guess(request: Any, user: User) -> None:
    """Raises ValidationError; the answer is then that of `locked_out`."""
    if not AxesProxyHandler.is_allowed(request, {"email": user.email}):
        request.axes_locked_out, request.axes_credentials = True, {"email": user.email}
        raise ValidationError(_("Too many wrong tries."))


def note_wrong_guess(request: HttpRequest, user: User) -> None:
    AxesProxyHandler.user_login_failed(User, {"email": user.email}, request)


def unlock(account: str) -> None:
    AxesProxyHandler.reset_attempts(username=account)


# What is said -----------------------------------------------------------------------------------------


def locked_out(request: HttpRequest, response: Any = None, credentials: Credentials | None = None) -> HttpResponse:
    if for_program(request):
        return locked_out_program(request, seconds_left(request, credentials))
    seconds = seconds_left(request, credentials)
    answer = render(request, "account/locked.html", {"minutes": -(-seconds // 60)}, status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def locked_out_program(request: HttpRequest, seconds: int) -> HttpResponse:
    response = problem_response(request, 429, "locked_out", _("Too many wrong tries. Try again later."))
    response.headers["Retry-After"] = str(seconds)
    return response


def seconds_left(request: Any, credentials: Credentials | None) -> int:
    """Until the last wrong try is long enough ago."""
    attempts = AccessAttempt.objects.filter(username=get_client_username(request, credentials))
    found = attempts.aggregate(
        here=Max("attempt_time", filter=Q(ip_address=request.axes_ip_address)), anywhere=Max("attempt_time")
    )
    last = found["here"] or found["anywhere"] or timezone.now()
    return max(1, round((last + settings.AXES_COOLOFF_TIME - timezone.now()).total_seconds()))
