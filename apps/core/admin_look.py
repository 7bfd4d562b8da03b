"""How the admin looks: the colours of static/css/tokens.css in Unfold's two scales, and its pages in groups."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

FLOOR = {  # paper to floor: grounds, rules and ink
    "50": "#fbf9f5", "100": "#f3efe9", "200": "#e3dbcf", "300": "#cdbfab", "400": "#a89884", "500": "#695d50",
    "600": "#4f4439", "700": "#46392d", "800": "#281f18", "900": "#15100c", "950": "#0d0906",
}  # fmt: skip
TAPE = {  # the accent: 500 is read on the floor, 600 on paper and under white
    "50": "#fff4e8", "100": "#fbe7d3", "200": "#f9cf9f", "300": "#f8b873", "400": "#f7a951", "500": "#f7a04a",
    "600": "#8f4300", "700": "#793800", "800": "#632e00", "900": "#4d2400", "950": "#33180a",
}  # fmt: skip
# Models with their icons (Material Symbols).
GROUPS: tuple[tuple[Any, dict[str, str]], ...] = (
    (_("Nights"), {
        "jams.Jam": "nightlife", "jams.Recurrence": "event_repeat", "jams.JamSong": "queue_music",
        "jams.Attendee": "groups", "jams.Performer": "mic_external_on", "voting.Vote": "how_to_vote",
    }),
    (_("Stage"), {"stage.Slot": "piano", "stage.SignUp": "front_hand", "stage.Performance": "music_note"}),
    (_("Library"), {
        "catalog.Venue": "storefront", "catalog.Song": "library_music", "catalog.LibrarySong": "bookmark",
        "catalog.ImportRun": "upload_file", "catalog.SongList": "sync",
    }),
    (_("Statistics"), {
        "jams.JamView": "bar_chart", "catalog.SongView": "monitoring", "catalog.SongSearch": "search",
        "reports.NightSummary": "summarize", "reports.Report": "lab_profile",
    }),
    (_("Background work"), {"tasks.Task": "task_alt"}),
    (_("Insight"), {"insight.Alert": "notifications_active", "insight.Finding": "troubleshoot"}),
    (_("Webhooks"), {
        "webhooks.Endpoint": "webhook", "webhooks.Delivery": "outbox", "webhooks.Inbox": "inbox",
        "webhooks.Received": "move_to_inbox",
    }),
    (_("Accounts and safety"), {
        "accounts.User": "person", "accounts.ApiToken": "key", "axes.AccessAttempt": "gpp_maybe",
        "accounts.AuditEvent": "history",
    }),
)  # fmt: skip


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": title, "items": [item(model, icon) for model, icon in models.items()]} for title, models in GROUPS
    ]


def item(label: str, icon: str) -> dict[str, Any]:
    meta = apps.get_model(label)._meta
    link = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return {"title": capfirst(str(meta.verbose_name_plural)), "icon": icon, "link": link}


def icon(request: HttpRequest) -> str:
    return static("favicon.svg")


def style(request: HttpRequest) -> str:
    return static("css/admin.css")


UNFOLD = {
    "SITE_TITLE": "JamVote",
    "SITE_HEADER": "JamVote",
    "SITE_URL": "/",
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "STYLES": [style],
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": FLOOR, "primary": TAPE},
    "SIDEBAR": {"navigation": sidebar},
}
