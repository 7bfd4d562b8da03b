"""A venue's song list: fetched from a server of this test, shown as differences, and applied when somebody says so."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog import list_fetching, list_sync
from apps.catalog.errors import (
    ListNotFetched,
    NoSongList,
    NotAVenueManager,
    NothingToApply,
    SongListBusy,
    SongListChanged,
    StaffOnly,
)
from apps.catalog.library import ban_song, change_library_song
from apps.catalog.list_applying import go_on
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.models import LibrarySong, Song
from apps.catalog.song_lists import apply_song_list, decide, fetch_song_list, find, set_song_list
from apps.catalog.tasks import sync_sources
from apps.core.errors import Invalid
from apps.tasks.models import Task
from apps.voting.merging import merge_songs
from tests.factories import make_song, make_staff, make_user, make_venue
from tests.listings import lists_served
from tests.races import in_threads
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db
URL = "https://lists.example/list"
TWO = "title,artist,key\nCreep,Radiohead,G\nZombie,The Cranberries,Em\n"


@pytest.fixture
def site(monkeypatch):
    with lists_served() as lists:
        monkeypatch.setattr(list_fetching, "fetch", lambda url, *, ports, **how: lists.get(url, **how))
        yield lists


@pytest.fixture
def manager():
    return make_user()


@pytest.fixture
def venue(manager):
    return make_venue(manager=manager)


def listed(venue, by, **fields):
    return set_song_list(venue=venue, by=by, url=URL, **{"schedule": "off", **fields})


def look(venue, by):
    """Fetched as the task does it."""
    fetch_song_list(venue=venue, by=by)
    run_tasks()
    return find(venue=venue, by=by)


def later(venue):
    """So that the copy is old."""
    SongList.objects.filter(venue=venue).update(fetched_at=timezone.now() - timedelta(seconds=301))


def apply(venue, by):
    row = find(venue=venue, by=by)
    task = apply_song_list(venue=venue, by=by, digest=row.shown)
    run_tasks()
    task.refresh_from_db()
    assert task.state == "done", task.error
    return find(venue=venue, by=by)


def changes(row):
    return [(one.kind, one.title) for one in row.differences.in_order()]


def songs_of(venue):
    rows = LibrarySong.objects.filter(venue=venue).on_the_list().in_order()
    return [(row.song.title, row.key or row.song.key) for row in rows]


# From the list to the songs -------------------------------------------------------------------------------------


def test_it_is_shown_before_anything_changes_and_applied_when_somebody_says_so(site, venue, manager):
    make_song(title="Creep", artist="Radiohead", key="A")
    site.serve(TWO)
    listed(venue, manager)

    row = look(venue, manager)
    assert changes(row) == [("added", "Creep"), ("new", "Zombie")]
    assert row.differences.get(kind="added").fields == {"key": ["A", "G"]}
    assert (songs_of(venue), Song.objects.count()) == ([], 1)

    row = apply(venue, manager)
    assert songs_of(venue) == [("Creep", "G"), ("Zombie", "Em")]
    assert (row.state, row.applied, changes(row)) == ("done", {"added": 1, "new": 1}, [])
    assert Song.objects.get(title="Creep").key == "A"  # which all venues share


def test_a_second_look_finds_nothing_and_the_other_venue_has_nothing_of_it(site, venue, manager):
    site.serve(TWO)
    other = make_venue()
    listed(venue, manager)
    look(venue, manager)
    apply(venue, manager)
    later(venue)

    row = look(venue, manager)

    assert (row.state, row.counts["same"], changes(row)) == ("done", 2, [])
    assert not LibrarySong.objects.filter(venue=other).exists()


def test_what_the_list_says_otherwise_and_has_no_more_is_shown_and_then_done(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)
    apply(venue, manager)
    zombie = Song.objects.get(title="Zombie")
    change_library_song(venue=venue, song=zombie, by=manager, note="Capo 2")
    site.serve("title,artist,key\nCreep,Radiohead,F\n")
    later(venue)

    row = look(venue, manager)
    assert changes(row) == [("changed", "Creep"), ("gone", "Zombie")]
    apply(venue, manager)

    assert songs_of(venue) == [("Creep", "F")]
    assert venue.library.get(song=zombie).note == "Capo 2"
    assert Song.objects.filter(title="Zombie").exists()


def test_songs_that_the_list_never_had_stay_out_of_it(site, venue, manager):
    """What was played, noted or banned there is no business of the list's."""
    mine = make_song(title="Mine")
    change_library_song(venue=venue, song=mine, by=manager, note="Ours")
    site.serve(TWO)
    listed(venue, manager)

    assert ("gone", "Mine") not in changes(look(venue, manager))


