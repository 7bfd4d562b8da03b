"""Every page, the right that it asks for, and the form that it takes: as tests/routes.py has it for the API."""

from copy import copy
from typing import Any, NamedTuple

from django.urls import reverse

from apps.accounts.roles import Right, Role, may
from apps.insight.profiling import profiles
from apps.jams.invitations import invite
from apps.jams.models import JamHost
from apps.reports.operations import token_of
from tests.factories import (
    make_alert,
    make_api_token,
    make_attendee,
    make_import,
    make_jam_song,
    make_profile,
    make_report,
    make_sign_up,
    make_user,
    songs_file,
)
from tests.routes import CALLERS, HOOK, empty_venue, inbox_at, invitation_to, slot_in, webhook_at
from tests.world import ROUTES

# A page knows no tokens.
AT_PAGES = CALLERS | {"attendee": CALLERS["anonymous"]}
FORGED = {"forged_form", "host_without_csrf"}
JAM = {"venue": "VENUE", "name": "Night", "starts_at": "2026-12-01T20:00", "ends_at": "2026-12-01T23:00",
       "max_suggestions": "3", "sign_ups": "on", "max_sign_ups": "3", "counts": "live", "counts_top": "3"}  # fmt: skip
VENUE = {"name": "A New Room", "time_zone": "Europe/London", "counts": "live"}
# Whose import it is, and staff, who see all.
OF_THE_HOST = {"host": 200, "host_without_csrf": 200, "staff": 200}


class Page(NamedTuple):
    name: str
    method: str
    right: Right
    status: Any  # 200, 303, or where it leads: login, join, host
    form: dict[str, str]
    exceptions: dict[str, Any]

    def answer(self, caller, at):
        if self.method == "POST" and caller in FORGED:
            return 403
        if at == "own" and caller in self.exceptions:
            return self.exceptions[caller]
        roles = {Role.ANYBODY, *AT_PAGES[caller][at]}
        if self.name == "join" and Role.ATTENDEE in roles:  # who is in already is sent straight on
            return 303
        if may(self.right, roles):
            return self.status
        if self.right == Right.TAKE_PART:
            return "join"
        return 403 if Role.HOST in roles or self.name == "screen_door" else "login"


def page(name, method, right, status=200, *, form=None, **exceptions):
    return Page(name, method, right, status, form or {}, exceptions)


def form_page(name, right, form=None):
    """A page that asks, and the form that it sends."""
    return [page(name, "GET", right), page(name, "POST", right, 303, form=form)]


def as_oneself(name, form=None):
    """Whoever was removed is told so, on the jam's page."""
    return page(name, "POST", Right.TAKE_PART, 303, form=form, removed=303)


