"""What makes a phone's page one that is installed and opens without a line: manifest, service worker, offline page."""

import json
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

ICONS = (("192", "any"), ("512", "any"), ("512", "maskable"))
OFFLINE = ("css/pages/base.css", "icons.svg", "favicon.svg")


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Of a web application (W3C). Without a parameter, so that an installed one starts at what is on tonight."""
    icons = [
        {
            "src": static(f"icons/{'maskable' if purpose == 'maskable' else 'icon'}-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size, purpose in ICONS
    ]
    said: dict[str, Any] = {
        "id": "/",
        "lang": get_language(),
        "dir": "rtl" if get_language_bidi() else "ltr",
        "name": "JamVote",
        "description": _("Vote for the songs that the band plays tonight."),
        "start_url": reverse("pages:home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#15100c",
        "theme_color": "#15100c",
        "icons": icons,
    }
    return JsonResponse(
        said, content_type="application/manifest+json", headers={"Cache-Control": "private, max-age=3600"}
    )


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """static/js/worker.js for the files that are collected. Elsewhere names have no hashes, and what a worker had kept
    would be old."""
    version = worker_version()
    if not version:
        raise Http404
    kept = {"version": version, "offline": reverse("pages:offline"), "files": [static(path) for path in OFFLINE]}
    with staticfiles_storage.open(static("js/worker.js").removeprefix(settings.STATIC_URL)) as file:
        script = f"self.kept = {json.dumps(kept)};\n{file.read().decode()}"
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


def worker_version() -> str:
    return str(getattr(staticfiles_storage, "manifest_hash", ""))


def worker_address() -> str:
    """For scripts; empty where there is none."""
    return reverse("pages:service_worker") if worker_version() else ""


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")
