"""Every route of the API, who may use it, and a world to use it in."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from apps.jams.invitations import invite
from apps.jams.models import JamHost
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_api_token,
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_staff,
    make_user,
    make_venue,
)

ROLES = [
    "anonymous",
    "attendee",
    "stranger",
    "phone",
    "forged_form",
    "host",
    "host_without_csrf",
    "other_host",
    "staff",
]
PEOPLE = {"attendee", "phone"}
NOBODY = {"anonymous", "attendee", "stranger", "phone", "forged_form"}  # has no account
HOSTS = {"host", "staff"}
LOGGED_IN = {"host", "other_host", "staff"}


def row(name, method, allowed, status=200, *, body=None, others=403, **exceptions):
    """`allowed` roles get `status`, `others` theirs, and some an answer of their own. Where a change needs a log-in,
    who has no account hears that, before anything is looked up."""
    answers = dict.fromkeys(ROLES, others)
    if others == 403 and method != "GET":
        answers |= dict.fromkeys(NOBODY, 401)
    answers |= dict.fromkeys(allowed, status) | exceptions
    return pytest.param(name, method, body, answers, id=f"{method} {name}")


def vote(name, method, **options):
    """Only attendees of this jam; a page of another site cannot use their cookie, nor a host's session."""
    return row(name, method, PEOPLE, others=401, forged_form=403, **options)


UNKNOWN = dict.fromkeys(NOBODY, 401)


def own(name, method, allowed=LOGGED_IN, status=200, *, others=403, body=None):
    """Of one's own account. A form of another site changes nothing."""
    unforged = {"host_without_csrf": status if "host" in allowed and method == "GET" else 403}
    return row(name, method, allowed, status, others=others, body=body, **UNKNOWN | unforged)


EVERYBODY = set(ROLES)
TIMES = {"starts_at": "2026-12-01T20:00:00Z", "ends_at": "2026-12-01T23:00:00Z"}
MATRIX = [
    row("root", "GET", EVERYBODY),
    row("schema", "GET", EVERYBODY),
    row("docs", "GET", EVERYBODY),
    row("auth", "GET", EVERYBODY),
    own("tokens", "GET"),
    own("tokens", "POST", status=201, body={"name": "Lights", "scopes": ["jams"]}),
    own("token", "DELETE", {"host"}, 204, others=404),  # the host's
    row("users", "GET", {"staff"}, **UNKNOWN),
    own("myself", "GET"),
    own("myself", "PATCH", body={"name": "Other"}),
    own("user", "GET", {"host", "staff"}, others=404),  # the host's
    row("user", "PATCH", {"staff"}, body={"name": "Other"}),
    row("jams", "GET", EVERYBODY),
    # The body names the venue; only who manages it makes a jam there.
    row("jams", "POST", {"host", "staff"}, 201, body=TIMES | {"name": "New", "venue": "VENUE"}),
    row("jam-by-slug", "GET", EVERYBODY),
    row("jam", "GET", EVERYBODY),
    row("jam", "PATCH", HOSTS, body={"name": "Other"}),
    row("jam", "DELETE", HOSTS, 204),
    row("snapshot", "GET", EVERYBODY),
    row("desk", "GET", HOSTS | {"host_without_csrf"}),
    row("duplicate", "POST", HOSTS, 201, body={"starts_at": "2026-12-01T20:00:00Z"}),
    row("pause", "POST", HOSTS, body={"voting": True}),
    row("open", "POST", HOSTS, 409),
    row("start", "POST", HOSTS),
    row("last-call", "POST", HOSTS),
    row("end", "POST", HOSTS),
    row("start-next", "POST", HOSTS),
    row("attendees", "POST", EVERYBODY, 201, body={"display_name": "Ana"}, host_without_csrf=403),
    row("attendee", "DELETE", HOSTS, 204),
    row("clusters", "GET", HOSTS | {"host_without_csrf"}),
    row("void", "POST", HOSTS, body={"attendees": "ATTENDEES"}),
    row("door", "GET", HOSTS | {"host_without_csrf"}),  # and screens that a link has opened: tests/jams/test_door.py
    row("door", "POST", HOSTS, body={"door": "code"}),
    row("hosts", "GET", HOSTS | {"host_without_csrf"}),
    row("host", "DELETE", HOSTS, 204),
    row("invitations", "GET", HOSTS | {"host_without_csrf"}),
    row("invitations", "POST", HOSTS, 201, body={"role": "co_host"}),
    row("invitation", "DELETE", HOSTS, 204),
    # The body names the invitation; who runs the jam already does not use it up.
    row("accept", "POST", {"other_host"}, body={"token": "TOKEN"}, host=409, staff=409),
    row("me", "GET", PEOPLE | {"forged_form"}, others=401),
    vote("me", "PATCH", body={"display_name": "Ana"}, host_without_csrf=403),
    vote("me", "DELETE", status=204, host_without_csrf=403),
    row("votes", "GET", PEOPLE | {"forged_form"}, others=401),
    row("jam-songs", "GET", EVERYBODY),
    vote("jam-songs", "POST", status=201, body={"song": "SONG"}, host=201, staff=201, host_without_csrf=403),
    vote("vote", "PUT", host_without_csrf=403),
    vote("vote", "DELETE", host_without_csrf=403),
    row("move", "POST", HOSTS, body={"position": 0}),
    row("song-approve", "POST", HOSTS),
    row("song-queue", "POST", HOSTS),
    row("song-unqueue", "POST", HOSTS),
    row("song-play", "POST", HOSTS),
    row("song-finish", "POST", HOSTS),
    row("song-skip", "POST", HOSTS),
    row("song-remove", "POST", HOSTS),
    row("song-pin", "POST", HOSTS),
    row("song-unpin", "POST", HOSTS),
    row("songs", "GET", EVERYBODY),
    row("songs", "POST", LOGGED_IN, 201, body={"title": "New", "artist": "Somebody"}),
    row("song", "GET", EVERYBODY),
    row("song", "PATCH", {"staff"}, body={"title": "Other"}),
    row("song", "DELETE", {"staff"}, 204),
    row("venues", "GET", EVERYBODY),
    row("venues", "POST", LOGGED_IN, 201, body={"name": "A New Venue"}),
    row("venue", "GET", EVERYBODY),
    row("venue", "PATCH", {"host", "staff"}, body={"town": "Bristol"}),
    row("venue", "DELETE", {"host", "staff"}, 204),
]
STATUS_FOR = {
    "song-approve": "pending",
    "song-unqueue": "queued",
    "song-skip": "queued",
    "move": "queued",
    "song-finish": "playing",
}