def test_a_ban_holds_against_the_list(site, venue, manager):
    creep = make_song(title="Creep", artist="Radiohead")
    ban_song(venue=venue, song=creep, by=manager, why="Too often.")
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)

    apply(venue, manager)

    assert venue.library.get(song=creep).why == "Too often."


def test_facts_that_all_venues_share_are_changed_for_staff_alone(site, venue, manager):
    song = make_song(title="Creep", artist="Radiohead", year=1990)
    site.serve("title,artist,year,tags\nCreep,Radiohead,1992,rock;90s\n")
    staff = make_staff()
    with pytest.raises(StaffOnly):
        listed(venue, manager, update=True)
    listed(venue, manager)
    assert look(venue, manager).differences.get().fields == {}

    listed(venue, staff, update=True)
    row = look(venue, staff)
    assert row.differences.get().fields == {"year": [1990, 1992], "tags": [[], ["rock", "90s"]]}
    apply(venue, staff)

    song.refresh_from_db()
    assert (song.year, song.tags) == (1992, ["rock", "90s"])


def test_a_manager_who_applies_what_staff_have_set_changes_no_facts(site, venue, manager):
    song = make_song(title="Creep", artist="Radiohead", year=1990)
    site.serve("title,artist,year\nCreep,Radiohead,1992\n")
    listed(venue, make_staff(), update=True)
    look(venue, manager)

    apply(venue, manager)

    song.refresh_from_db()
    assert song.year == 1990


# Songs under another name ---------------------------------------------------------------------------------------


def test_what_only_may_be_a_song_is_asked_and_the_answer_is_remembered(site, venue, manager):
    creep = make_song(title="Creep", artist="Radiohead")
    site.serve("title,artist,key\nCreep (Live),Radiohead,F\nZombie,The Cranberries,Em\n")
    listed(venue, manager)
    row = look(venue, manager)
    assert changes(row) == [("ask", "Creep (Live)"), ("new", "Zombie")]

    row = apply(venue, manager)
    assert (row.state, changes(row)) == ("ready", [("ask", "Creep (Live)")])
    assert decide(venue=venue, by=manager, answer="known", difference=row.differences.get().pk) == 1
    later(venue)
    look(venue, manager)
    apply(venue, manager)

    assert songs_of(venue) == [("Creep", "F"), ("Zombie", "Em")]
    assert Song.objects.count() == 2
    later(venue)
    assert changes(look(venue, manager)) == []
    assert venue.library.get(song=creep).key == "F"


def test_answered_as_new_it_comes_in(site, venue, manager):
    make_song(title="Creep", artist="Radiohead")
    site.serve("title,artist\nCreep (Live),Radiohead\n")
    listed(venue, manager)
    look(venue, manager)

    decide(venue=venue, by=manager, answer="new")
    apply(venue, manager)

    assert songs_of(venue) == [("Creep (Live)", "")]


def test_a_song_that_is_asked_about_does_not_go(site, venue, manager):
    site.serve("title,artist\nCreep,Radiohead\n")
    listed(venue, manager)
    look(venue, manager)
    apply(venue, manager)
    site.serve("title,artist\nCreep (Live),Radiohead\n")
    later(venue)

    assert changes(look(venue, manager)) == [("ask", "Creep (Live)")]


