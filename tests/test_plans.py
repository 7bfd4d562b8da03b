"""Every index earns its keep: a query of the product uses it, by PostgreSQL's own plan, on tables of a few years."""

import json
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.errors import TokenUnknown
from apps.accounts.models import ApiToken, AuditEvent, User
from apps.accounts.roles import Right
from apps.accounts.tokens import find_token, signer
from apps.catalog.admin import SongAdmin, SongSearchAdmin, SongViewAdmin
from apps.catalog.duplicates import Named
from apps.catalog.filters import SongFilter, VenueFilter
from apps.catalog.import_runs import problems_of
from apps.catalog.library import reasons
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.models import Song, SongSearch, SongView, Venue, free_slug
from apps.catalog.near import Neighbours, near
from apps.catalog.queries import TIERS
from apps.catalog.run_models import ImportQuestion, ImportRun
from apps.catalog.search import SOURCES
from apps.core.credentials import API_TOKEN, performer_signer, signed
from apps.core.search.engine import find
from apps.jams.admin import JamViewAdmin
from apps.jams.attendees import free_name
from apps.jams.board import snapshot
from apps.jams.models import Attendee, Invitation, Jam, JamSong, JamView, Performer
from apps.jams.operations import free_slug as free_jam_slug
from apps.jams.performers import erase_unused, performer_with
from apps.jams.queries import hashed
from apps.jams.receivers import look_again
from apps.jams.search import JAMS
from apps.reports.models import Report
from apps.stage.models import Performance, SignUp, Slot
from apps.tasks.clock import queue_slots
from apps.tasks.models import Task
from apps.tasks.sending import unsent
from apps.voting import ballot
from apps.voting.merging import places_of
from apps.voting.queries import mine
from apps.webhooks.models import Alias, Delivery, Endpoint, Event, Inbox, Lane, PlayState, Received
from tests.volume import empty, fill

pytestmark = [pytest.mark.services, pytest.mark.django_db]

# Others may be read whole where that is what was asked: a page of short lists, sorted.
NEVER_WHOLE = {"voting_vote", "stage_slot", "stage_signup", "jams_jamsong", "jams_attendee", "accounts_auditevent"}