PAGES = [
    page("home", "GET", Right.WATCH),
    page("enter", "POST", Right.WATCH, "join", form={"code": "abc234"}),
    page("join", "GET", Right.JOIN, removed=403),
    page("join", "POST", Right.JOIN, 303, removed=403),
    page("jams", "GET", Right.WATCH),
    page("jam", "GET", Right.WATCH),
    as_oneself("suggest", {"title": "New", "artist": "Somebody"}),
    as_oneself("vote", {"voted": "1"}),
    page("stage", "GET", Right.WATCH),
    as_oneself("claim", {"do": "claim"}),
    as_oneself("instruments", {"plays": "bass"}),
    as_oneself("away", {"away": "1"}),
    as_oneself("performer", {"do": "remember"}),
    as_oneself("me", {"display_name": "Ana"}),
    page("leave", "POST", Right.WATCH, 303),
    page("move", "GET", Right.TAKE_PART, removed=200),
    page("move", "POST", Right.WATCH, "join", form={"token": "made-up"}),
    page("screen", "GET", Right.WATCH),
    page("overlay", "GET", Right.WATCH),
    page("screen_door", "GET", Right.RUN),  # and screens that a link has opened: tests/pages/test_door.py
    page("display", "GET", Right.WATCH, 303),  # whoever has the link
    page("console", "GET", Right.RUN),
    page("clusters", "GET", Right.RUN),
    page("void", "POST", Right.RUN, 303),
    *form_page("door", Right.RUN, {"door": "code"}),
    page("hosts", "GET", Right.RUN),
    page("hosts", "POST", Right.RUN, 201, form={"role": "display"}),
    # Whether a co-host may, the message says: the API's rows hold it.
    page("host_remove", "POST", Right.RUN, 303),
    page("take_back", "POST", Right.RUN, 303),
    *form_page("invitation", Right.ADD_VENUE),  # whoever has the link, and an account
    page("add_songs", "POST", Right.RUN, 303, form={"lines": "Title - Artist"}),
    page("set_list", "POST", Right.RUN, 303, form={"do": "plan"}),
    *form_page("act", Right.RUN),
    page("song_act", "POST", Right.RUN, 303),
    page("merge", "GET", Right.RUN),
    page("merge", "POST", Right.RUN, 303, form={"into": "JAM_SONG"}),
    *form_page("attendee_remove", Right.RUN),
    page("lineup", "GET", Right.RUN),
    *form_page("slot", Right.RUN, {"do": "put_on", "display_name": "Ana"}),
    page("sign_up_act", "POST", Right.RUN, 303),
    *form_page("song_slots", Right.RUN, {"instrument": "trumpet"}),
    page("people", "GET", Right.RUN),
    *form_page("person_add", Right.RUN, {"display_name": "Ana"}),
    *form_page("person", Right.RUN, {"do": "away"}),
    page("print", "GET", Right.RUN),
    page("jam_new", "GET", Right.HOLD_JAM, owner=303, co_host=303, other_host=200),
    page("jam_new", "POST", Right.HOLD_JAM, 303, form=JAM, owner=303, co_host=303, other_host=400),
    *form_page("jam_edit", Right.CHANGE_JAM, JAM),
    *form_page("jam_duplicate", Right.DUPLICATE, {"starts_at": "2026-12-01T20:00"}),
    *form_page("repeat", Right.DUPLICATE, {"often": "1", "days": "TU"}),
    *form_page("jam_delete", Right.DELETE_JAM),
    page("search", "GET", Right.WATCH),
    page("songs", "GET", Right.WATCH),
    page("song", "GET", Right.WATCH),
    *form_page("imports", Right.ADD_SONG, {"file": "SONGS"}),
    page("import_run", "GET", Right.ADD_SONG, 404, **OF_THE_HOST),
    page(
        "import_run",
        "POST",
        Right.ADD_SONG,
        303,
        form={"do": "try", "column_0": "title", "column_1": "artist"},
        owner=404,
        co_host=404,
        manager=404,
        other_host=404,
    ),
    page("import_report", "GET", Right.ADD_SONG, 404, **OF_THE_HOST),
    page("venues", "GET", Right.WATCH),
    *form_page("venue_new", Right.ADD_VENUE, VENUE),
    page("venue", "GET", Right.WATCH),
    page("venue_statistics", "GET", Right.WATCH, 301),  # it is the report now
    page("venue_report", "GET", Right.READ_STATISTICS),
    page("venue_report_file", "GET", Right.READ_STATISTICS),
    page("jam_report", "GET", Right.RUN),
    page("jam_report_file", "GET", Right.RUN),
    page("host_report", "GET", Right.ADD_VENUE),
    page("host_report_file", "GET", Right.ADD_VENUE),
    page("reports", "GET", Right.ADD_VENUE),
    page("reports", "POST", Right.ADD_VENUE, 404),  # of nothing: tests/reports/test_pages.py
    page("insight", "GET", Right.ADMINISTER),
    page("report", "GET", Right.ADD_VENUE, 404, host=200, host_without_csrf=200),  # the host's
    page("report_file", "GET", Right.ADD_VENUE, 404, host=200, host_without_csrf=200),
    page("report_link", "GET", Right.WATCH),  # whoever has the link
    page("venue_wanted", "GET", Right.CHANGE_VENUE),
    *form_page("venue_edit", Right.CHANGE_VENUE, VENUE),
    page("venue_library", "GET", Right.CHANGE_VENUE),
    *form_page(
        "venue_song_list",
        Right.CHANGE_VENUE,
        {"url": "https://lists.example/songs.csv", "schedule": "daily", "near": "ask"},
    ),
    *form_page("venue_song", Right.CHANGE_VENUE, {"key": "Am", "note": "Capo 2"}),
    *form_page("ban", Right.CHANGE_VENUE, {"why": "Nobody can hear it any more."}),
    page("accent", "GET", Right.WATCH),
    page("manifest", "GET", Right.WATCH),
    page("service_worker", "GET", Right.WATCH, 404),  # where files are collected: tests/browser/test_offline.py
    page("offline", "GET", Right.WATCH),
    page("host", "GET", Right.ADD_VENUE),
    page("account", "GET", Right.ADD_VENUE),
    *form_page("sessions", Right.ADD_VENUE),
    page("session_end", "POST", Right.ADD_VENUE, 404),  # it is nobody's
    page("tokens", "GET", Right.ADD_VENUE),
    page("tokens", "POST", Right.ADD_VENUE, form={"name": "Lights", "days": "7"}),
    page("token_revoke", "GET", Right.ADD_VENUE, 404, host=200, host_without_csrf=200),  # the host's
    page("token_revoke", "POST", Right.ADD_VENUE, 404, host=303),
    page("venue_webhooks", "GET", Right.CHANGE_VENUE),
    page("venue_webhooks", "POST", Right.CHANGE_VENUE, form={"url": HOOK, "types": "song.playing"}),
    page("jam_webhooks", "GET", Right.CHANGE_JAM),
    page("jam_webhooks", "POST", Right.CHANGE_JAM, form={"url": HOOK, "types": "song.playing"}),
    *form_page("webhook", Right.CHANGE_VENUE, {"do": "off"}),
    page("webhook_test", "POST", Right.CHANGE_VENUE, 303),
    *form_page("webhook_delete", Right.CHANGE_VENUE),
    *form_page("inbox", Right.CHANGE_VENUE, {"do": "off"}),
    *form_page("inbox_delete", Right.CHANGE_VENUE),
    *form_page("profiles", Right.ADMINISTER, {"kind": "web", "seconds": "1"}),
    page("profile", "GET", Right.ADMINISTER),
    page("profile_stacks", "GET", Right.ADMINISTER),
    page("sla", "GET", Right.ADMINISTER),
    page("sla_file", "GET", Right.ADMINISTER),
    page("alert_acknowledge", "POST", Right.ADMINISTER, 303),
    page("language", "POST", Right.WATCH, 303, form={"language": "ar", "next": "/jams"}),
    page("logout", "POST", Right.WATCH, 302),
]
# They are of no jam or venue: the same wherever one is at home.
SHARED = {
    "home",
    "enter",
    "jams",
    "songs",
    "song",
    "imports",
    "import_run",
    "import_report",
    "venues",
    "venue_new",
    "jam_new",
    "accent",
    "manifest",
    "service_worker",
    "offline",
    "host",
    "host_report",
    "host_report_file",
    "insight",
    "reports",
    "report",
    "report_file",
    "report_link",
    "invitation",
    "account",
    "sessions",
    "session_end",
    "tokens",
    "token_revoke",
    "profiles",
    "profile",
    "profile_stacks",
    "alert_acknowledge",
    "sla",
    "sla_file",
    "language",
    "logout",
}
OF_A_JAM = [
    row
    for row in PAGES
    if "slug" in ROUTES[f"pages:{row.name}"].params and "venue" not in row.name and row.name != "display"
]


