"""Every route of the API, the right that it asks for, and a world to use it in.

Who may what is not written here but in the table of roles (apps/accounts/roles.py): a row names the right, the rest
follows from what each caller is to the thing. What is otherwise stands behind the row, by the caller's name.
"""

from collections.abc import Set
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.db import transaction
from django.urls import reverse

from apps.accounts.roles import Right, Role, may
from apps.jams.invitations import invite
from apps.jams.models import Attendee, JamHost
from apps.webhooks.outbox import tell
from tests.callers import Caller, with_cookie
from tests.factories import (
    make_api_token,
    make_attendee,
    make_attendee_with_token,
    make_inbox,
    make_jam,
    make_jam_song,
    make_report,
    make_sign_up,
    make_slot,
    make_song,
    make_song_list,
    make_staff,
    make_task,
    make_user,
    make_venue,
    make_webhook,
)

# What each caller is to the jam (and its venue) of the world, and to the one elsewhere. A new kind of caller (an API
# token of a scope, the link of a display) is a line here and one in `make_world`.
OWNER_AND_MANAGER = {Role.HOST, Role.OWNER, Role.MANAGER}
CALLERS: dict[str, dict[str, Set[Role]]] = {
    "anonymous": {"own": set(), "other": set()},
    "attendee": {"own": {Role.ATTENDEE}, "other": set()},  # by token
    "phone": {"own": {Role.ATTENDEE}, "other": set()},  # by cookie
    "forged_form": {"own": {Role.ATTENDEE}, "other": set()},  # the same phone, from a page of somebody else's
    "removed": {"own": set(), "other": set()},
    "stranger": {"own": set(), "other": {Role.ATTENDEE}},
    "host": {"own": OWNER_AND_MANAGER, "other": {Role.HOST}},
    "host_without_csrf": {"own": OWNER_AND_MANAGER, "other": {Role.HOST}},
    "owner": {"own": {Role.HOST, Role.OWNER}, "other": {Role.HOST}},
    "co_host": {"own": {Role.HOST, Role.CO_HOST}, "other": {Role.HOST}},
    "manager": {"own": {Role.HOST, Role.MANAGER}, "other": {Role.HOST}},
    "other_host": {"own": {Role.HOST}, "other": OWNER_AND_MANAGER},
    "staff": {"own": {Role.HOST, Role.STAFF}, "other": {Role.HOST, Role.STAFF}},
}
ROLES = list(CALLERS)
# For rows whose rule is in no table: the callers themselves.
EVERYBODY = set(ROLES)
PEOPLE = {"attendee", "phone"}
HOSTS = {"host", "owner", "co_host", "manager", "staff"}
LOGGED_IN = HOSTS | {"other_host"}
SAFE = {"GET", "HEAD", "OPTIONS"}


class Row(NamedTuple):
    name: str
    method: str
    allowed: Any  # a Right, several of which one is enough, or a set of callers
    status: int
    body: dict[str, Any] | None
    others: int
    exceptions: dict[str, int]
    needs_account: bool  # whoever has none hears that, before anything is looked up

    @property
    def rights(self) -> tuple[Right, ...]:
        return (self.allowed,) if isinstance(self.allowed, Right) else tuple(self.allowed)

    @property
    def of_a_jam(self) -> bool:
        return self.name not in OF_NO_JAM

    def answer(self, caller: str, at: str = "own") -> int:
        if at == "own" and caller in self.exceptions:
            return self.exceptions[caller]
        if self.is_forged(caller, at):
            return 403
        if self.lets(caller, at):
            return self.status
        return 401 if self.needs_account and Role.HOST not in CALLERS[caller]["own"] else self.others

    def lets(self, caller: str, at: str = "own") -> bool:
        if isinstance(self.allowed, set):
            return caller in self.allowed
        return any(may(right, {Role.ANYBODY, *CALLERS[caller][at]}) for right in self.rights)

    def is_forged(self, caller: str, at: str) -> bool:
        """From a page of somebody else's: a session is always refused, an attendee's cookie where it is asked for."""
        if self.method in SAFE:
            return False
        as_oneself = Role.ATTENDEE in CALLERS[caller][at] and Right.TAKE_PART in self.rights
        return caller == "host_without_csrf" or (caller == "forged_form" and as_oneself)