@pytest.fixture(scope="module", autouse=True)
def years(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        fill()
        yield
        empty()


def songs(**wanted):
    return SongFilter(wanted, Song.objects.in_order()).qs[:20]


def venues(**wanted):
    return VenueFilter(wanted, Venue.objects.in_order()).qs[:20]


def jam():
    return Jam.objects.get(slug="jam-4")


def host():
    return User(pk=7, role="host", is_active=True)


def anybody():
    return Jam.objects.visible_to(AnonymousUser())


def attendee():
    return Attendee.objects.select_related("jam").get(pk=jam().attendees.first().pk)


def first_page(model_admin, model, **wanted):
    return list(model.objects.filter(**wanted).order_by(*model_admin.ordering)[:100])


def song_list(**params):
    """The admin's list of songs, with what it offers to narrow it by."""
    request = RequestFactory().get("/", params)
    request.user = User(pk=1, role="staff", is_active=True)
    return list(SongAdmin(Song, admin.site).get_changelist_instance(request).result_list)


def column(name):
    return str([None, *SongAdmin.list_display].index(name))


USES = {
    # Jams
    "one_jam_per_slug": lambda: free_jam_slug(jam()),
    "one_jam_per_code": lambda: Jam.objects.exclude(status="draft").filter(code="XXX0A7").first(),
    "jams_by_status": lambda: list(Jam.objects.upcoming()[:5]),
    "jams_by_date": lambda: list(anybody().order_by("-starts_at", "-pk")[:20]),
    "jams_of_a_venue": lambda: list(Venue(pk=9).jams.past()[:10]),
    "jams_of_a_host": lambda: list(Jam.objects.letting(host(), Right.RUN).order_by("-starts_at", "-pk")[:20]),
    "audit_events_about": lambda: list(AuditEvent.objects.about(jam())[:20]),
    "invitations_of_a_jam": lambda: list(jam().invitations.out()),
    "one_invitation_per_token": lambda: Invitation.objects.with_token("x").first(),
    # The board
    "jam_songs_by_status": lambda: list(jam().songs.queue()),
    "a_song_once_per_jam": lambda: snapshot(jam()),
    "jams_with_a_song": lambda: look_again([77]),
    # People and their votes
    "attendees_by_state": lambda: Attendee.objects.filter(jam=jam()).in_the_room().count(),
    "one_attendee_per_name": lambda: free_name(attendee(), "Sam"),
    "one_attendee_per_secret": lambda: Attendee.objects.filter(secret_hash=hashed("x")).first(),
    "one_performer_per_secret": lambda: performer_with(signed("x", performer_signer), Venue(pk=9)),
    "performers_of_a_venue": lambda: list(Performer.objects.filter(venue=9)),  # what a venue takes along
    "performers_by_use": lambda: erase_unused(),
    "attendees_of_a_performer": lambda: list(Attendee.objects.filter(performer=77)),  # who is forgotten
    "suggestions_of_one": lambda: JamSong.objects.suggested_by_still(attendee()).count(),
    "votes_of_an_attendee": lambda: mine(attendee()),
    "one_vote_per_attendee": lambda: ballot.take_back(jam().songs.ranked().first().pk, ballot.Voter(attendee().pk)),
    # The stage
    "one_slot_per_number": lambda: list(Slot.objects.shown(jam())[:20]),
    "sign_ups_of_a_slot": lambda: list(Slot.objects.shown(jam()).with_holders().with_playable()[:100]),
    "sign_ups_of_an_attendee": lambda: SignUp.objects.out(attendee()).count(),
    "one_performance_per_start": lambda: list(Performance.objects.filter(jam=jam()).order_by("started_at", "pk")),
    "performances_of_a_song": lambda: list(Performance.objects.filter(song=77).public()[:20]),
    "performances_by_date": lambda: list(Performance.objects.public()[:20]),
    # The library
    "one_song_per_title_and_artist": lambda: list(songs()),
    "songs_by_artist": lambda: list(songs(ordering="artist")),
    "songs_by_popularity": lambda: list(songs(ordering="-popularity")),
    "songs_by_plays": lambda: list(songs(ordering="-times_played")),
    "songs_by_year": lambda: list(songs(year=1985)),
    "songs_by_style": lambda: list(songs(style="style 7")),
    "songs_by_title_key": lambda: near(Song.objects.all(), title="The Song 77", artist="Artist 77"),
    "songs_by_lead": lambda: Neighbours([Named("Sonk 77", "Artist 77")]),
    "imports_of_a_user": lambda: list(ImportRun.objects.visible_to(host()).order_by("-pk")[:20]),
    "imports_by_date": lambda: list(ImportRun.objects.old()),
    "an_import_takes_a_line_once": lambda: list(problems_of(ImportRun(pk=77))),
    "an_import_asks_of_a_line_once": lambda: list(ImportRun(pk=77).questions.filter(answer="").order_by("line")[:20]),
    "song_lists_due": lambda: list(SongList.objects.defer("copy").due()[:100]),
    "catalog_songlist_venue_id_key": lambda: SongList.objects.defer("copy").filter(venue=77).first(),
    "catalog_listdifference_song_id_1445d9a4": lambda: list(ListDifference.objects.filter(song=77)),  # that is deleted
    "a_difference_has_a_place": lambda: list(SongList(pk=77).differences.decided().in_order()[:100]),
    "catalog_importquestion_song_id_6b0e12ea": lambda: list(ImportQuestion.objects.filter(song=77)),  # that is deleted
    **{f"catalog_song_terms_{tier}": lambda: find("song 77", [SOURCES["songs"]]) for tier in TIERS},
    "jams_jam_terms": lambda: find("jam 77", [JAMS]),
    "songs_not_in_the_library": lambda: song_list(listed="no"),
    "songs_by_chord_sheet": lambda: song_list(chord_sheet_found__exact="gone"),
    "songs_by_tag": lambda: list(songs(tag="tag 7")),
    "venues_with_a_song": lambda: places_of([77], 78),
    "a_song_once_per_venue": lambda: reasons(7, [Song(pk=77)]),
    "one_venue_per_slug": lambda: free_slug("Venue 7"),
    "one_venue_per_name": lambda: Venue(name="Another", slug="another").validate_constraints(),
    "venues_by_name": lambda: list(venues()),
    "venues_by_town": lambda: list(venues(town="town 7")),
    "catalog_venue_managers_user_id_a3c74dae": lambda: list(Venue.objects.letting(host(), Right.CHANGE_VENUE)),
    "catalog_venue_managers_venue_id_user_id_7108942a_uniq": lambda: Venue(pk=7).lets(host(), Right.CHANGE_VENUE),
    # What staff see of views and searches
    "one_jam_view_per_day_and_page": lambda: list(JamView.objects.filter(jam=jam(), day=date.today())),
    "jam_views_by_day": lambda: first_page(JamViewAdmin, JamView),
    "one_song_view_per_day": lambda: list(SongView.objects.filter(song=77, day=date.today())),
    "song_views_by_day": lambda: first_page(SongViewAdmin, SongView),
    "one_song_search_per_day_text_and_place": lambda: first_page(SongSearchAdmin, SongSearch, found=0),
    "song_searches_of_a_venue": lambda: wanted(),
    "song_searches_by_text": lambda: wanted(),
    # Background work
    "reports_of_a_user": lambda: list(Report.objects.of(host())[:20]),
    "reports_by_expiry": lambda: list(Report.objects.expired()),
    # Webhooks
    "webhooks_of_a_venue": lambda: list(Endpoint.objects.of(venue=Venue(pk=7))),
    "webhooks_of_a_jam": lambda: Endpoint.objects.wanting(Jam(pk=77, venue_id=7), "song.playing"),
    "webhook_events_by_date": lambda: list(Event.objects.filter(created_at__lt=long_ago())),
    "webhook_events_of_a_jam": lambda: list(Event.objects.filter(jam=77)),
    "one_lane_per_webhook_and_jam": lambda: list(Lane.objects.filter(jam=77, endpoint__in=[1577])),
    "webhook_lanes_due": lambda: list(Lane.objects.forgotten(before=long_ago())),
    "webhook_lanes_of_a_jam": lambda: list(Lane.objects.filter(jam=77)),
    "webhooks_to_send": lambda: Lane(pk=100).deliveries.waiting().first(),
    "deliveries_of_a_webhook": lambda: list(Endpoint(pk=1577).deliveries.log()[:20]),
    "deliveries_of_an_event": lambda: list(Delivery.objects.filter(event=77)),
    "deliveries_of_a_lane": lambda: list(Delivery.objects.filter(lane=77)),
    "attempts_of_a_delivery": lambda: list(Delivery(pk=77).attempts.order_by("-pk")[:10]),
    "one_inbox_per_key": lambda: Inbox.objects.filter(key="0" * 23 + "7").first(),
    "inboxes_of_a_venue": lambda: list(Inbox.objects.of(Venue(pk=7))),
    "one_event_per_inbox_and_id": lambda: Received.objects.filter(inbox=7, event="evt_6").first(),
    "events_of_an_inbox": lambda: list(Inbox(pk=7).received.log()[:20]),
    "events_to_handle": lambda: Received.objects.waiting().filter(inbox=7, pk__lte=10**6).first(),
    "events_in_by_date": lambda: list(Received.objects.filter(received_at__lt=long_ago())),
    "one_play_state_per_inbox": lambda: PlayState.objects.filter(inbox=78, jam=77).first(),
    "play_states_of_a_jam": lambda: list(PlayState.objects.filter(jam=77)),
    "one_alias_per_name": lambda: Alias.objects.filter(inbox=7, jam=7, of="signup", theirs="s-6").first(),
    "aliases_of_a_jam": lambda: list(Alias.objects.filter(jam=77)),
    "tasks_due": lambda: list(unsent()[:50]),
    "tasks_of_a_user": lambda: list(Task.objects.seen_by(host()).order_by("-pk")[:20]),
    "one_unfinished_task_a_key": lambda: Task.objects.unfinished().filter(key="key 500").first(),
    "one_task_a_slot": lambda: queue_slots(),
    # Accounts
    "one_token_per_secret": lambda: of_an_unknown_token(),
    "tokens_of_a_user": lambda: list(ApiToken.objects.filter(user=host()).order_by("-pk")[:20]),
    "one_user_per_email": lambda: User.objects.get_by_natural_key("host7@example.com"),
}


def long_ago():
    return timezone.now() - timedelta(days=300)


def wanted():
    today = date.today()
    return list(SongSearch.objects.wanted_at(Venue(pk=7), today - timedelta(days=30), today)[:100])


def of_an_unknown_token():
    with suppress(TokenUnknown):
        find_token(f"{API_TOKEN}{signer.sign('x')}")


WITHOUT_A_QUERY = {
    "one_song_plays_at_a_time",  # it holds the rule
    "a_host_once_per_jam",  # so does this
    "one_holder_per_slot",
    "one_live_sign_up_per_slot",
    "catalog_venue_terms",  # so few venues are read whole
    "catalog_venue_managers_venue_id_d7e4c730",  # Django makes it with the field
}


@pytest.mark.parametrize("index", USES)
def test_a_query_of_the_product_uses(index):
    indexes, whole = plans(USES[index])

    assert index in indexes
    assert not whole & NEVER_WHOLE


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"p": "50"},
        {"style": "style 7"},
        *({"o": way + column(name)} for name in SongAdmin.sortable_by for way in ("", "-")),
        {"o": f"{column('known')}.{column('year')}"},
    ],
    ids=str,
)
def test_the_list_of_songs_for_staff_is_read_along_an_index(params):
    """However many songs there are: only a search reads on until the page is full."""
    assert len(song_list(**params)) == 100

    with CaptureQueriesContext(connection) as ran:
        song_list(**params)
    kinds = {node["Node Type"] for query in ran for node in plan(query["sql"])}
    assert not kinds & {"Seq Scan", "Sort", "Incremental Sort"}