def test_two_rows_of_different_batches_that_may_be_one_song_are_asked_about(site, venue, manager, monkeypatch):
    monkeypatch.setattr("apps.catalog.list_differences.BATCH", 1)
    site.serve("title,artist\nCreep,Radiohead\nCreep (Live),Radiohead\ncreep,radiohead\n")
    listed(venue, manager)

    row = look(venue, manager)

    assert changes(row) == [("new", "Creep"), ("ask", "Creep (Live)")]
    assert row.counts["repeated"] == 1


def test_a_song_that_was_merged_into_another_is_that_one(site, venue, manager):
    staff, other = make_staff(), make_song(title="Quite another", artist="Somebody")
    site.serve("title,artist\nCreep,Radiohead\n")
    listed(venue, manager, near="new")
    look(venue, manager)
    apply(venue, manager)

    merge_songs(songs=[Song.objects.get(title="Creep")], into=other, by=staff)
    later(venue)

    assert changes(look(venue, manager)) == []
    assert songs_of(venue) == [("Quite another", "")]


# Rows that cannot be taken --------------------------------------------------------------------------------------


def test_a_row_that_is_rejected_is_told_and_takes_nothing_away(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)
    apply(venue, manager)
    site.serve("title,artist,year,key\nCreep,Radiohead,soon,G\nZombie,The Cranberries,1994,Em\n,Nobody,,\n")
    later(venue)

    row = look(venue, manager)

    assert changes(row) == []
    assert [problem[:4] for problem in row.problems] == [[2, "rejected", "year", "soon"], [4, "rejected", "title", ""]]
    assert (row.counts["rejected"], row.counts["nameless"]) == (2, 1)


def test_a_column_is_what_was_said_of_it(site, venue, manager):
    site.serve("Lied;Band;Tonart\nCreep;Radiohead;G\n")
    listed(venue, manager)
    assert look(venue, manager).trouble == "unreadable"

    listed(venue, manager, mapping={"Lied": "title", "Tonart": "key", "Gone by now": "year"})

    assert look(venue, manager).differences.get().values == {"title": "Creep", "artist": "Radiohead", "key": "G"}
    assert len(site.asked) == 1  # the copy is young


# Formats --------------------------------------------------------------------------------------------------------

SONGS = [
    {"title": "Creep", "artist": "Radiohead", "year": 1992, "tags": ["rock"], "key": "G", "duration": 239.0},
    {"artist": "The Cranberries", "title": "Zombie", "parts": [{"instrument": "vocals", "count": 1, "required": True}]},
]


@pytest.mark.parametrize("body", [SONGS, {"songs": SONGS}])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_json(site, venue, manager, body, kind):
    site.serve(json.dumps(body), Content_Type=kind)
    listed(venue, manager)

    creep, zombie = look(venue, manager).differences.in_order()

    facts = {"year": 1992, "tags": ["rock"], "key": "G", "duration": 239}
    assert creep.values == {"title": "Creep", "artist": "Radiohead", **facts}
    assert zombie.values["parts"] == [{"instrument": "vocals", "count": 1, "required": True}]


def test_an_entry_that_is_wrong_is_named_by_its_number(site, venue, manager):
    body = [SONGS[0], "Zombie", {"title": "Hello", "artist": {"name": "Adele"}}, {"title": True, "artist": "A"}]
    site.serve(json.dumps(body), Content_Type="application/json")
    listed(venue, manager)

    row = look(venue, manager)

    assert changes(row) == [("new", "Creep")]
    assert [(line, outcome) for line, outcome, *_rest in row.problems] == [(n, "rejected") for n in (2, 3, 4)]