def row(name, method, allowed, status=200, *, body=None, others=403, **exceptions) -> Row:
    """Who is allowed gets `status`, `others` theirs, and some callers an answer of their own."""
    return Row(name, method, allowed, status, body, others, exceptions, others == 403 and method not in SAFE)


def own(*given, **options) -> Row:
    """Of an account, also when it is only read."""
    return row(*given, **options)._replace(needs_account=True)


def vote(name, method, allowed=Right.TAKE_PART, **options) -> Row:
    """As oneself: whoever is nobody in this jam hears so, and who was removed as well."""
    return row(name, method, allowed, others=401, removed=403, **options)


HOOK = "https://192.0.2.1/hook"  # which is nobody's (RFC 5737), so nothing is called
TIMES = {"starts_at": "2026-12-01T20:00:00Z", "ends_at": "2026-12-01T23:00:00Z"}
MATRIX = [
    row("root", "GET", Right.WATCH),
    row("schema", "GET", Right.WATCH),
    row("docs", "GET", Right.WATCH),
    row("auth", "GET", Right.WATCH),
    own("tokens", "GET", LOGGED_IN | {"host_without_csrf"}),
    own("tokens", "POST", LOGGED_IN, 201, body={"name": "Lights", "scopes": ["jams"]}),
    own("token", "DELETE", {"host"}, 204, others=404),  # the host's
    own("tasks", "GET", LOGGED_IN | {"host_without_csrf"}),
    own("task", "GET", {"host", "host_without_csrf", "staff"}, others=404),  # which the host asked for
    own("task-run-again", "POST", {"host", "staff"}, 202, others=404),
    own("users", "GET", Right.ADMINISTER),
    own("capacity", "GET", Right.ADMINISTER),
    own("myself", "GET", LOGGED_IN | {"host_without_csrf"}),
    own("myself", "PATCH", LOGGED_IN, body={"name": "Other"}),
    own("user", "GET", {"host", "host_without_csrf", "staff"}, others=404),  # the host's
    own("user", "PATCH", Right.ADMINISTER, body={"name": "Other"}),
    row("jams", "GET", Right.WATCH),
    # The body names the venue; only who manages it makes a jam there.
    row("jams", "POST", Right.HOLD_JAM, 201, body=TIMES | {"name": "New", "venue": "VENUE"}),
    row("jam-by-slug", "GET", Right.WATCH),
    row("jam", "GET", Right.WATCH),
    row("jam", "PATCH", Right.CHANGE_JAM, body={"name": "Other"}),
    row("jam", "DELETE", Right.DELETE_JAM, 204),
    row("snapshot", "GET", Right.WATCH),
    row("desk", "GET", Right.RUN),
    row("duplicate", "POST", Right.DUPLICATE, 201, body={"starts_at": "2026-12-01T20:00:00Z"}),
    row("recurrence", "GET", Right.RUN),
    row("recurrence", "PUT", Right.DUPLICATE, body={"rule": "FREQ=WEEKLY;BYDAY=TU"}),
    row("recurrence", "DELETE", Right.DUPLICATE, 204),
    row("pause", "POST", Right.RUN, body={"voting": True}),
    row("open", "POST", Right.RUN, 409),
    row("start", "POST", Right.RUN),
    row("last-call", "POST", Right.RUN),
    row("end", "POST", Right.RUN),
    row("start-next", "POST", Right.RUN),
    row("attendees", "POST", Right.JOIN, 201, body={"display_name": "Ana"}, removed=403)._replace(needs_account=False),
    row("attendee", "DELETE", Right.RUN, 204),
    row("people", "POST", Right.RUN, 201, body={"display_name": "Ana"}),
    row("attendee-away", "PUT", Right.RUN),
    row("attendee-away", "DELETE", Right.RUN),
    row("attendee-vote", "PUT", Right.RUN),
    row("attendee-vote", "DELETE", Right.RUN),
    row("clusters", "GET", Right.RUN),
    row("void", "POST", Right.RUN, body={"attendees": "ATTENDEES"}),
    row("undo", "POST", Right.RUN, 409, body={"action": "queue"}),  # they have done nothing yet
    row("door", "GET", Right.RUN),  # and screens that a link has opened: tests/jams/test_door.py
    row("door", "POST", Right.RUN, body={"door": "code"}),
    row("hosts", "GET", Right.RUN),
    row("host", "DELETE", Right.APPOINT, 204),  # a co-host; who may go by themselves
    row("invitations", "GET", Right.RUN),
    row("invitations", "POST", Right.APPOINT, 201, body={"role": "co_host"}),
    row("invitation", "DELETE", Right.APPOINT, 204),  # of a co-host
    # The body names the invitation; who runs the jam already does not use it up.
    row("accept", "POST", {"other_host"}, body={"token": "TOKEN"}, others=409)._replace(needs_account=True),
    vote("me", "GET"),
    vote("me", "PATCH", body={"display_name": "Ana"}),
    vote("me", "DELETE", status=204),
    vote("my-set", "GET"),
    vote("my-performer", "POST", status=201),
    vote("my-performer", "DELETE", status=204),
    vote("my-away", "PUT"),
    vote("my-away", "DELETE"),
    vote("votes", "GET"),
    row("jam-songs", "GET", Right.WATCH),
    vote("jam-songs", "POST", (Right.TAKE_PART, Right.RUN), status=201, body={"song": "SONG"}),
    vote("vote", "PUT"),
    vote("vote", "DELETE"),
    row("setlist", "GET", Right.RUN),
    row("setlist", "POST", Right.RUN, body={"count": 3}),
    row("setlist-arrange", "POST", Right.RUN, body={"algorithm": "votes"}),
    row("line-ups", "GET", Right.WATCH),
    row("playable", "GET", Right.WATCH),
    row("slots", "GET", Right.WATCH),
    row("slots", "POST", Right.RUN, 201, body={"jam_song": "JAM_SONG", "instrument": "trumpet"}),
    row("slot", "DELETE", Right.RUN, 204),
    vote("signups", "GET", (Right.TAKE_PART, Right.RUN)),
    vote("signups", "POST", status=201, body={"slot": "SLOT"}),
    vote("signup", "DELETE", (Right.TAKE_PART, Right.RUN), status=204),
    vote("check-in", "POST", (Right.TAKE_PART, Right.RUN)),
    row("signup-move", "POST", Right.RUN, body={"slot": "SLOT"}),
    row("attendee-signups", "POST", Right.RUN, 201, body={"slot": "SLOT"}),
    row("move", "POST", Right.RUN, body={"position": 0}),
    row("song-approve", "POST", Right.RUN),
    row("song-queue", "POST", Right.RUN),
    row("song-unqueue", "POST", Right.RUN),
    row("song-play", "POST", Right.RUN),
    row("song-finish", "POST", Right.RUN),
    row("song-skip", "POST", Right.RUN),
    row("song-remove", "POST", Right.RUN),
    row("song-pin", "POST", Right.RUN),
    row("song-unpin", "POST", Right.RUN),
    row("song-lock", "POST", Right.RUN),
    row("song-unlock", "POST", Right.RUN),
    row("song-encore", "POST", Right.RUN),
    row("song-merge", "POST", Right.RUN, body={"into": "JAM_SONG"}),
    row("songs", "GET", Right.WATCH),
    row("songs", "POST", Right.ADD_SONG, 201, body={"title": "New", "artist": "Somebody"}),
    row("song", "GET", Right.WATCH),
    row("song", "PATCH", Right.CHANGE_SONG, body={"title": "Other"}),
    row("song", "DELETE", Right.CHANGE_SONG, 204),
    row("search", "GET", Right.WATCH),
    row("merge-songs", "POST", Right.CHANGE_SONG, body={"into": "SONG"}),
    row("venues", "GET", Right.WATCH),
    row("venues", "POST", Right.ADD_VENUE, 201, body={"name": "A New Venue"}),
    row("performances", "GET", Right.WATCH),
    own("sla", "GET", Right.ADMINISTER),
    row("venue-statistics", "GET", Right.READ_STATISTICS),
    row("venue-wanted", "GET", Right.CHANGE_VENUE),
    own("reports", "GET", LOGGED_IN | {"host_without_csrf"}),
    row("reports", "POST", Right.RUN, 202, body={"about": "ABOUT"}),
    own("report", "GET", {"host", "host_without_csrf"}, others=404),  # the host's
    row("jam-report", "GET", Right.RUN),
    row("venue-report", "GET", Right.READ_STATISTICS),
    own("host-report", "GET", LOGGED_IN | {"host_without_csrf"}),  # of oneself
    row("venue", "GET", Right.WATCH),
    row("venue", "PATCH", Right.CHANGE_VENUE, body={"town": "Bristol"}),
    row("venue", "DELETE", Right.DELETE_VENUE, 204),
    row("library", "GET", Right.CHANGE_VENUE),
    row("venue-song-list", "GET", Right.CHANGE_VENUE),
    row("venue-song-list", "PUT", Right.CHANGE_VENUE, body={"url": "https://lists.example/songs.csv"}),
    row("venue-song-list-fetch", "POST", Right.CHANGE_VENUE, 202),
    row("venue-song-list-changes", "GET", Right.CHANGE_VENUE),
    row("venue-song-list-apply", "POST", Right.CHANGE_VENUE, 202, body={"digest": "d" * 64}),
    row("library-song", "GET", Right.CHANGE_VENUE),
    row("library-song", "PATCH", Right.CHANGE_VENUE, body={"banned": "Nobody can hear it any more."}),
    row("library-song", "DELETE", Right.CHANGE_VENUE, 204),
    own("webhooks", "GET", LOGGED_IN | {"host_without_csrf"}),
    own("webhooks", "POST", Right.CHANGE_VENUE, 201, body={"venue": "VENUE", "url": HOOK, "types": ["song.playing"]}),
    own("webhook", "GET", Right.CHANGE_VENUE, others=404),
    own("webhook", "PATCH", Right.CHANGE_VENUE, others=404, body={"enabled": False}),
    own("webhook", "DELETE", Right.CHANGE_VENUE, 204, others=404),
    own("webhook-rotate", "POST", Right.CHANGE_VENUE, others=404, body={"hours": 1}),
    own("webhook-test", "POST", Right.CHANGE_VENUE, others=404),
    own("deliveries", "GET", Right.CHANGE_VENUE, others=404),
    own("send-again", "POST", Right.CHANGE_VENUE, 202, others=404),
    own("inboxes", "GET", LOGGED_IN | {"host_without_csrf"}),
    own("inboxes", "POST", Right.CHANGE_VENUE, 201, body={"venue": "VENUE", "name": "Stage"}),
    own("inbox", "GET", Right.CHANGE_VENUE, others=404),
    own("inbox", "PATCH", Right.CHANGE_VENUE, others=404, body={"enabled": False}),
    own("inbox", "DELETE", Right.CHANGE_VENUE, 204, others=404),
    own("inbox-rotate", "POST", Right.CHANGE_VENUE, others=404, body={"hours": 1}),
    own("inbox-events", "GET", Right.CHANGE_VENUE, others=404),
    row("inbound", "POST", set(), others=401),  # whoever signs: tests/webhooks/test_in.py
]
STATUS_FOR = {
    "song-approve": "pending",
    "song-unqueue": "queued",
    "song-skip": "queued",
    "song-lock": "queued",
    "song-unlock": "queued",
    "move": "queued",
    "song-finish": "playing",
    "song-encore": "played",
}


