from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import path, register_converter
from django.views.generic import RedirectView

from apps.accounts.log_out import LogOut
from apps.catalog.statistics import count_song_page
from apps.core.cached import public_page
from apps.core.metrics import counted
from apps.jams.statistics import count_jam_page, count_screen
from apps.pages.views import (
    account,
    alerts,
    console,
    home,
    hosts,
    imports,
    inboxes,
    insight,
    installed,
    jam,
    join,
    languages,
    library,
    lineup,
    my_account,
    nights,
    overlay,
    paper,
    people,
    performer,
    profiles,
    reports,
    screen,
    search,
    set_list,
    sla,
    song_list,
    stage,
    tokens,
    venue_library,
    webhooks,
)


class Colour:
    regex = "[0-9a-f]{6}"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


class FileKind:
    regex = "csv|json"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


register_converter(Colour, "colour")
register_converter(FileKind, "file_kind")


def moved(name: str) -> Callable[..., HttpResponseBase]:
    """Where that page is now, with the same parameters."""
    return RedirectView.as_view(pattern_name=name, permanent=True, query_string=True, http_method_names=["get", "head"])


app_name = "pages"
urlpatterns = [
    path("", public_page("nights")(home.home), name="home"),
    path("j/", home.enter, name="enter"),
    path("j/<str:code>", join.join, name="join"),
    path("jams", public_page("nights", "when", "page")(home.jams), name="jams"),
    path("jams/new", account.jam_new, name="jam_new"),
    path("jams/<slug:slug>", counted(count_jam_page)(public_page("page")(jam.jam)), name="jam"),
    path("jams/<slug:slug>/songs", jam.suggest, name="suggest"),
    path("jams/<slug:slug>/songs/<int:song>/vote", jam.vote, name="vote"),
    path("jams/<slug:slug>/stage", public_page("page")(stage.stage), name="stage"),
    path("jams/<slug:slug>/instruments", stage.instruments, name="instruments"),
    path("jams/<slug:slug>/slots/<int:slot>", stage.claim, name="claim"),
    path("jams/<slug:slug>/me", jam.me, name="me"),
    path("jams/<slug:slug>/performer", performer.performer, name="performer"),
    path("jams/<slug:slug>/away", performer.away, name="away"),
    path("jams/<slug:slug>/leave", jam.leave, name="leave"),
    path("jams/<slug:slug>/move", jam.move, name="move"),
    path(
        "jams/<slug:slug>/screen",
        counted(count_screen)(public_page("page", "theme", "lang")(screen.screen)),
        name="screen",
    ),
    path("jams/<slug:slug>/overlay", public_page("page", "show", "lang")(overlay.overlay), name="overlay"),
    path("jams/<slug:slug>/screen/door", screen.screen_door, name="screen_door"),
    path("jams/<slug:slug>/display/<str:token>", screen.display, name="display"),
    path("jams/<slug:slug>/host", console.console, name="console"),
    path("jams/<slug:slug>/host/add", console.add_songs, name="add_songs"),
    path("jams/<slug:slug>/host/clusters", console.clusters, name="clusters"),
    path("jams/<slug:slug>/host/clusters/void", console.void, name="void"),
    path("jams/<slug:slug>/host/door", console.door, name="door"),
    path("jams/<slug:slug>/host/setlist", set_list.set_list, name="set_list"),
    path("jams/<slug:slug>/host/lineup", lineup.lineup, name="lineup"),
    path("jams/<slug:slug>/host/slots/<int:slot>", lineup.slot, name="slot"),
    path("jams/<slug:slug>/host/sign-ups/<int:sign_up>/<slug:action>", lineup.sign_up_act, name="sign_up_act"),
    path("jams/<slug:slug>/host/people", people.people, name="people"),
    path("jams/<slug:slug>/host/people/add", people.person_add, name="person_add"),
    path("jams/<slug:slug>/host/people/<int:attendee>", people.person, name="person"),
    path("jams/<slug:slug>/print", paper.paper, name="print"),
    path("jams/<slug:slug>/host/<slug:action>", console.act, name="act"),
    path("jams/<slug:slug>/host/songs/<int:song>/merge", console.merge, name="merge"),
    path("jams/<slug:slug>/host/songs/<int:song>/ban", venue_library.ban, name="ban"),
    path("jams/<slug:slug>/host/songs/<int:song>/slots", lineup.song_slots, name="song_slots"),
    path("jams/<slug:slug>/host/songs/<int:song>/<slug:action>", console.song_act, name="song_act"),
    path("jams/<slug:slug>/host/people/<int:attendee>/remove", console.attendee_remove, name="attendee_remove"),
    path("jams/<slug:slug>/hosts", hosts.hosts, name="hosts"),
    path("jams/<slug:slug>/hosts/<int:jam_host>/remove", hosts.host_remove, name="host_remove"),
    path("jams/<slug:slug>/invitations/<int:invitation>/take-back", hosts.take_back, name="take_back"),
    path("jams/<slug:slug>/webhooks", webhooks.jam_webhooks, name="jam_webhooks"),
    path("invitations/<str:token>", hosts.invitation, name="invitation"),
    path("jams/<slug:slug>/edit", account.jam_edit, name="jam_edit"),
    path("jams/<slug:slug>/duplicate", account.jam_duplicate, name="jam_duplicate"),
    path("jams/<slug:slug>/repeat", nights.repeat, name="repeat"),
    path("jams/<slug:slug>/report", reports.jam_report, name="jam_report"),
    path("jams/<slug:slug>/report.<file_kind:kind>", reports.jam_report, name="jam_report_file"),
    path("jams/<slug:slug>/delete", account.jam_delete, name="jam_delete"),
    path("search", search.search, name="search"),
    path("songs", public_page("songs", "page")(library.songs), name="songs"),
    path("songs/import", imports.imports, name="imports"),
    path("songs/import/<int:run>", imports.import_run, name="import_run"),
    path("songs/import/<int:run>/report.csv", imports.import_report, name="import_report"),
    path("songs/<int:song>", counted(count_song_page)(public_page("songs", "page")(library.song)), name="song"),
    path("venues", public_page("venues", "page")(library.venues), name="venues"),
    path("venues/new", library.venue_new, name="venue_new"),
    path("venues/<slug:slug>", public_page("nights")(library.venue), name="venue"),
    path("venues/<slug:slug>/report", reports.venue_report, name="venue_report"),
    path("venues/<slug:slug>/report.<file_kind:kind>", reports.venue_report, name="venue_report_file"),
    path("venues/<slug:slug>/statistics", moved("pages:venue_report"), name="venue_statistics"),
    path("venues/<slug:slug>/edit", library.venue_edit, name="venue_edit"),
    path("venues/<slug:slug>/library", venue_library.library, name="venue_library"),
    path("venues/<slug:slug>/wanted", venue_library.wanted, name="venue_wanted"),
    path("venues/<slug:slug>/library/list", song_list.song_list, name="venue_song_list"),
    path("venues/<slug:slug>/library/<int:song>", venue_library.song, name="venue_song"),
    path("venues/<slug:slug>/webhooks", webhooks.venue_webhooks, name="venue_webhooks"),
    path("webhooks/<int:webhook>", webhooks.webhook, name="webhook"),
    path("webhooks/<int:webhook>/test", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<int:webhook>/delete", webhooks.webhook_delete, name="webhook_delete"),
    path("webhooks/inboxes/<int:inbox>", inboxes.inbox, name="inbox"),
    path("webhooks/inboxes/<int:inbox>/delete", inboxes.inbox_delete, name="inbox_delete"),
    path("accent/<colour:colour>.css", library.accent, name="accent"),
    path("host", account.host, name="host"),
    path("host/report", reports.host_report, name="host_report"),
    path("host/report.<file_kind:kind>", reports.host_report, name="host_report_file"),
    path("insight", insight.insight, name="insight"),
    path("reports", reports.reports, name="reports"),
    path("reports/<int:report>", reports.report, name="report"),
    path("reports/<int:report>/file", reports.report_file, name="report_file"),
    path("reports/link/<str:token>", reports.report_link, name="report_link"),
    path("insight/profile", profiles.profiles, name="profiles"),
    path("insight/profile/<int:profile>", profiles.profile, name="profile"),
    path("insight/profile/<int:profile>/stacks", profiles.profile_stacks, name="profile_stacks"),
    path("insight/sla", sla.sla, name="sla"),
    path("insight/sla.<file_kind:kind>", sla.sla, name="sla_file"),
    path("insight/alerts/<int:alert>/acknowledge", alerts.alert_acknowledge, name="alert_acknowledge"),
    path("account", my_account.account, name="account"),
    path("account/sessions", my_account.sessions, name="sessions"),
    path("account/sessions/<int:session>/end", my_account.session_end, name="session_end"),
    path("account/tokens", tokens.tokens, name="tokens"),
    path("account/tokens/<int:token>/revoke", tokens.token_revoke, name="token_revoke"),
    path("manifest.webmanifest", installed.manifest, name="manifest"),
    path("sw.js", installed.service_worker, name="service_worker"),
    path("offline", installed.offline, name="offline"),
    path("language", languages.language, name="language"),
    path("logout", LogOut.as_view(), name="logout"),
]