def make_world():
    """A jam with its people, and others who have no business there."""
    host, other_host = make_user(), make_user()
    venue = make_venue(manager=host)
    jam = make_jam(host=host, venue=venue)
    other_jam = make_jam(host=other_host, venue=make_venue(manager=other_host))
    sam, token = make_attendee_with_token(jam=jam, name="Sam")
    _stranger, strange_token = make_attendee_with_token(jam=other_jam)
    callers = {
        "anonymous": Caller(),
        "attendee": Caller(token=token),
        "stranger": Caller(token=strange_token),
        "phone": with_cookie(jam, token),
        "forged_form": with_cookie(jam, token, csrf=False),
        "host": Caller(user=host),
        "host_without_csrf": Caller(user=host, csrf=False),
        "other_host": Caller(user=other_host),
        "staff": Caller(user=make_staff()),
    }
    return SimpleNamespace(jam=jam, venue=venue, sam=sam, callers=callers, host=host, other_host=other_host)


OF_ACCOUNTS = {"auth", "tokens", "token", "users", "myself", "user"}
OF_NO_JAM = {"root", "schema", "docs", "jams", "songs", "song", "venues", "venue", "accept"} | OF_ACCOUNTS


def address(world, name):
    """Of the thing in this world that the route is about."""
    if name in OF_NO_JAM - {"song", "venue", "token", "user"}:
        return reverse(f"api:{name}")
    if name == "token":
        return reverse("api:token", kwargs={"pk": make_api_token(user=world.host)[0].pk})
    if name == "user":
        return reverse("api:user", kwargs={"pk": world.host.pk})
    if name == "song":
        return reverse("api:song", kwargs={"pk": make_song().pk})
    if name == "venue":
        return reverse("api:venue", kwargs={"slug": make_venue(manager=world.host).slug})
    ids = {"slug": world.jam.slug}
    if name == "attendee":
        ids["pk"] = make_attendee(jam=world.jam).pk
    elif name == "host":
        ids["pk"] = JamHost.objects.create(jam=world.jam, user=make_user(), role="co_host").pk
    elif name == "invitation":
        ids["pk"] = invite(jam=world.jam, host=world.host, role="co_host")[0].pk
    elif name in {"vote", "move"} or name.startswith("song-"):
        status = STATUS_FOR.get(name, "open")
        ids["pk"] = make_jam_song(jam=world.jam, status=status, position=1 if status == "queued" else None).pk
    elif name == "start-next":
        make_jam_song(jam=world.jam, status="queued", position=1)
    return reverse(f"api:{name}", kwargs=ids)


def filled(world, body):
    names = {
        "VENUE": lambda: world.venue.slug,
        "SONG": lambda: make_song().pk,
        "ATTENDEES": lambda: [make_attendee(jam=world.jam).pk],
        "TOKEN": lambda: invite(jam=world.jam, host=world.host, role="co_host")[1],
    }
    return body and {
        key: names[value]() if isinstance(value, str) and value in names else value for key, value in body.items()
    }