@pytest.mark.parametrize(
    ("body", "kind", "trouble"),
    [
        ("<!doctype html><title>Sign in</title>", "text/html", "web_page"),
        ("\n <html>", "text/csv", "web_page"),
        ("title,artist\nCreep,Radiohead\n", "text/html; charset=utf-8", "web_page"),
        (TWO.encode("utf-16"), "text/csv", "unreadable"),
        (bytes(range(256)) * 20, "text/csv", "unreadable"),
        (b"PK\x03\x04" + bytes(100), "application/vnd.ms-excel", "unreadable"),
        ("", "text/csv", "unreadable"),
        ("no,headings\n1,2\n", "text/csv", "unreadable"),
        ('{"songs": 3}', "application/json", "unreadable"),
        ('[{"title": "Creep", "artist": "Radiohead", "year": NaN}]', "application/json", "unreadable"),
        ("[" * 100_000, "application/json", "unreadable"),
        ('[{"title": ' + "9" * 5000 + "}]", "application/json", "unreadable"),
        ("[]", "application/json", "unreadable"),
        (b'[{"title": "\xff"}]', "application/json", "unreadable"),
        ('{"songs": [', "text/plain", "unreadable"),
    ],
)
def test_what_is_no_list_is_said_and_changes_nothing(site, venue, manager, body, kind, trouble):
    site.serve(body, Content_Type=kind)
    listed(venue, manager)

    row = look(venue, manager)

    assert (row.trouble, row.state, changes(row)) == (trouble, "", [])
    assert row.said
    task = Task.objects.get(name="catalog.fetch_song_list")
    assert (task.state, task.error) == ("failed", row.said)


# Fetching -------------------------------------------------------------------------------------------------------


def test_a_copy_is_used_for_five_minutes_and_then_asked_for_if_it_is_new(site, venue, manager):
    site.serve(TWO, ETag='"1"', Last_Modified="Mon, 30 Nov 2026 08:00:00 GMT")
    listed(venue, manager)
    look(venue, manager)
    look(venue, manager)
    assert len(site.asked) == 1
    later(venue)

    row = look(venue, manager)

    [_first, (_path, sent)] = site.asked
    assert (sent["If-None-Match"], sent["If-Modified-Since"]) == ('"1"', "Mon, 30 Nov 2026 08:00:00 GMT")
    assert changes(row) == [("new", "Creep"), ("new", "Zombie")]
    assert row.fetched_at > timezone.now() - timedelta(seconds=60)


def test_another_address_is_fetched_anew_and_unconditionally(site, venue, manager):
    site.serve(TWO, ETag='"1"')
    site.serve("title,artist\nHello,Adele\n", "/other", ETag='"1"')
    listed(venue, manager)
    look(venue, manager)

    set_song_list(venue=venue, by=manager, url="https://lists.example/other")

    assert find(venue=venue, by=manager).state == ""
    assert changes(look(venue, manager)) == [("new", "Hello")]


@pytest.mark.parametrize(
    ("status", "again"), [(404, False), (401, False), (304, False), (500, True), (429, True), (503, True)]
)
def test_an_answer_that_is_an_error(site, venue, manager, status, again):
    site.answer("/list", lambda one: one.say(status, b""))
    listed(venue, manager)

    row = look(venue, manager)

    assert (row.trouble, row.detail) == ("status", str(status))
    assert str(status) in row.said
    assert Task.objects.get(name="catalog.fetch_song_list").state == ("waiting" if again else "failed")


def test_what_was_fetched_before_stays_where_a_later_look_fails(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)
    site.answer("/list", lambda one: one.say(404, b""))
    later(venue)

    row = look(venue, manager)

    assert (row.trouble, row.state, len(changes(row))) == ("status", "ready", 2)
    site.serve(TWO)
    assert look(venue, manager).trouble == ""


def test_published_spreadsheets_redirect(site, venue, manager):
    site.redirect("/list", "/there?output=csv", 307)
    site.serve(TWO, "/there?output=csv")
    listed(venue, manager)

    assert len(changes(look(venue, manager))) == 2


def test_no_redirect_leads_inside(site, venue, manager):
    site.redirect("/list", f"http://127.0.0.2:{site.server.server_port}/list")
    listed(venue, manager)

    row = look(venue, manager)

    assert (row.trouble, len(site.asked)) == ("refused", 1)


