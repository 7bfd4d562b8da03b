"""What retires shared answers, by every way of writing; tests/test_shared_answers.py has who gets them."""

import io
import re
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from apps.catalog.imports import import_songs
from apps.catalog.models import Song, Venue
from apps.core.store import LocalStore, copies, store
from apps.jams import lineup, operations, reads
from apps.jams.models import Jam, JamSong
from apps.voting.operations import cast_vote, leave_jam, suggest_song, take_back_vote
from tests.callers import Caller
from tests.factories import (
    make_attendee,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_song,
    make_staff,
    make_user,
    make_venue,
)
from tests.races import in_threads
from tests.routes import HOSTS, ROLES, address, make_world

pytestmark = pytest.mark.django_db(transaction=True)

# Who gets what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["jam", "jam-by-slug", "snapshot", "jam-songs"])
def test_a_draft_is_shared_with_nobody(name):
    world = make_world()
    path = address(world, name)
    Jam.objects.filter(pk=world.jam.pk).update(status="draft")

    for _ in range(2):
        for role in ROLES:
            answer = world.callers[role]("GET", path)
            assert answer.status_code == (200 if role in HOSTS | {"host_without_csrf"} else 404), role
            assert answer["Cache-Control"] == "private, no-store"
    assert store.groups() == []


@pytest.mark.parametrize("path", ["/api/v1/jams?mine=true", "/api/v1/jams?status=draft&mine=1"])
def test_ones_own_jams_are_private(path):
    world = make_world()
    make_jam(host=world.host, status="draft", name="Own draft")

    answers = {role: world.callers[role]("GET", path) for role in ("host", "other_host", "anonymous", "staff")}

    assert {role for role, answer in answers.items() if b"Own draft" in answer.content} <= {"host", "staff"}
    assert {answer["Cache-Control"] for answer in answers.values()} == {"private, no-store"}
    assert store.groups() == []


def test_a_jam_that_becomes_a_draft_again_is_gone_at_once():
    jam = make_jam()
    get(f"/api/v1/jams/{jam.slug}"), get("/api/v1/jams")

    jam.status = "draft"
    jam.save()

    assert get(f"/api/v1/jams/{jam.slug}").status_code == 404
    assert get("/api/v1/jams").json()["count"] == 0


# What retires it --------------------------------------------------------------------------------------


def get(path):
    return Caller()("GET", path)


class Night:
    """A jam with everything that a write could change, and its reads."""

    def __init__(self):
        self.host, self.staff = make_user(), make_staff()
        self.venue = make_venue(manager=self.host)
        self.jam = make_jam(host=self.host, venue=self.venue)
        self.song = make_jam_song(jam=self.jam, title="Valerie")
        self.sam, self.token = make_attendee_with_token(jam=self.jam, name="Sam")
        self.phone, self.host_calls = Caller(token=self.token), Caller(user=self.host)
        self.paths = {
            "jams": "/api/v1/jams", "jam": f"/api/v1/jams/{self.jam.slug}",
            "jam-by-slug": f"/api/v1/jams/by-slug/{self.jam.slug}",
            "snapshot": f"/api/v1/jams/{self.jam.slug}/snapshot",
            "jam-songs": f"/api/v1/jams/{self.jam.slug}/songs", "songs": "/api/v1/songs",
            "song": f"/api/v1/songs/{self.song.song_id}", "venues": "/api/v1/venues",
            "venue": f"/api/v1/venues/{self.venue.slug}",
        }  # fmt: skip

    def read(self):
        """As another process would find it: without this one's copies."""
        copies.clear()
        return {name: get(path).content for name, path in self.paths.items()}

    def anew(self):
        """As the database has it."""
        store.retire(*store.groups())
        return self.read()