def address(world, name, at):
    """Of the thing in this world that the page is about."""
    jam = world.jams[at]
    ids = {"slug": jam.slug, "kind": "csv", "code": jam.code, "colour": "a0b0c0", "action": "end"}
    params = ROUTES[f"pages:{name}"].params
    if "venue" in name and "slug" in params:
        ids["slug"] = empty_venue(world, at).slug
    made = {
        "display": lambda: {"token": invite(jam=jam, host=owner_of(world, at), role="display")[1]},
        "invitation": lambda: {"token": invitation_to(world, at)[1]},
        "take_back": lambda: {"invitation": invitation_to(world, at)[0].pk},
        "host_remove": lambda: {"jam_host": JamHost.objects.create(jam=jam, user=make_user(), role="co_host").pk},
        "token_revoke": lambda: {"token": make_api_token(user=world.host)[0].pk},
        "session_end": lambda: {"session": 0},
        "profile": lambda: {"profile": make_profile()},
        "profile_stacks": lambda: {"profile": make_profile()},
        "report": lambda: {"report": make_report(owner=world.host, venue=world.venue).pk},
        "report_file": lambda: {"report": make_report(owner=world.host, venue=world.venue).pk},
        "report_link": lambda: {"token": token_of(make_report(owner=world.host, venue=world.venue))},
        "alert_acknowledge": lambda: {"alert": make_alert().pk},
        "import_run": lambda: {"run": make_import(by=world.host).pk},
        "import_report": lambda: {"run": make_import(by=world.host).pk},
    }
    ids |= made[name]() if name in made else {}
    if "webhook" in params:
        ids["webhook"] = webhook_at(world, at).pk
    if "inbox" in params:
        ids["inbox"] = inbox_at(world, at).pk
    if "attendee" in params:
        ids["attendee"] = make_attendee(jam=jam).pk
    if "slot" in params:
        ids["slot"] = slot_in(jam).pk
    if "sign_up" in params:
        ids |= {"sign_up": make_sign_up(slot=slot_in(jam)).pk, "action": "off"}
    if "song" in params:
        jam_song = make_jam_song(jam=jam)
        ids |= {"song": jam_song.song_id if name in {"song", "venue_song"} else jam_song.pk}
        ids |= {"action": "queue"} if name == "song_act" else {}
    if name == "merge":
        make_jam_song(jam=jam)  # into this one
    return reverse(f"pages:{name}", kwargs={param: ids[param] for param in params})


def owner_of(world, at):
    return world.host if at == "own" else world.other_host


def send(world, caller, row, at, *, path="", more=None):
    """As a browser does: it says from whose page a form comes."""
    path = path or address(world, row.name, at)
    if row.name == "profiles":
        profiles.end()  # of the cell before
    form = {name: filled(world, value, at) for name, value in row.form.items()} | (more or {})
    headers = {"Sec-Fetch-Site": "cross-site" if caller in FORGED else "same-origin"}
    client = world.callers[caller].client
    kept = copy(client.cookies)  # whoever leaves or logs out is there again for the next cell
    answer = (client.post if row.method == "POST" else client.get)(
        path, form, headers=world.callers[caller].headers | headers
    )
    client.cookies = kept
    return answer


def filled(world, value, at):
    made = {
        "VENUE": lambda: world.venues[at].pk,
        "JAM_SONG": lambda: world.jams[at].songs.latest("pk").pk,
    }
    if value == "SONGS":
        return songs_file()
    return str(made[value]()) if value in made else value


def said(answer):
    """The status, or where one is led to instead."""
    to = answer.get("Location", "")
    if answer.status_code in {302, 303}:
        return "login" if to.startswith("/login") else "join" if to.startswith("/j/") else answer.status_code
    return answer.status_code
