"""Backups: made while people vote, restored to a fresh cluster and recounted; and what is refused."""

import json
import os
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import count

import psycopg
import pytest
from django.conf import settings as ours
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.core.backups import files, kept, postgresql
from apps.core.backups.kept import backups_in, described, read_backup
from apps.core.backups.restoring import holds_data
from apps.jams.models import Attendee, JamSong
from apps.stage.models import Slot
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote
from tests.databases import asking
from tests.factories import make_attendee, make_jam, make_jam_song, make_slot, make_song
from tests.processes import wait_until
from tests.races import in_threads
from tests.servers import find_postgres, start_postgres

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = count(1)
SONGS, PEOPLE, VOTERS = 30, 90, 3
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's programs")


@pytest.fixture(autouse=True)
def folders(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT = tmp_path / "media"
    private = settings.STORAGES["private"]
    options = {**private["OPTIONS"], "location": tmp_path / "private"}
    settings.STORAGES = settings.STORAGES | {"private": private | {"OPTIONS": options}}
    settings.BACKUP_DIR = tmp_path / "backups"
    if connection.vendor == "postgresql":
        monkeypatch.setenv("PATH", f"{find_postgres()}:{os.environ['PATH']}")


@pytest.fixture(scope="module")
def new_cluster():
    if connection.vendor != "postgresql":
        return ""
    url = start_postgres()
    with psycopg.connect(url, autocommit=True) as maker:
        maker.execute("CREATE ROLE app LOGIN")
    return url


@pytest.fixture
def fresh(new_cluster, tmp_path):
    """The URL of an empty database of a cluster that has never held ours, whose owner may nothing else."""
    if not new_cluster:
        return f"sqlite:///{tmp_path}/fresh.sqlite3"
    name = f"fresh{next(NAMES)}"
    with psycopg.connect(new_cluster, autocommit=True) as maker:
        maker.execute(f"CREATE DATABASE {name} OWNER app")
    return new_cluster.replace("postgres@/postgres?", f"app@/{name}?")


def say(*words, **options):
    said = StringIO()
    call_command(*words, stdout=said, **options)
    return said.getvalue()


def backup(**options):
    say("backup", ours.BACKUP_DIR, **options)
    return backups_in(ours.BACKUP_DIR)[-1]


# What is restored -------------------------------------------------------------------------------------


def test_every_vote_that_was_acknowledged_before_is_restored_to_a_fresh_cluster_and_counted(fresh):
    jam = make_jam()
    songs = [make_jam_song(jam=jam) for _ in range(SONGS)]
    people = Attendee.objects.bulk_create(Attendee(jam=jam, secret_hash=str(n)) for n in range(PEOPLE))
    acknowledged, over = {}, threading.Event()

    def vote(own):
        for person in own:
            for song in songs:
                if over.is_set():
                    return
                cast_vote(jam_song=song, attendee=person)
                acknowledged[song.pk, person.pk] = timezone.now()

    def keep():
        try:
            wait_until(lambda: len(acknowledged) >= 20)
            backup()
        finally:
            over.set()

    raised = in_threads([keep, *(lambda own=people[n::VOTERS]: vote(own) for n in range(VOTERS))])

    made = read_backup(backups_in(ours.BACKUP_DIR)[-1])
    with asking(fresh):
        said = say("restore", made.folder)
        restored = set(Vote.objects.values_list("jam_song_id", "attendee_id"))
        wrong = differences()
    before = {pair for pair, at in acknowledged.items() if at < made.made_at}
    assert raised == []
    assert len(before) >= 20
    assert before <= restored <= set(acknowledged)
    assert wrong == []
    assert f"The counts of {SONGS} songs are right." in said
    assert Vote.objects.count() == len(acknowledged) > len(restored)  # people went on voting


def test_files_are_restored_and_nobody_else_reads_a_backup(fresh, tmp_path):
    make_song(title="Kept")
    for kind, name in (("media", "jams/a.webp"), ("private", "imports/b.csv")):
        (tmp_path / kind / name).parent.mkdir(parents=True)
        (tmp_path / kind / name).write_bytes(name.encode())
    made = backup()
    (tmp_path / "media/jams/a.webp").unlink()
    (tmp_path / "private/imports/b.csv").write_text("changed")

    with asking(fresh):
        say("restore", made)

    assert (tmp_path / "media/jams/a.webp").read_text() == "jams/a.webp"
    assert (tmp_path / "private/imports/b.csv").read_text() == "imports/b.csv"
    assert sorted(path.name for path in made.iterdir()) == ["database", "files.tar", "manifest.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent)} == {0o700}
    assert ours.SECRET_KEY.encode() not in b"".join(path.read_bytes() for path in made.iterdir())


def test_a_backup_is_restored_over_data_only_when_that_is_said(fresh):
    make_song(title="Before")
    made = backup()
    with asking(fresh):
        say("restore", made)
        make_song(title="After")

        with pytest.raises(CommandError, match="holds data. --replace"):
            say("restore", made)
        assert songs() == ["After", "Before"]
        say("restore", made, "--replace")

        assert songs() == ["Before"]
        jam_song = make_jam_song()  # triggers and sequences are there
        cast_vote(jam_song=jam_song, attendee=make_attendee(jam=jam_song.jam))
        assert differences() == []


def songs():
    from apps.catalog.models import Song

    return sorted(Song.objects.values_list("title", flat=True))


def test_open_pages_take_what_was_restored_for_newer_than_what_they_have_seen():
    jam_song, over = make_jam_song(), make_jam_song(jam=make_jam(status="ended"))
    slot = make_slot(jam_song=jam_song)
    seen = 5_000  # changes of a time that is gone
    JamSong.objects.update(revision=seen - 1)

    say("after_restore")

    jam_song.refresh_from_db()
    jam_song.jam.refresh_from_db()
    assert min(jam_song.revision, jam_song.jam.revision, Slot.objects.get(pk=slot.pk).revision) > seen
    assert JamSong.objects.get(pk=over.pk).revision == seen - 1


@pytest.mark.services
def test_nothing_of_the_time_before_stays_in_redis():
    from django.core.cache import cache

    cache.set("session of somebody", "who has logged out since")

    say("after_restore")

    assert cache.get("session of somebody") is None


def test_a_drill_restores_beside_and_leaves_all_as_it_is():
    make_jam_song()
    made = backup()
    before = databases()

    said = say("restore", "--verify")

    assert f"{made.name}, made " in said
    assert "can be restored" in said
    assert "The count of 1 song is right." in said
    assert databases() == before
    assert JamSong.objects.count() == 1


def test_a_drill_finds_counts_that_were_wrong_already():
    JamSong.objects.filter(pk=make_jam_song().pk).update(votes=3)
    backup()

    with pytest.raises(CommandError, match="1 count differs from its votes"):
        say("restore", "--verify")


def databases():
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database ORDER BY 1")
        return cursor.fetchall()


# What is refused --------------------------------------------------------------------------------------


@pytest.fixture
def made_up(tmp_path):
    """A backup of nothing, as its manifest says."""

    def make(**facts):
        folder = tmp_path / "made up"
        folder.mkdir()
        (folder / "database").write_text("no database")
        tarfile.open(folder / "files.tar", "w").close()
        manifest = {"format": 1, "made_at": "2026-11-30T22:58:00+00:00", "release": "9.9", "vendor": connection.vendor,
                    "migrations": {}, "files": described(folder)}  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest | facts))
        return folder

    return make