@pytest.mark.parametrize("packed", [False, True])
def test_a_list_that_is_too_large(site, venue, manager, settings, packed):
    settings.SONG_LIST_BYTES = 1000
    (site.packed if packed else site.serve)(b"title,artist\n" + b"x,y\n" * 1000)
    listed(venue, manager)

    assert look(venue, manager).trouble == "too_large"


def test_too_many_rows(site, venue, manager, settings):
    settings.SONG_LIST_ROWS = 1
    site.serve(TWO)
    listed(venue, manager)

    row = look(venue, manager)

    assert (row.trouble, "at most 1" in row.said) == ("unreadable", True)


def test_the_products_own_fetching_takes_https_from_public_addresses_alone(venue, manager):
    set_song_list(venue=venue, by=manager, url="https://lists.example/list")
    SongList.objects.update(url="https://127.0.0.1/list")

    assert look(venue, manager).trouble == "refused"
    SongList.objects.update(url="http://93.184.216.34/list")
    assert look(venue, manager).trouble == "refused"


def test_ten_thousand_rows(site, venue, manager):
    rows = "".join(f"Song number {n},Artist {n % 700},{1950 + n % 70}\n" for n in range(10_000))
    site.serve("title,artist,year\n" + rows)
    listed(venue, manager, near="new")
    row = look(venue, manager)
    assert row.counts["new"] == 10_000

    apply(venue, manager)

    assert LibrarySong.objects.filter(venue=venue).on_the_list().count() == 10_000
    later(venue)
    assert look(venue, manager).counts["same"] == 10_000


# Applying -------------------------------------------------------------------------------------------------------


def test_what_was_not_looked_at_is_not_applied(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    seen = look(venue, manager).shown
    site.serve("title,artist\nHello,Adele\n")
    later(venue)
    look(venue, manager)

    with pytest.raises(SongListChanged):
        apply_song_list(venue=venue, by=manager, digest=seen)

    run_tasks()
    assert songs_of(venue) == []


def test_what_somebody_changed_meanwhile_is_passed_by_and_shown_again(site, venue, manager):
    creep = make_song(title="Creep", artist="Radiohead", key="A")
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)
    change_library_song(venue=venue, song=creep, by=manager, key="B")

    row = apply(venue, manager)
    assert row.applied == {"passed": 1, "new": 1}
    later(venue)

    assert look(venue, manager).differences.get().fields == {"key": ["B", "G"]}


def test_a_run_that_was_killed_goes_on_and_each_difference_is_applied_once(site, venue, manager, monkeypatch):
    monkeypatch.setattr("apps.catalog.list_applying.BATCH", 1)
    site.serve(TWO)
    listed(venue, manager)
    row = look(venue, manager)
    task = apply_song_list(venue=venue, by=manager, digest=row.shown)
    go_on(pk=row.pk)
    assert len(songs_of(venue)) == 1

    again = apply_song_list(venue=venue, by=manager, digest=row.shown)
    assert (again.pk, again.is_new) == (task.pk, False)
    with pytest.raises(SongListBusy):
        fetch_song_list(venue=venue, by=manager)
    with pytest.raises(SongListBusy):
        listed(venue, manager)
    run_tasks()

    assert len(songs_of(venue)) == 2
    assert find(venue=venue, by=manager).applied == {"new": 2}
    assert AuditEvent.objects.filter(verb="apply_song_list").count() == 2


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_of_many_who_apply_at_once_each_difference_is_applied_once(monkeypatch):
    monkeypatch.setattr("apps.catalog.list_applying.BATCH", 1)
    manager = make_user()
    venue = make_venue(manager=manager)
    rows = "".join(f"Song number {n},Artist {n}\n" for n in range(12))
    row = listed(venue, manager, near="new")
    with lists_served() as lists:
        lists.serve("title,artist\n" + rows)
        row = list_sync.finish_and_look(song_list=row, told=lambda done, of: None, get=lists.get)
    list_sync.begin(song_list=row, by=manager)

    raised = in_threads([lambda: list_sync.finish(song_list=row, told=lambda done, of: None)] * 4)

    row.refresh_from_db()
    assert raised == []
    assert (row.state, row.applied, row.differences.count()) == ("done", {"new": 12}, 0)
    assert len(songs_of(venue)) == 12
    assert AuditEvent.objects.filter(verb="apply_song_list").count() == 12