LATER = "2026-12-01T20:00:00Z"
RESOURCE = {"jams", "jam", "jam-by-slug"}
BOARD = {"snapshot", "jam-songs"}
SONGS = {"songs", "song"}
VENUES = {"venues", "venue"}
WRITES = {
    "a vote": (BOARD, lambda n: cast_vote(jam_song=n.song, attendee=n.sam)),
    "a vote by the API": (BOARD, lambda n: n.phone("PUT", f"{n.paths['jam-songs']}/{n.song.pk}/vote")),
    "somebody joins": ({"snapshot"}, lambda n: make_attendee(jam=n.jam)),
    "somebody leaves": ({"snapshot"}, lambda n: leave_jam(attendee=n.sam)),
    "a suggestion": (BOARD, lambda n: suggest_song(jam=n.jam, attendee=n.sam, title="New", artist="A")),
    "a host queues": (BOARD | RESOURCE, lambda n: lineup.queue_song(jam_song=n.song, host=n.host)),
    "a host adds": (BOARD | RESOURCE, lambda n: lineup.add_songs(jam=n.jam, host=n.host, songs=[make_song()])),
    "a host plays": (BOARD | RESOURCE, lambda n: lineup.play_song(jam_song=n.song, host=n.host)),
    "a host ends": ({"snapshot"} | RESOURCE, lambda n: operations.end_jam(jam=n.jam, host=n.host)),
    "a host pauses": ({"snapshot"} | RESOURCE, lambda n: operations.set_paused(jam=n.jam, host=n.host, voting=True)),
    "a host changes": (RESOURCE, lambda n: operations.change_jam(jam=n.jam, host=n.host, name="Other")),
    "counts are hidden": (BOARD, lambda n: operations.change_jam(jam=n.jam, host=n.host, counts="hidden")),
    "a jam is saved": ({"snapshot"} | RESOURCE, lambda n: save(n.jam, name="Other")),
    "a jam is made": ({"jams"}, lambda n: make_jam()),
    "a jam is deleted": (RESOURCE | BOARD, lambda n: operations.delete_jam(jam=n.jam, host=n.host)),
    "a jam is duplicated": (set(), lambda n: n.host_calls("POST", f"{n.paths['jam']}/duplicate", {"starts_at": LATER})),
    "a jam song is saved": (BOARD, lambda n: save(n.song, pinned=True)),
    "a jam song is deleted": (BOARD, lambda n: n.song.delete()),
    "a song is saved": (SONGS | BOARD, lambda n: save(n.song.song, title="Other")),
    "a song is deleted": ({"songs"}, lambda n: Song.objects.get(title="Spare").delete()),
    "songs are imported": ({"songs"}, lambda n: imported("title,artist\nNew,Somebody\n")),
    "songs are imported anew": (SONGS | BOARD, lambda n: imported("title,artist,key\nValerie,The Testers,Em\n", True)),
    "a venue is saved": (VENUES | RESOURCE, lambda n: save(n.venue, name="Other")),
    "a venue is made": ({"venues"}, lambda n: make_venue()),
    "a venue is deleted": ({"venues"}, lambda n: Venue.objects.get(name="Spare").delete()),
    "votes are taken away": (BOARD, lambda n: take_back_vote(jam_song=n.song, attendee=n.sam)),
}  # fmt: skip


def save(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=list(fields))


def imported(text, update=False):
    import_songs(io.BytesIO(text.encode()), update=update)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_seen_by_the_next_read_of_every_process(write):
    changes, act = WRITES[write]
    night = Night()
    make_song(title="Spare")
    make_venue(name="Spare")
    if write == "votes are taken away":
        cast_vote(jam_song=night.song, attendee=night.sam)
    before = night.read()

    act(night)
    after = night.read()
    fresh = night.anew()

    assert {name for name in before if after[name] != before[name]} >= changes
    for name in before:
        # Hidden counts have the time in place of revisions.
        without_time = [
            re.sub(rb'"(now|request_id|revision)":("[^"]*"|\d{13})', b"", body[name]) for body in (after, fresh)
        ]
        assert without_time[0] == without_time[1], name