def make_world():
    """A jam with its people, and another one at another venue with its own."""
    host, other_host = make_user(), make_user()
    venue, other_venue = make_venue(manager=host), make_venue(manager=other_host)
    jam, other_jam = make_jam(host=host, venue=venue), make_jam(host=other_host, venue=other_venue)
    owner, co_host, manager = make_user(), make_user(), make_user()
    JamHost.objects.create(jam=jam, user=owner, role=JamHost.Role.OWNER)
    JamHost.objects.create(jam=jam, user=co_host, role=JamHost.Role.CO_HOST)
    venue.managers.add(manager)
    sam, token = make_attendee_with_token(jam=jam, name="Sam")
    _removed, lost = make_attendee_with_token(jam=jam, state=Attendee.State.REMOVED)
    stranger, strange_token = make_attendee_with_token(jam=other_jam)
    callers = {
        "anonymous": Caller(),
        "attendee": Caller(token=token),
        "phone": with_cookie(jam, token),
        "forged_form": with_cookie(jam, token, csrf=False),
        "removed": with_cookie(jam, lost),
        "stranger": with_cookie(other_jam, strange_token),
        "host": Caller(user=host),
        "host_without_csrf": Caller(user=host, csrf=False),
        "owner": Caller(user=owner),
        "co_host": Caller(user=co_host),
        "manager": Caller(user=manager),
        "other_host": Caller(user=other_host),
        "staff": Caller(user=make_staff()),
    }
    return SimpleNamespace(
        jam=jam, venue=venue, sam=sam, stranger=stranger, callers=callers, host=host, other_host=other_host,
        co_host=co_host,
        jams={"own": jam, "other": other_jam}, venues={"own": venue, "other": other_venue},
    )  # fmt: skip