def test_who_has_lost_the_venue_meanwhile_applies_nothing(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    row = look(venue, manager)
    apply_song_list(venue=venue, by=manager, digest=row.shown)

    venue.managers.clear()
    run_tasks()

    row.refresh_from_db()
    assert (songs_of(venue), row.state) == ([], "ready")


def test_where_nothing_differs_there_is_nothing_to_apply(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    with pytest.raises(NothingToApply):
        apply_song_list(venue=venue, by=manager, digest="")
    look(venue, manager)
    digest = apply(venue, manager).shown

    with pytest.raises(NothingToApply):
        apply_song_list(venue=venue, by=manager, digest=digest)


def test_keys_that_go_are_written_down(site, venue, manager):
    creep = make_song(title="Creep", artist="Radiohead", key="A")
    change_library_song(venue=venue, song=creep, by=manager, key="B")
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)

    apply(venue, manager)

    event = AuditEvent.objects.get(verb="apply_song_list")
    assert (event.actor, event.before) == (manager, {"keys": {str(creep.pk): "B"}})


# By the clock ---------------------------------------------------------------------------------------------------


def clock(venue):
    SongList.objects.filter(venue=venue).update(next_at=timezone.now() - timedelta(minutes=1))
    later(venue)
    sync_sources()
    run_tasks()
    return SongList.objects.get(venue=venue)


def test_the_clock_looks_at_what_is_due_and_applies_nothing(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager, schedule="daily")
    assert sync_sources() == {"due": 0}

    row = clock(venue)

    assert (row.state, songs_of(venue)) == ("ready", [])
    assert timedelta(hours=23) < row.next_at - timezone.now() < timedelta(hours=25)
    assert sync_sources() == {"due": 0}


def test_where_the_venue_wants_it_the_list_is_applied_by_itself(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager, schedule="hourly", by_itself=True)
    assert look(venue, manager).state == "ready"  # somebody looks at it

    assert clock(venue).state == "done"

    assert len(songs_of(venue)) == 2
    assert AuditEvent.objects.get(verb="apply_song_list").actor == manager


@pytest.mark.parametrize(("left", "goes"), [(8, True), (7, False), (0, False)])
def test_not_where_too_many_songs_would_go(site, venue, manager, left, goes):
    def lines(n):
        return "title,artist\n" + "".join(f"Song number {n},Artist {n}\n" for n in range(n))

    site.serve(lines(10))
    listed(venue, manager, schedule="hourly", by_itself=True)
    clock(venue)
    site.serve(lines(left))

    row = clock(venue)

    assert (len(songs_of(venue)), row.state) == ((left, "done") if goes else (10, "ready"))


def test_not_where_a_row_could_not_be_read_and_its_song_would_go(site, venue, manager):
    lines = [f"Song number {n},Artist {n}" for n in range(10)]
    site.serve("\n".join(["title,artist", *lines]))
    listed(venue, manager, schedule="hourly", by_itself=True)
    clock(venue)
    site.serve("\n".join(["title,artist", *lines[:-1], "Song number 9"]))

    assert clock(venue).state == "ready"
    assert len(songs_of(venue)) == 10


def test_not_on_behalf_of_somebody_who_manages_the_venue_no_more(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager, schedule="hourly", by_itself=True)
    venue.managers.set([make_user()])

    assert clock(venue).state == "ready"
    assert songs_of(venue) == []


def test_two_clocks_look_once(site, venue, manager, monkeypatch):
    site.serve(TWO)
    listed(venue, manager, schedule="hourly")
    SongList.objects.update(next_at=timezone.now() - timedelta(minutes=1))
    both = [*SongList.objects.due(), *SongList.objects.due()]
    monkeypatch.setattr("apps.catalog.queries.SongListQuerySet.due", lambda self: both)

    assert sync_sources() == {"due": 1}


# Who and what ---------------------------------------------------------------------------------------------------


def test_another_venues_manager_sees_and_does_nothing(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    digest, other = look(venue, manager).shown, make_venue(manager=make_user()).managers.get()

    for no in (
        lambda: find(venue=venue, by=other),
        lambda: listed(venue, other),
        lambda: fetch_song_list(venue=venue, by=other),
        lambda: decide(venue=venue, by=other, answer="new"),
        lambda: apply_song_list(venue=venue, by=other, digest=digest),
    ):
        with pytest.raises(NotAVenueManager):
            no()


def test_an_answer_is_about_ones_own_list(site, venue, manager):
    other = make_venue(manager=manager)
    make_song(title="Creep", artist="Radiohead")
    site.serve("title,artist\nCreep (Live),Radiohead\n")
    for one in (venue, other):
        listed(one, manager)
        look(one, manager)
    theirs = ListDifference.objects.get(song_list__venue=other)

    assert decide(venue=venue, by=manager, answer="new", difference=theirs.pk) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://lists.example/"), ("url", "https://127.0.0.1/"), ("url", "https://router.local/"), ("url", "x"),
        ("url", "https://sam:secret@lists.example/"), ("url", "https://lists.example/" + "x" * 1000), ("near", ""),
        ("schedule", "always"), ("mapping", {"Weeks": "owner"}), ("mapping", ["title"]),
        ("mapping", {"x" * 201: "key"}),
    ],
)  # fmt: skip
def test_what_cannot_be_set(venue, manager, field, value):
    with pytest.raises(Invalid) as refused:
        set_song_list(venue=venue, by=manager, **{"url": URL, field: value})

    assert set(refused.value.fields) == {field}


