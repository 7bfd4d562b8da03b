"""What every answer tells browsers to refuse. The policies stand in settings.py, their reasons in docs/security.md."""

import functools

from csp.utils import build_policy, default_config
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

# What can run something when it is opened by itself, or as a worker.
DOCUMENTS = {"text/html", "image/svg+xml", "text/javascript", "application/javascript", "application/xml"}
RUNS_NOTHING = "default-src 'none'; frame-ancestors 'none'"
UNUSED = (
    "accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts",
    "magnetometer", "microphone", "midi", "payment", "publickey-credentials-create", "publickey-credentials-get",
    "serial", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED)


class Protection:
    """Adds what an answer does not say by itself. Called for every answer: by `EveryAnswer`, which is outermost, and
    once for each that is kept (`CachedReads`)."""

    def __init__(self) -> None:
        self.security = SecurityMiddleware(lambda request: HttpResponse())

    def __call__(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        # HSTS, X-Content-Type-Options, Referrer-Policy, Cross-Origin-Opener-Policy.
        self.security.process_response(request, response)
        add = response.headers.setdefault
        add("Cross-Origin-Resource-Policy", "same-origin")
        if response.headers.get("Content-Type", "").partition(";")[0] in DOCUMENTS:
            add("Content-Security-Policy", policy_of(request.path_info))
            add("Permissions-Policy", PERMISSIONS)
            add("X-Frame-Options", settings.X_FRAME_OPTIONS)
        elif response.status_code != 304:  # whose headers take the place of those that the browser has
            add("Content-Security-Policy", RUNS_NOTHING)
        return response


def policy_of(path: str) -> str:
    """For a document at this path: the exception with the longest beginning, else the rule."""
    beginnings = [beginning for beginning in settings.CSP_EXCEPTIONS if path.startswith(beginning)]
    return policy(max(beginnings, key=len, default=""))


@functools.cache
def policy(beginning: str) -> str:
    rule = default_config(settings.CONTENT_SECURITY_POLICY["DIRECTIVES"])
    parts = build_policy(config=rule, replace=settings.CSP_EXCEPTIONS.get(beginning)).split("; ")
    return "; ".join(sorted(parts))  # it gives them in another order in each process