@contextmanager
def undone():
    """Whatever is written meanwhile is taken back: many cells share one world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


OF_ACCOUNTS = {"auth", "tokens", "token", "tasks", "task", "task-run-again", "users", "myself", "user", "accept"}
OF_REPORTS = {"reports", "report", "host-report"}
OF_A_VENUE = (
    "venue", "venue-statistics", "venue-report", "venue-wanted", "library", "library-song", "venue-song-list",
    "venue-song-list-fetch",
    "venue-song-list-changes", "venue-song-list-apply",
)  # fmt: skip
OF_WEBHOOKS = {
    "webhooks", "webhook", "webhook-rotate", "webhook-test", "deliveries", "send-again", "inboxes", "inbox",
    "inbox-rotate", "inbox-events", "inbound",
}  # fmt: skip
OF_SONGS = {"songs", "song", "merge-songs"}
OF_NO_JAM = {"root", "schema", "docs", "jams", "search", "venues", "performances", "capacity"} | {
    *OF_SONGS,
    *OF_A_VENUE,
    *OF_ACCOUNTS,
    *OF_REPORTS,
    *OF_WEBHOOKS,
    "sla",
}
# Which are the same wherever one is at home.
SHARED = OF_NO_JAM - {"jams", "reports", *OF_A_VENUE, *OF_WEBHOOKS} | {"inbound"}


def address(world, name, at="own"):
    """Of the thing in this world that the route is about."""
    if name in OF_NO_JAM:
        return reverse(f"api:{name}", kwargs=of_no_jam(world, name, at))
    jam = world.jams[at]
    ids = {"slug": jam.slug}
    if name in {"attendee", "attendee-signups", "attendee-away"}:
        ids["pk"] = make_attendee(jam=jam).pk
    elif name == "attendee-vote":
        ids |= {"pk": make_attendee(jam=jam, secret_hash=None).pk, "song": make_jam_song(jam=jam).pk}
    elif name == "host":
        ids["pk"] = JamHost.objects.create(jam=jam, user=make_user(), role="co_host").pk
    elif name == "invitation":
        ids["pk"] = invitation_to(world, at)[0].pk
    elif name == "slot":
        ids["pk"] = slot_in(jam).pk
    elif name in {"signup", "check-in", "signup-move"}:
        ids["pk"] = make_sign_up(slot=slot_in(jam), attendee=world.sam if at == "own" else world.stranger).pk
    elif name in {"vote", "move"} or name.startswith("song-"):
        status = STATUS_FOR.get(name, "open")
        ids["pk"] = make_jam_song(jam=jam, status=status, position=1 if status == "queued" else None).pk
    elif name == "start-next":
        make_jam_song(jam=jam, status="queued", position=1)
    return reverse(f"api:{name}", kwargs=ids)


def of_no_jam(world, name, at):
    made = {
        "song": lambda: {"pk": make_song().pk},
        "merge-songs": lambda: {"pk": make_song().pk},
        "venue": lambda: {"slug": empty_venue(world, at).slug},
        "venue-statistics": lambda: {"slug": world.venues[at].slug},
        "venue-wanted": lambda: {"slug": world.venues[at].slug},
        "venue-report": lambda: {"slug": world.venues[at].slug},
        "host-report": lambda: {"host": "me"},
        "report": lambda: {"pk": make_report(owner=world.host, venue=world.venue).pk},
        "library": lambda: {"slug": world.venues[at].slug},
        "venue-song-list": lambda: {"slug": world.venues[at].slug},
        "venue-song-list-fetch": lambda: {"slug": make_song_list(venue=world.venues[at]).venue.slug},
        "venue-song-list-changes": lambda: {"slug": make_song_list(venue=world.venues[at]).venue.slug},
        "venue-song-list-apply": lambda: {"slug": make_song_list(venue=world.venues[at]).venue.slug},
        "library-song": lambda: {"slug": world.venues[at].slug, "pk": make_song().pk},
        **dict.fromkeys(
            ["webhook", "webhook-rotate", "webhook-test", "deliveries"], lambda: {"pk": webhook_at(world, at).pk}
        ),
        "send-again": lambda: delivery_at(world, at),
        **dict.fromkeys(["inbox", "inbox-rotate", "inbox-events"], lambda: {"pk": inbox_at(world, at).pk}),
        "inbound": lambda: {"key": inbox_at(world, at).key},
        "token": lambda: {"pk": make_api_token(user=world.host)[0].pk},
        "user": lambda: {"pk": world.host.pk},
        "task": lambda: {"pk": make_task(by=world.host, state="failed").pk},
        "task-run-again": lambda: {"pk": make_task(by=world.host, state="failed").pk},
    }
    return made[name]() if name in made else {}


def webhook_at(world, at):
    return make_webhook(venue=world.venues[at], by=at_home(world, at), url=HOOK)[0]


def inbox_at(world, at):
    return make_inbox(venue=world.venues[at], by=at_home(world, at))[0]


def delivery_at(world, at):
    """Told of the jam, and given up."""
    webhook, jam = webhook_at(world, at), world.jams[at]
    tell(jam=jam, kind="jam.status", facts=lambda: {"status": "live"})
    webhook.deliveries.update(state="failed")
    return {"pk": webhook.pk, "delivery": webhook.deliveries.get().pk}


def at_home(world, at):
    return world.host if at == "own" else world.other_host


def slot_in(jam):
    return make_slot(jam_song=make_jam_song(jam=jam))


def invitation_to(world, at):
    owner = world.host if at == "own" else world.other_host
    return invite(jam=world.jams[at], host=owner, role="co_host")


def empty_venue(world, at="own"):
    """One that can be deleted, with the managers of the jam's."""
    venue = make_venue()
    venue.managers.set(world.venues[at].managers.all())
    return venue


def filled(world, body, at="own"):
    names = {
        "VENUE": lambda: world.venues[at].slug,
        "JAM_SONG": lambda: make_jam_song(jam=world.jams[at]).pk,
        "SONG": lambda: make_song().pk,
        "ATTENDEES": lambda: [make_attendee(jam=world.jams[at]).pk],
        "SLOT": lambda: slot_in(world.jams[at]).pk,
        "TOKEN": lambda: invitation_to(world, at)[1],
        "ABOUT": lambda: f"jam:{world.jams[at].slug}",
    }
    return body and {
        key: names[value]() if isinstance(value, str) and value in names else value for key, value in body.items()
    }
