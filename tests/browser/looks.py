"""Every page, in every state that looks different, and who looks at it. A new page is looked at by itself, by whoever
the table of roles lets in; what it takes to see it otherwise is a line here."""

import time
from typing import NamedTuple

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from apps.accounts.roles import Right
from apps.jams.identity import cookie_name
from apps.jams.models import Jam
from tests.callers import Caller
from tests.factories import make_attendee_with_token, make_jam, make_staff, make_task, make_user, make_venue
from tests.insight.nights import bad_night, two_releases
from tests.page_routes import PAGES
from tests.world import READ, World

# They are no pages: files, redirects, and parts that scripts put into the pages below (`?side=` of the console).
NO_PAGES = {
    f"pages:{name}"
    for name in (
        "accent", "display", "import_report", "manifest", "service_worker", "venue_statistics", "venue_report_file",
        "jam_report_file", "host_report_file", "report_file", "report_link", "profile_stacks", "sla_file",
    )
}  # fmt: skip
NO_PAGES |= {"metrics", "media/<path:path>"}
PARTS = {f"pages:{name}" for name in ("screen_door", "clusters", "door", "lineup", "people")}
RIGHTS = {f"pages:{row.name}": row.right for row in PAGES if row.method == "GET"}
WHO = {Right.WATCH: "visitor", Right.JOIN: "visitor", Right.TAKE_PART: "phone", Right.ADMINISTER: "staff"}
STRANGERS = ("login", "signup", "inactive", "reset", "verification_sent", "confirm")
GUARDED = {"mfa_reauthenticate", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"}
LANGUAGES = [code for code, _name in settings.LANGUAGES]
ERRORS = ("400", "403", "403_csrf", "404", "413", "429", "500", "503")


class Look(NamedTuple):
    name: str
    who: str = "visitor"
    night: str = ""
    query: str = ""
    form: dict[str, str] | None = None  # what is sent there; the answer is the page
    state: str = ""  # what makes it another look

    def __str__(self):
        words = (self.name.removeprefix("pages:"), self.who, self.night, self.query, self.state, self.form and "sent")
        return " ".join(word for word in words if word)


def of_route(name):
    if name in RIGHTS:
        return Look(name, WHO.get(RIGHTS[name], "host"))
    if name.startswith("account_") and any(word in name for word in STRANGERS):
        return Look(name)
    return Look(name, "guarded" if name in GUARDED else "half" if name == "mfa_authenticate" else "host")


ROUTES = [name for name in READ if not name.startswith(("api:", "admin:", "admin/")) and name not in NO_PAGES | PARTS]
JAM, STAGE, SCREEN, CONSOLE = "pages:jam", "pages:stage", "pages:screen", "pages:console"
STATES = [
    *(Look(JAM, who, night) for who in ("visitor", "phone") for night in ("hidden", "ended", "empty", "paused")),
    *(Look(CONSOLE, "host", night) for night in ("ended", "draft", "empty", "paused")),
    *(Look(CONSOLE, "host", query=f"?side={side}") for side in ("lineup", "people", "join")),
    *(Look(SCREEN, night=night) for night in ("hidden", "ended", "empty", "paused", "coming")),
    *(Look(SCREEN, query=f"?theme={theme}") for theme in ("light", "contrast")),
    Look(SCREEN, "host", "door"),
    Look(JAM, "phone"),
    Look(JAM, "phone", query="?find=song"),
    Look(JAM, "removed"),
    Look(JAM, "host", "draft"),
    Look(JAM, "host", "ended"),
    Look(STAGE, "phone"),
    Look(STAGE, "phone", "ended"),
    Look(STAGE, night="empty"),
    Look("pages:join", night="door"),
    Look("pages:join", night="door", form={"room_code": "0000"}),
    Look("pages:join", state="gone"),
    Look("pages:jams", query="?when=past"),
    Look("pages:search", query="?q=song"),
    Look("pages:search", query="?q=nothing+like+it"),
    Look("pages:songs", query="?search=nothing+like+it"),
    Look("pages:venues", query="?search=nothing+like+it"),
    Look("pages:venue", night="bare"),
    Look("pages:venue_wanted", "host", "bare"),
    Look("pages:venue_library", "host", "bare"),
    Look("pages:venue_library", "host", query="?banned=1"),
    Look("pages:home", "host"),
    Look("pages:host", "newcomer"),
    Look("pages:tokens", "newcomer"),
    Look("pages:tokens", "host", form={"name": "Lights", "days": "7"}),
    Look("pages:tokens", "host", form={"name": "", "days": "7"}),
    Look("pages:hosts", "host", form={"role": "co_host"}),
    Look("pages:jam_new", "host", form={"name": ""}),
    Look("pages:venue_new", "host", form={"name": ""}),
    Look("account_login", form={"login": "nobody@example.com", "password": "wrong"}),
    Look("account_signup", form={"email": "no address", "password1": "short"}),
    *(Look("pages:insight", "staff", query=f"?over={over}") for over in ("month", "releases")),
    Look("pages:insight", "staff", state="bare"),
    Look("mfa_index", "guarded"),
    Look("pages:invitation", "newcomer", state="gone"),
    Look("pages:import_run", "host", state="running"),
    Look("pages:import_run", "host", state="stopped"),
    *(Look(name, state="bare") for name in ("pages:home", "pages:jams", "pages:songs", "pages:venues")),
]
ADMIN = [
    *(Look(f"admin:{page}", "staff") for page in ("index", "app_list", "jams_jam_changelist", "jams_jam_change",
      "jams_jam_history", "accounts_user_add", "accounts_user_change", "catalog_venue_change",
      "accounts_auditevent_changelist")),
    Look("admin:jams_jam_delete", "staff", "quiet"),
]  # fmt: skip
API = [Look("api:docs"), Look("api:venues", "host"), Look("api:jam", "host")]
LOOKS = [of_route(name) for name in ROUTES] + STATES


class Seen(World):
    """The world of the other tests, with nights that look different."""

    def __init__(self):
        # Before there is anything.
        who = {"visitor": Caller(), "staff": Caller(user=make_staff())}
        self.fixed = {
            (str(look), language): who[look.who]("GET", READ_AT[look.name], **{"Accept-Language": language}).content
            for look in STATES if look.state == "bare" for language in LANGUAGES
        }  # fmt: skip
        cache.clear()
        bad_night(timezone.now(), 20)
        two_releases(timezone.now())
        super().__init__(rows=1)
        made = {"empty": {}, "paused": {"voting_paused": True}, "coming": {"status": "open"}, "door": {"door": "code"}}
        self.nights = {
            name: make_jam(host=self.host, venue=self.venue, name=f"A {name} night", **fields)
            for name, fields in made.items()
        }
        self.bare_venue = make_venue(manager=self.host)
        self.runs = {
            state: self.imported(
                state="running", file="imports/songs.csv", size=9, read=3,
                task=make_task(name="catalog.import_songs", state=of_task, error="ValueError (cells.py:12)"),
            )
            for state, of_task in {"running": "running", "stopped": "failed"}.items()
        }  # fmt: skip
        for language in LANGUAGES:
            with override(language):
                self.fixed |= {
                    (str(Look(code)), language): render_to_string(f"{code}.html").encode() for code in ERRORS
                }
        self.callers |= {"newcomer": Caller(user=make_user(name="Nina New")), "removed": self.joined(state="removed")}
        self.callers |= {"guarded": Caller(user=self.guarded()), "half": self.half_in()}
        for night in ("empty", "paused", "hidden", "ended"):
            jam = self.jam_of(night)
            secret = make_attendee_with_token(jam=jam, name="Paula Phone")[1]
            self.callers["phone"].client.cookies[cookie_name(jam)] = secret
        for caller in ("host", "newcomer", "guarded"):
            self.confirm(self.callers[caller])

    def jam_of(self, night) -> Jam:
        return self.nights.get(night) or getattr(self, night or "live").jam

    def joined(self, **fields):
        _attendee, secret = make_attendee_with_token(jam=self.live.jam, **fields)
        return Caller(cookies={cookie_name(self.live.jam): secret})

    def guarded(self):
        """Somebody with a second factor, who is asked for a code."""
        user = make_user(name="Gina Guarded", email="gina@example.com")
        TOTP.activate(user, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(user)
        return user

    def half_in(self):
        caller = Caller(csrf=False)
        caller.client.handler.enforce_csrf_checks = False
        caller.client.post("/login", {"login": "gina@example.com", "password": "a-long-enough-password"})
        return caller

    @staticmethod
    def confirm(caller):
        """As after the password: nothing is asked for once more."""
        session = caller.client.session
        session["account_authentication_methods"] = [
            {"method": "password", "reauthenticated": True, "at": time.time() + 3600}
        ]
        session["account_authentication_methods_user"] = session["_auth_user_id"]
        session.save()

    def path(self, look):
        if look.name in ERRORS:
            return f"/{look.name}"
        given = {}
        if look.night == "bare":
            given = {"slug": self.bare_venue.slug}
        elif look.night:
            jam = self.jam_of(look.night)
            given = {"slug": jam.slug, "code": jam.code, "object_id": jam.pk}
        elif look.state == "gone":
            given = {"token": "made-up", "code": "ZZZ"}
        elif look.state in self.runs:
            given = {"run": self.runs[look.state].pk}
        return self.address(look.name, **given) + look.query

    def answer(self, look, language):
        """The page itself, where it cannot be asked for by its address alone; None where it can."""
        if (str(look), language) in self.fixed:
            return self.fixed[str(look), language]
        if look.form is None:
            return None
        caller = self.callers[look.who]
        headers = {"Sec-Fetch-Site": "same-origin", "Accept-Language": language}
        answer = caller.client.post(self.path(look), look.form, headers=headers)
        assert answer.status_code in {200, 201, 400, 404, 403, 409, 422, 429}, (str(look), answer.status_code)
        return answer.content


READ_AT = {
    "pages:home": "/", "pages:jams": "/jams", "pages:songs": "/songs", "pages:venues": "/venues",
    "pages:insight": "/insight",
}  # fmt: skip