def test_without_an_address_the_venue_has_no_list_and_its_songs_stay(site, venue, manager):
    site.serve(TWO)
    listed(venue, manager)
    look(venue, manager)
    apply(venue, manager)

    set_song_list(venue=venue, by=manager, url="")

    with pytest.raises(NoSongList):
        find(venue=venue, by=manager)
    assert len(songs_of(venue)) == 2


def test_the_audit_log_does_not_have_the_address(venue, manager):
    listed(venue, manager)

    assert "lists.example" not in json.dumps(list(AuditEvent.objects.values("before", "after")))


# The command ----------------------------------------------------------------------------------------------------


def test_the_command_says_what_changes_and_applies_it_if_asked(site, venue, manager, capsys):
    site.serve(TWO)
    listed(venue, manager)

    call_command("sync_songs", venue=venue.slug)
    assert "new: Creep, Radiohead" in capsys.readouterr().out
    assert songs_of(venue) == []
    call_command("sync_songs", venue=venue.slug, apply=True)

    assert "Applied: new 2." in capsys.readouterr().out
    assert len(songs_of(venue)) == 2


def test_the_command_says_what_is_wrong(site, venue, manager):
    with pytest.raises(CommandError, match="no venue"):
        call_command("sync_songs", venue=venue.slug)
    site.answer("/list", lambda one: one.say(404, b""))
    listed(venue, manager)

    with pytest.raises(CommandError, match="HTTP 404"):
        call_command("sync_songs", venue=venue.slug)


def test_an_address_that_is_changed_while_it_is_fetched_keeps_nothing_of_the_other(site, venue, manager):
    def meanwhile(one):
        SongList.objects.update(url="https://lists.example/other")
        one.say(200, TWO.encode(), Content_Type="text/csv")

    row = listed(venue, manager)

    def get(url, **how):
        found = site.get(url, **how)
        SongList.objects.update(url="https://lists.example/other")
        return found

    site.serve(TWO)
    with pytest.raises(ListNotFetched):
        list_sync.finish_and_look(song_list=row, told=lambda done, of: None, get=get)

    assert SongList.objects.get().digest == ""
