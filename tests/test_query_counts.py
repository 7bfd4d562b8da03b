"""What every address that can be read costs: as many queries with 30 rows of everything as with one.

A session costs none, since the cache has it; whoever is logged in is one. A route that is not in the table fails.
"""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.world import ONLY_WRITTEN, ROUTES, World

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def row(name, queries, role="visitor", query="", *, of="", status=200):
    """`of` is the night of the world that it is about."""
    return name, queries, role, query, of, status


def page_of_model(model, *, changelist, found, add, change, history, delete, filters, forbidden=()):
    """The pages of a model in the admin; those that are `forbidden` say so to staff too."""
    pages = {"changelist": changelist, "add": add, "change": change, "history": history, "delete": delete}
    for page, queries in pages.items():
        yield row(f"admin:{model}_{page}", queries, "staff", status=403 if page in forbidden else 200)
    yield row(f"admin:{model}_changelist", found, "staff", f"?q=a&{filters}")
    # The old address of the page.
    yield row("admin/{}/{}/<path:object_id>/".format(*model.split("_")), 1, "staff", status=302)


API = [
    row("api:root", 0),
    row("api:schema", 0),
    row("api:docs", 0),
    row("api:auth", 0),
    row("api:auth", 1, "host"),  # user
    row("api:auth", 1, "program"),  # token with its user
    row("api:tokens", 3, "host"),  # user, count, page
    row("api:webhooks", 3, "host"),  # user, count, page
    row("api:webhooks", 3, "host", "?page_size=30"),
    row("api:webhook", 2, "host"),  # user, webhook
    row("api:deliveries", 5, "host"),  # user, webhook, count, page, attempts
    row("api:inboxes", 3, "host"),
    row("api:inbox", 2, "host"),
    row("api:inbox-events", 4, "host"),  # user, inbox, count, page
    row("api:tasks", 3, "host"),  # user, count, page
    row("api:tasks", 3, "staff", "?state=failed&page_size=30"),
    row("api:task", 2, "host"),  # user, task
    row("api:users", 3, "staff", "?search=e&role=host"),  # user, count, page
    row("api:capacity", 3, "staff"),  # user, the steps, the last minutes
    row("api:myself", 1, "host"),
    row("api:myself", 1, "program"),
    row("api:user", 2, "host"),  # user, user
    row("api:jams", 2),  # count, page
    row("api:jams", 2, query="?when=now&ordering=name&page_size=30"),
    row("api:jams", 2, query="?search=test"),
    row("api:jams", 3, "host", "?mine=true"),  # user, count, page
    row("api:jam", 1),
    row("api:jam", 2, "host"),  # user, jam
    row("api:jam-by-slug", 1),
    row("api:snapshot", 2),  # jam, the board in one trip
    row("api:snapshot", 2, "attendee"),
    row("api:snapshot", 3, "host"),  # user
    row("api:snapshot", 3, "program"),  # token with its user
    row("api:snapshot", 2, of="hidden"),
    row("api:snapshot", 2, of="ended"),
    row("api:jam-songs", 3, query="?page_size=100"),  # jam, count, page
    row("api:jam-songs", 4, "staff"),  # user
    row("api:me", 6, "attendee"),  # jam, attendee, votes, votes left, suggestions left, songs
    row("api:me", 6, "phone"),
    row("api:my-set", 5, "phone"),  # jam, attendee, playing, queue, sign-ups
    row("api:line-ups", 2),  # jam, slots
    row("api:playable", 3),  # jam, people, slots
    row("api:votes", 4, "phone", "?page_size=100"),  # jam, attendee, count, page
    row("api:slots", 3, query="?page_size=100"),  # jam, count, page
    row("api:slots", 3, "attendee", "?playable=true"),
    row("api:slots", 4, "host"),  # user
    row("api:signups", 4, "attendee"),  # jam, attendee, count, page
    row("api:signups", 4, "phone"),
    row("api:signups", 5, "host"),  # user, jam, host?, count, page
    row("api:desk", 5, "program"),  # token with its user, and as a host
    row("api:desk", 5, "host"),  # user, jam, host?, pending, people
    row("api:desk", 6, "host", of="hidden"),  # counted songs
    row("api:clusters", 4, "host"),  # user, jam, host?, votes
    row("api:door", 3, "host"),  # user, jam, host?
    row("api:hosts", 5, "host"),  # and count, page
    row("api:invitations", 5, "host"),
    row("api:setlist", 7, "host"),  # user, jam, host?, queue, open, playing, slots
    row("api:recurrence", 4, "host"),  # and the rule with its jam
    row("api:songs", 1),
    row("api:songs", 1, query="?tag=soul&ordering=-year&search=song&page_size=100"),
    row("api:song", 1),
    row("api:search", 1, query="?q=song&limit=20"),
    row("api:venues", 2, query="?page_size=30"),  # count, page
    row("api:venue", 1),
    row("api:venue", 2, "host"),  # user, venue
    row("api:performances", 1),
    row("api:performances", 1, query="?venue=test&page_size=30"),
    row("api:venue-wanted", 4, "host"),  # manages?, what is wanted
    row("api:venue-statistics", 8, "host"),  # manages?, nights, people, performances, performers, most played
    row("api:reports", 3, "host"),  # user, count, page
    row("api:report", 2, "host"),
    # jam, runs it?; nights, those before; marks in three, kept; people, songs, votes, performances, sign-ups;
    # a savepoint and what is kept in it; songs in three; names
    row("api:jam-report", 20, "host"),
    row("api:venue-report", 20, "host"),
    row("api:host-report", 19, "host"),
    row("api:sla", 9, "staff"),  # user; of two months: days, hours, minutes, alerts
    row("api:library", 5, "host", "?search=song"),  # user, venue, manages?, count, page
    row("api:library-song", 5, "host"),  # user, venue, manages?, song, the venue's
    row("api:venue-song-list", 4, "host"),  # user, venue, manages?, list
    row("api:venue-song-list-changes", 7, "host"),  # manages? once more where it is found, list, count, page
]
PAGES = [
    row("pages:home", 4),  # tonight, on stage, coming, past
    row("pages:home", 5, "host"),  # user
    row("pages:jams", 2),  # count, page
    row("pages:jams", 2, query="?when=past"),
    row("pages:join", 1),
    row("pages:join", 2, "phone", status=303),  # jam, attendee
    row("pages:jam", 3),  # jam, the board in one trip, line-ups
    row("pages:jam", 4, "host"),  # user
    row("pages:jam", 8, "phone"),  # attendee, votes, suggestions, sign-ups, banned
    row("pages:jam", 9, "phone", "?find=song"),  # hits
    row("pages:jam", 3, of="hidden"),
    row("pages:jam", 6, of="ended"),  # nights, people, performances, performers
    row("pages:jam", 10, "host", of="ended"),  # user, host?, performances, names
    row("pages:stage", 6),  # jam, playing, queue, people, required slots, slots
    row("pages:stage", 8, "phone"),  # attendee, sign-ups
    row("pages:stage", 7, "host"),  # user
    row("pages:screen", 3),  # and who plays
    row("pages:screen", 5, "host"),  # user, host?
    row("pages:overlay", 3, query="?show=now,next,top,code"),
    row("pages:screen_door", 3, "host"),  # user, jam, host?
    row("pages:display", 2, status=303),  # the link, whether who made it still hosts
    row("pages:move", 3, "phone"),  # jam, attendee when making the code, attendee
    row("pages:search", 1, query="?q=song"),
    row("pages:songs", 2),  # count, page
    row("pages:songs", 2, query="?search=song&sort=-times_played"),
    row("pages:song", 3),  # song, count, plays
    row("pages:venues", 2, query="?search=venue"),  # count, page
    row("pages:venue", 3),  # venue, coming, past
    row("pages:venue", 5, "host"),  # user, manages?
    row("pages:venue_statistics", 0, status=301),
    row("pages:venue_report", 12, "host"),  # the nights are summed up by now
    row("pages:venue_report_file", 12, "host"),
    row("pages:jam_report", 21, "host"),  # one that runs is counted each time
    row("pages:jam_report_file", 21, "host"),
    row("pages:host_report", 11, "host"),
    row("pages:host_report_file", 11, "host"),
    # user; the steps, the last minutes, the month in three; PostgreSQL in four; alerts, findings, those that are closed
    row("pages:insight", 12, "staff"),
    row("pages:insight", 5, "staff", "?over=releases"),  # user, days, hours, minutes, releases
    row("pages:profiles", 1, "staff"),  # user; profiles are in the cache
    row("pages:profile", 1, "staff"),
    row("pages:profile_stacks", 1, "staff"),
    row("pages:reports", 3, "host"),
    row("pages:report", 2, "host"),
    row("pages:report_file", 4, "host"),
    row("pages:report_link", 3),
    row("pages:sla", 9, "staff"),
    row("pages:sla_file", 9, "staff"),
    row("pages:accent", 0),
    row("pages:manifest", 0),
    row("pages:service_worker", 0, status=404),
    row("pages:offline", 0),
    row("pages:imports", 3, "host"),  # user, count, page
    row("pages:import_run", 5, "host"),  # user, run, what was said of its rows, questions: count, page
    row("pages:import_report", 2, "host"),  # user, run; what was said of its rows as it is sent
    row("pages:tokens", 3, "host"),  # user, count, page
    row("pages:token_revoke", 2, "host"),  # user, token
    row("account_login", 0),
    row("account_login", 1, "host", status=302),
    row("account_signup", 0),
    row("account_inactive", 0),
    row("account_reset_password", 0),
    row("account_reset_password_done", 0),
    row("account_reset_password_from_key", 0),
    row("account_reset_password_from_key_done", 0),
    row("account_email_verification_sent", 0),
    row("account_confirm_email", 1),
    row("mfa_authenticate", 0, status=302),
    row("pages:account", 3, "host"),  # user, second factor?, sessions
    row("pages:sessions", 2, "host"),  # user, sessions
    row("account_email", 5, "host"),
    row("account_change_password", 1, "host"),
    row("account_reauthenticate", 7, "host"),
    row("mfa_index", 3, "host"),
    row("mfa_reauthenticate", 4, "host", status=302),
    row("mfa_activate_totp", 7, "host", status=302),
    row("mfa_deactivate_totp", 2, "host", status=404),
    row("mfa_view_recovery_codes", 2, "host", status=404),
    row("mfa_generate_recovery_codes", 7, "host", status=302),
    row("media/<path:path>", 0),
    row("metrics", 0, status=403),
    row("metrics", 1, "staff"),
    # What hosts see begins with the user; of one jam: the jam, whether it is theirs.
    row("pages:host", 6, "host"),  # what is on, what of it may be changed, count, past, venues
    # roles, banned, last action, pending, people, snapshot, queue, open, playing, slots, the stage in five, door, votes
    row("pages:console", 20, "host"),
    row("pages:console", 22, "host", "?find=open&playable=1", of="hidden"),  # counted songs, hits
    row("pages:lineup", 8, "host"),  # songs, slots, sign-ups, what plays, queue
    row("pages:people", 9, "host"),
    row("pages:slot", 8, "host"),  # the slot, songs, slots, sign-ups, people
    row("pages:song_slots", 8, "host"),  # the song, the same, instruments
    row("pages:person", 8, "host"),  # the person, songs, slots, sign-ups, theirs
    row("pages:person_add", 3, "host"),
    row("pages:print", 8, "host"),
    row("pages:door", 4, "host"),
    row("pages:clusters", 4, "host"),
    row("pages:hosts", 6, "host"),  # owner?, hosts, links
    row("pages:invitation", 3, "other_host"),  # user, the link, whether who made it still may
    row("pages:act", 3, "host"),
    row("pages:attendee_remove", 4, "host"),  # the attendee
    row("pages:merge", 5, "host"),  # the song, the others
    row("pages:jam_new", 5, "host"),  # has a venue?, the first with what it allows, venues twice: choices, the first
    row("pages:jam_edit", 3, "host"),
    row("pages:jam_duplicate", 3, "host"),
    row("pages:repeat", 4, "host"),  # and its rule
    row("pages:jam_delete", 3, "host"),
    row("pages:venue_new", 1, "host"),
    row("pages:venue_edit", 3, "host"),  # venue, manages?
    row("pages:venue_library", 5, "host"),  # count, page
    row("pages:venue_library", 6, "host", "?search=song"),  # others
    row("pages:venue_song_list", 9, "host"),  # list, by kind, changes: count, page, what runs, questions
    row("pages:venue_wanted", 4, "host"),  # what is wanted
    row("pages:venue_song", 5, "host"),  # song, the venue's
    row("pages:venue_webhooks", 5, "host"),  # inboxes, webhooks
    row("pages:jam_webhooks", 4, "host"),  # webhooks
    row("pages:webhook", 6, "host"),  # webhook, manages?, count, page, attempts
    row("pages:webhook_delete", 3, "host"),
    row("pages:inbox", 6, "host"),  # user, inbox, manages?, as whom, count, page
    row("pages:inbox_delete", 3, "host"),
    row("pages:ban", 5, "host"),  # jam, host?, manages?, song
]
# Everything begins with the user.
ADMIN = [
    row("admin:index", 1, "staff"),
    row("admin:app_list", 1, "staff"),
    row("admin:search", 1, "staff", "?s=a"),
    row("admin:login", 0, status=302),  # the same door
    row("admin:login", 1, "staff", status=302),
    row("admin:password_change", 1, "staff", status=302),
    row("admin:password_change_done", 1, "staff"),
    row("admin:auth_user_password_change", 2, "staff"),
    row("admin:jsi18n", 1, "staff"),
    row("admin:autocomplete", 3, "staff", "?app_label=jams&model_name=jam&field_name=venue&term=venue"),  # count, page
    row("admin:view_on_site", 3, "staff", status=302),  # its model, the row
    row("admin/(?P<url>.*)$", 1, "staff", status=404),
    *page_of_model(
        "accounts_user", filters="role=host", changelist=3, found=3, add=1, change=2, history=4, delete=14
    ),
    *page_of_model(
        "accounts_apitoken", filters="live=yes", changelist=2, found=2, add=1, change=3, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "catalog_venue", filters="town=Town 0", changelist=5, found=5, add=1, change=5, history=4, delete=3,
        forbidden=["delete"],
    ),
    *page_of_model(
        "catalog_librarysong", filters="banned_at__isempty=1", changelist=2, found=2, add=1, change=2, history=3,
        delete=2, forbidden=["delete"],
    ),
    # The list asks for the styles there are, and the page.
    *page_of_model("catalog_song", filters="style=Soul", changelist=3, found=3, add=1, change=2, history=3, delete=6),
    *page_of_model(
        "jams_jam", filters="status=live", changelist=3, found=3, add=1, change=5, history=4, delete=3,
        forbidden=["delete"],
    ),
    row("admin:jams_jam_delete", 3, "staff", of="quiet"),
    *page_of_model(
        "jams_jamsong", filters="status=open", changelist=2, found=2, add=1, change=5, history=4, delete=2,
        forbidden=["delete"],
    ),
    *page_of_model(
        "accounts_auditevent", filters="kind=jam", changelist=2, found=2, add=1, change=3, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "jams_attendee", filters="state=active", changelist=2, found=2, add=1, change=3, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "jams_performer", filters="", changelist=2, found=2, add=1, change=3, history=3, delete=2,
        forbidden=["add"],
    ),
    *page_of_model(
        "jams_jamview", filters="page=jam", changelist=2, found=2, add=1, change=3, history=4, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "jams_recurrence", filters="opens__exact=1", changelist=3, found=3, add=1, change=3, history=5, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "webhooks_endpoint", filters="enabled__exact=1", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "webhooks_inbox", filters="enabled__exact=1", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "webhooks_delivery", filters="state__exact=done", changelist=2, found=2, add=1, change=3, history=4, delete=3,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "webhooks_received", filters="state__exact=done", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "tasks_task", filters="state=failed", changelist=2, found=2, add=1, change=4, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    # The list asks for the names there are, and the page.
    *page_of_model(
        "insight_alert", filters="open=yes", changelist=3, found=3, add=1, change=3, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "insight_finding", filters="open=yes", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    row("admin:tasks_task_run_this_again", 2, "staff"),
    *page_of_model(
        "catalog_songview", filters="", changelist=2, found=2, add=1, change=3, history=4, delete=2,
        forbidden=["add", "delete"],
    ),
    row("admin:catalog_song_import_from_csv", 1, "staff", status=302),
    *page_of_model(
        "catalog_importrun", filters="state__exact=done", changelist=2, found=2, add=1, change=3, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "catalog_songlist", filters="state__exact=ready", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "reports_report", filters="state=done", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "reports_nightsummary", filters="made_at__gte=2026-01-01T00:00:00Z", changelist=2, found=2, add=1, change=2,
        history=3, delete=2, forbidden=["add", "delete"],
    ),
    *page_of_model(
        "catalog_songsearch", filters="found=no", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "axes_accessattempt", filters="", changelist=2, found=2, add=1, change=2, history=3, delete=3,
        forbidden=["add"],
    ),
    *page_of_model(
        "stage_slot", filters="required__exact=1", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["delete"],
    ),
    *page_of_model(
        "stage_signup", filters="state=waiting", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "stage_performance", filters="", changelist=2, found=2, add=1, change=2, history=3, delete=2,
        forbidden=["add", "delete"],
    ),
    *page_of_model(
        "voting_vote", filters="", changelist=2, found=2, add=1, change=5, history=3, delete=2, forbidden=["add"]
    ),
]  # fmt: skip
BY_THE_CLOCK = {"pages:insight"}  # at most: days, hours and minutes of a month, of which its first day has no days
TABLE = API + PAGES + ADMIN


def test_every_route_has_its_count():
    assert {name for name, *_rest in TABLE} | ONLY_WRITTEN == set(ROUTES)
    assert not {name for name, *_rest in TABLE} & ONLY_WRITTEN


@pytest.mark.parametrize("rows", [1, 3, 30])
def test_every_route_costs_the_same_however_many_rows_there_are(settings, rows):
    settings.CACHED_READS = False
    world = World(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or plans are of tables that look empty, and take minutes

    costs = {}
    for name, _queries, role, query, of, _status in TABLE:
        address = world.address(name, **world.about(of))
        with CaptureQueriesContext(connection) as ran:
            answer = world.get(role, name, address + query)
        costs[name, role, query, of] = (len(ran), answer.status_code)

    expected = {(name, role, query, of): (queries, status) for name, queries, role, query, of, status in TABLE}
    for key, (queries, status) in expected.items():
        if key[0] in BY_THE_CLOCK:
            expected[key] = (min(queries, costs[key][0]), status)
    assert {key: cost for key, cost in costs.items() if cost != expected[key]} == {}


def test_what_is_only_written_refuses_to_be_read():
    world = World()

    statuses = {name: world.get("staff", name, world.address(name)).status_code for name in ONLY_WRITTEN}

    assert set(statuses.values()) == {405}, statuses


def test_a_session_that_the_cache_lost_costs_one_query(django_assert_num_queries):
    world = World()
    cache.clear()

    with django_assert_num_queries(2):  # session, user
        world.get("host", "pages:venue_new", world.address("pages:venue_new"))


def test_shared_reads_cost_nothing_once_somebody_has_read_them(settings, django_assert_num_queries):
    settings.CACHED_READS = True
    world = World(3)
    shared = [name for name, route in ROUTES.items() if route.public]
    hot = {"jams", "jam", "jam-by-slug", "snapshot", "jam-songs", "slots", "songs", "song", "venues", "venue"}
    for name in shared:
        world.get("visitor", name, world.address(name))

    for name in shared:
        with django_assert_num_queries(0):
            assert world.get("visitor", name, world.address(name)).status_code == 200
    for name in hot:
        for role in ("host", "phone", "attendee"):
            with django_assert_num_queries(0):
                assert world.get(role, f"api:{name}", world.address(f"api:{name}")).status_code == 200