def refused(folder, *words):
    with pytest.raises(CommandError) as error:
        say("restore", folder, *words)
    return str(error.value)


def test_what_is_no_backup_is_refused(tmp_path, made_up):
    with pytest.raises(CommandError, match="There is no backup in .*backups. Name one, or set BACKUP_DIR"):
        say("restore")
    assert "manifest.json is missing" in refused(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    assert "its manifest.json cannot be read" in refused(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    assert "its manifest.json cannot be read" in refused(tmp_path)
    folder = made_up()
    (folder / "files.tar").unlink()
    assert "files.tar is missing" in refused(folder)


@pytest.mark.parametrize("content", ["no databasE", "no data", ""])
def test_a_backup_that_is_not_what_was_written_is_refused(made_up, content):
    folder = made_up()
    (folder / "database").write_text(content)

    assert "database is not what was written: its size or its SHA-256 differs" in refused(folder)


def test_a_manifest_that_leaves_something_out_is_refused(made_up):
    folder = made_up(files={})
    (folder / "database").write_text("whatever")

    assert "its manifest.json cannot be read" in refused(folder)


def test_what_is_no_database_changes_nothing(fresh, made_up):
    make_song(title="Before")
    made = backup()
    with asking(fresh):
        say("restore", made)

        said = refused(made_up(), "--replace")

        assert songs() == ["Before"]
    if connection.vendor == "postgresql":
        assert "pg_restore failed, and nothing was changed: " in said
    else:
        assert "cannot be restored: file is not a database" in said


@pytest.mark.parametrize(
    "name", ["elsewhere/stray", "media/../stray", "media/../../stray", "media//tmp/stray", "media"]
)
def test_files_that_would_come_elsewhere_are_refused(fresh, made_up, tmp_path, name):
    folder = made_up()
    with tarfile.open(folder / "files.tar", "w") as packed:
        packed.addfile(tarfile.TarInfo(name))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": described(folder)}))

    with asking(fresh):
        assert "files.tar holds what no backup has" in refused(folder)
        assert not holds_data()

    assert list(tmp_path.rglob("stray")) == []


def test_a_backup_of_a_newer_release_or_of_another_database_is_refused(made_up, tmp_path):
    newer = {"format": 2}, {"migrations": {"jams": ["0001_initial", "9000_to_come"]}}
    other = {"vendor": "oracle"}

    said = []
    for number, facts in enumerate((*newer, other)):
        folder = made_up(**facts)
        said.append(refused(folder))
        folder.rename(tmp_path / str(number))

    assert "was made by a newer JamVote (9.9). Restore it with that one." in said[0]
    assert f"by release 9.9, and this one ({ours.RELEASE}) does not know jams.9000_to_come. Install" in said[1]
    assert f"It is of oracle, and DATABASE_URL names a database of {connection.vendor}." in said[2]


def test_nothing_is_restored_while_redis_is_away(settings, made_up, fresh):
    settings.REDIS_URL = "redis://127.0.0.1:1"

    with asking(fresh):
        assert "Redis does not answer. Start it first" in refused(made_up())
        assert not holds_data()


def test_nothing_is_restored_while_others_have_the_database_open(fresh, made_up):
    with others_in(fresh), asking(fresh):
        said = refused(made_up())

    assert "Others " in said
    assert "Stop " in said


@contextmanager
def others_in(url):
    if url.startswith("postgresql"):
        with psycopg.connect(url.replace("app@", "postgres@")):
            yield
    else:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
            other.execute("PRAGMA journal_mode=WAL")
            other.execute("SELECT * FROM sqlite_master").fetchall()
            yield


@on_postgresql
def test_a_restore_that_fails_half_way_changes_nothing(fresh, monkeypatch, tmp_path):
    file = tmp_path / "media" / "a.webp"
    file.parent.mkdir()
    file.write_text("before")
    make_song(title="Before")
    made = backup()
    with asking(fresh):
        say("restore", made)
        make_song(title="After")
        file.write_text("after")
        monkeypatch.setattr(postgresql, "EMPTY", postgresql.EMPTY + "SELECT 1 / 0;")

        said = refused(made, "--replace")

        assert "psql failed, and nothing was changed: " in said
        assert "division by zero" in said
        assert songs() == ["After", "Before"]
    assert file.read_text() == "after"
    assert list(file.parent.iterdir()) == [file]


@on_postgresql
def test_programs_that_are_missing_or_too_old_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(postgresql, "OF_A_VERSION", f"{tmp_path}/{{}}")
    monkeypatch.setenv("PATH", str(tmp_path))
    server = connection.pg_version // 10_000

    with pytest.raises(CommandError, match=f"pg_dump is missing. Install .* \\(Debian: postgresql-client-{server}\\)"):
        say("backup")
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    program.chmod(0o755)
    with pytest.raises(CommandError, match=f"pg_dump is of PostgreSQL 9, and the server of {server}. Install"):
        say("backup")

    assert backups_in(ours.BACKUP_DIR) == []


@on_postgresql
def test_a_drill_says_what_it_may_not(made_up, fresh):
    with asking(fresh):
        said = refused(made_up(), "--verify")

    assert "may not make a database to try it in. As a superuser: ALTER ROLE" in said


# Half ones and old ones -------------------------------------------------------------------------------


def test_half_a_backup_is_none(monkeypatch):
    def full(to):
        raise OSError(28, "No space left on device", str(to))

    monkeypatch.setattr(files, "pack", full)

    with pytest.raises(CommandError, match="No space left on device. No backup was made."):
        backup()

    assert list(ours.BACKUP_DIR.iterdir()) == []


def test_what_a_killed_backup_left_is_no_backup_and_goes_after_a_day():
    whole, now = backup(), timezone.now()
    old, recent = now - timedelta(days=2), now - timedelta(hours=1)
    for at in (old, recent):
        part = ours.BACKUP_DIR / at.strftime(f"{kept.STAMP}.part")
        part.mkdir()
        (part / "manifest.json").write_text((whole / "manifest.json").read_text())
        os.utime(part, (at.timestamp(), at.timestamp()))

    assert backups_in(ours.BACKUP_DIR) == [whole]
    kept.erase_old(ours.BACKUP_DIR, now=now, days=1, keep=1)

    assert {path.name for path in ours.BACKUP_DIR.iterdir()} == {whole.name, recent.strftime(f"{kept.STAMP}.part")}


@pytest.mark.parametrize(("days", "keep", "left"), [(3, 1, 3), (3, 5, 5), (1, 1, 1), (30, 1, 6)])
def test_old_ones_are_erased_but_never_the_newest(tmp_path, days, keep, left):
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    for age in range(6):  # days
        folder = tmp_path / (now - timedelta(days=age, minutes=1)).strftime(kept.STAMP)
        folder.mkdir()
        (folder / "manifest.json").touch()
    (tmp_path / "jamvote-of-somebody-else").mkdir()

    erased = kept.erase_old(tmp_path, now=now, days=days, keep=keep)

    assert erased == 6 - left
    assert len(kept.backups_in(tmp_path)) == left
    assert (tmp_path / "jamvote-of-somebody-else").exists()


def test_a_number_of_days_is_one():
    with pytest.raises(CommandError, match="--days and --keep take a number from 1 on"):
        say("backup", days=0)