def test_a_vote_leaves_lists_alone():
    night = Night()
    night.read()

    cast_vote(jam_song=night.song, attendee=night.sam)

    assert set(store.groups()) == {"jams", f"info.{night.jam.slug}", "songs", "venues"}


def test_who_votes_sees_it_at_once_by_api_and_page():
    night = Night()
    page = Client()
    page.post(f"/j/{night.jam.code}", {"display_name": "Ana"})
    for number in range(1, 6):
        caller = Caller(token=make_attendee_with_token(jam=night.jam)[1])
        assert caller("PUT", f"{night.paths['jam-songs']}/{night.song.pk}/vote").json()["votes"] == number
        assert caller("GET", night.paths["snapshot"]).json()["songs"][0]["votes"] == number
    page.post(f"/jams/{night.jam.slug}/songs/{night.song.pk}/vote", {"voted": "1"})
    assert page.get(night.paths["snapshot"]).json()["songs"][0]["votes"] == 6


def test_a_song_that_is_edited_in_the_admin_shows_at_once():
    night = Night()
    night.read()
    admin, host = Client(), Client()
    admin.force_login(night.staff)
    host.force_login(night.host)
    song = night.song.song
    form = {"title": "Renamed", "artist": song.artist, "key": "", "style": "", "tags": "[]", "parts": "[]",
            "chord_sheet_url": "", "popularity": 0, "listed": "on", "year": "", "tempo": "",
            "duration": ""}  # fmt: skip

    answer = admin.post(f"/admin/catalog/song/{song.pk}/change/", form)
    assert answer.status_code == 302, answer.content.decode()

    for client in (host, Client()):
        for name in ("songs", "song", "snapshot", "jam-songs"):
            assert b"Renamed" in client.get(night.paths[name]).content, name
    assert b"Renamed" in host.get(f"/jams/{night.jam.slug}/host").content


def test_ended_boards_follow_the_library_too():
    night = Night()
    operations.end_jam(jam=night.jam, host=night.host)
    night.read()

    save(night.song.song, title="Renamed")

    assert b"Renamed" in night.read()["snapshot"]


@pytest.mark.services
def test_under_a_writer_loop_no_reader_sees_an_older_state_after_a_newer_one():
    """And none sees fewer votes than were acknowledged before it asked."""
    night = Night()
    people = [make_attendee(jam=night.jam) for _ in range(40)]
    acknowledged, stop, wrong = [0], threading.Event(), []
    client = Client()

    def read():
        seen = (0, 0)
        while not stop.is_set():
            at_least = acknowledged[0]
            board = client.get(night.paths["snapshot"], headers={"Cookie": "jam-1=x"}).json()
            now = (board["songs"][0]["votes"], board["revision"])
            if now[0] < max(at_least, seen[0]) or now[1] < seen[1]:
                wrong.append((at_least, seen, now))
            seen = now
        connection.close()

    readers = [threading.Thread(target=read) for _ in range(4)]
    for thread in readers:
        thread.start()
    for person in people:
        acknowledged[0] = cast_vote(jam_song=night.song, attendee=person).votes
    stop.set()
    for thread in readers:
        thread.join()

    assert not wrong
    assert night.read()["snapshot"].count(b'"votes":40') >= 1


# Operators --------------------------------------------------------------------------------------------