def test_no_index_is_without_a_query():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelname FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)"
            " WHERE NOT indisprimary AND relname ~ '^(accounts|catalog|jams|voting|stage|tasks|reports|webhooks)_'"
        )
        there = {name for (name,) in cursor}

    assert there - WITHOUT_A_QUERY == set(USES)
    assert len(USES) >= 18


def test_a_vote_rewrites_no_index_of_the_songs_row():
    jam_song, person = jam().songs.ranked().first(), attendee()

    with transaction.atomic():
        ballot.cast(jam_song.pk, ballot.Voter(person.pk))
        ballot.take_back(jam_song.pk, ballot.Voter(person.pk))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'jams_jamsong'"
            )
            updated, heap_only = cursor.fetchone()

    assert updated == heap_only == 2


def plans(run):
    """The indexes that the queries of `run` use, and the tables that they read whole."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as ran:
            run()
        statements = [query["sql"] for query in ran]
        nodes = [node for sql in statements if sql.lstrip("\n(").startswith(("SELECT", "WITH")) for node in plan(sql)]
        transaction.set_rollback(True)
    whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    return {node["Index Name"] for node in nodes if "Index Name" in node}, whole


def plan(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"), [])
        said = cursor.fetchone()[0]
    return nodes_of((json.loads(said) if isinstance(said, str) else said)[0]["Plan"])


def nodes_of(node):
    return [node, *(below for part in node.get("Plans", []) for below in nodes_of(part))]