def run(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.mark.services
def test_warming_makes_first_reads_hits(settings, django_assert_num_queries):
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "http://testserver", ["testserver"]
    night = Night()

    assert run("warm_cache") == "Warm: 7 answers.\n"

    with django_assert_num_queries(0):
        for name in ("jams", "jam-by-slug", "snapshot", "songs", "venues"):
            assert Caller()("GET", night.paths[name], Host="testserver").status_code == 200


@pytest.mark.services
def test_clearing_forgets_one_kind_or_all():
    night = Night()
    night.read()

    assert run("clear_cache", "board") == "Forgotten: 1 group.\n"
    assert set(store.groups()) == {"jams", f"info.{night.jam.slug}", "songs", "venues"}
    run("clear_cache")
    assert store.groups() == []
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("clear_cache", "nothing")


@pytest.mark.services
def test_statistics_say_how_often_each_kind_was_answered():
    night = Night()
    for _ in range(4):
        night.read()
    from apps.core.counts import counts

    counts.tell()
    lines = {line.split()[0]: line.split() for line in run("cache_stats").splitlines()}

    assert lines["jams"][0] == "jams"
    assert float(lines["board"][5].rstrip("%")) > 0
    assert "used_memory" in lines


@pytest.mark.skipif(not isinstance(store, LocalStore), reason="Redis is there")
@pytest.mark.parametrize("command", ["cache_stats", "clear_cache"])
def test_without_redis_commands_say_that_they_cannot_reach_the_server(command):
    with pytest.raises(CommandError, match="REDIS_URL"):
        call_command(command)


def test_the_document_has_the_table_of_the_settings():
    text = (Path(settings.BASE_DIR) / "docs" / "caching.md").read_text()
    rows = {tuple(cell.strip(" `") for cell in line.strip("|").split("|")) for line in text.splitlines()}

    for kind, (group, seconds, edge, retired_by) in settings.CACHED.items():
        assert (kind, group, str(seconds), str(edge), retired_by) in rows


def test_a_jam_is_in_the_groups_of_the_settings():
    jam = make_jam()

    groups = {settings.CACHED[kind][0].format(slug=jam.slug) for kind in ("jams", "nights", "songs", "jam", "board")}

    assert set(jam.cached_in) == groups
    assert JamSong(jam=jam).jam.stream in groups


# As new as somebody has heard of ------------------------------------------------------------------------


def vote_elsewhere(jam_song):
    cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))
    jam_song.refresh_from_db()
    return jam_song.votes


def shown(jam, since):
    answer = get(f"/api/v1/jams/{jam.slug}/snapshot?since={since}").json()
    return answer["revision"], answer["songs"][0]["votes"]


@pytest.mark.services
def test_a_copy_is_new_enough_when_it_has_reached_the_number(django_assert_num_queries):
    jam_song = make_jam_song()
    jam = jam_song.jam
    vote_elsewhere(jam_song)
    first, votes = shown(jam, 0)
    vote_elsewhere(jam_song)  # retires it

    with django_assert_num_queries(0):
        assert shown(jam, first) == (first, votes)
    newer = shown(jam, first + 1)

    assert newer[0] > first
    assert newer[1] == votes + 1


@pytest.mark.parametrize("since", ["x", "-1", "9" * 30, ""])
def test_a_number_that_is_none_gets_the_newest(since):
    jam_song = make_jam_song()
    shown(jam_song.jam, 0)

    votes = vote_elsewhere(jam_song)

    assert shown(jam_song.jam, since)[1] == votes


@pytest.mark.services
def test_those_who_waited_take_what_was_computed_though_a_vote_has_retired_it(monkeypatch):
    """Thirty at once while each computation is overtaken by a vote: two computations, not thirty."""
    jam_song = make_jam_song()
    voters = iter([make_attendee(jam=jam_song.jam) for _ in range(40)])
    asked, snapshot = [], reads.snapshot

    def overtaken(jam, place):
        asked.append(1)
        said = snapshot(jam, place)
        time.sleep(0.05)
        cast_vote(jam_song=jam_song, attendee=next(voters))
        return said

    monkeypatch.setattr(reads, "snapshot", overtaken)
    path, client = f"/api/v1/jams/{jam_song.jam.slug}/snapshot", Client(headers={"Cookie": "a=b"})
    client.get("/api/v1/venues")

    assert in_threads([lambda: client.get(path)] * 30) == []

    assert len(asked) < 10
