"""The continuous backup (deploy/wal.sh): the cluster is killed while people vote, and restored to another one."""

import re
import shutil
import subprocess
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

from apps.core.backups.making import make_backup
from apps.core.backups.restoring import restore
from apps.jams.models import Attendee
from apps.voting.corrections import differences
from apps.voting.models import Vote
from tests.clusters import Cluster
from tests.databases import asking
from tests.factories import make_jam, make_jam_song
from tests.processes import wait_until
from tests.servers import find_postgres

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
RPO = 300  # seconds that may be lost
SONGS, PEOPLE = 10, 30
VOTE = (
    "INSERT INTO voting_vote (jam_song_id, attendee_id, month, created_at)"
    " SELECT s.id, p.id, s.month, now() FROM jams_jamsong s, jams_attendee p WHERE s.id = %s AND p.id = %s"
)
ARCHIVED = "SELECT last_archived_wal >= %s FROM pg_stat_archiver"


@pytest.fixture
def night(tmp_path, monkeypatch):
    """A cluster that archives, with a jam in it, and the votes that people could cast."""
    monkeypatch.setenv("PATH", str(find_postgres()), prepend=":")
    jam = make_jam()
    songs = [make_jam_song(jam=jam) for _ in range(SONGS)]
    people = Attendee.objects.bulk_create(Attendee(jam=jam, secret_hash=str(n)) for n in range(PEOPLE))
    cluster = Cluster(fsync="off")
    made = make_backup(folder=tmp_path, now=datetime.now(UTC))
    with asking(cluster.url):
        restore(made, replace=False)
    return cluster, iter([(song.pk, person.pk) for song in songs for person in people])


def vote(cluster, pairs, times):
    """Each is acknowledged: its commit was answered."""
    acknowledged = [next(pairs) for _ in range(times)]
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for pair in acknowledged:
            connection.execute(VOTE, pair)
    return set(acknowledged)


def counted(cluster):
    with asking(cluster.url):
        call_command("after_restore")
        assert differences() == []
        return set(Vote.objects.values_list("jam_song_id", "attendee_id"))


def archive_what_was_written(cluster):
    """As PostgreSQL does by itself when archive_timeout is over."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        [name] = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        wait_until(lambda: connection.execute(ARCHIVED, [name]).fetchone()[0])


def test_a_killed_cluster_is_restored_elsewhere_with_all_but_what_was_not_archived_and_to_any_moment(night):
    cluster, pairs = night
    before = vote(cluster, pairs, 50)
    base = cluster.run("base")
    archived = vote(cluster, pairs, 100)
    archive_what_was_written(cluster)
    latest = vote(cluster, pairs, 50)
    time.sleep(1.1 - time.time() % 1)
    moment = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    with psycopg.connect(cluster.url, autocommit=True) as operator:
        operator.execute("DELETE FROM voting_vote")
    cluster.kill()

    lost = cluster.data
    cluster.restore("drill", archives=False)
    asked_for = how_the_log_is_read(cluster)
    in_the_archive = counted(cluster)
    cluster.kill()
    cluster.data = lost
    cluster.archive_the_rest()
    cluster.restore("restored", moment)
    at_the_moment = counted(cluster)
    kept = (cluster.data / "postgresql.auto.conf").read_text()
    newest = cluster.run("base", BASES="1")

    assert base.returncode == 0, base.stderr
    assert asked_for == {"whole": 0, "missing": 1, "damaged": 255}  # of which PostgreSQL takes 1 for its end
    assert before | archived <= in_the_archive <= before | archived | latest
    assert at_the_moment == before | archived | latest
    assert vote(cluster, pairs, 1)  # it takes votes
    assert not re.search("^(restore_command|recovery_|hot_standby)", kept, re.MULTILINE)  # nor a replica
    assert newest.returncode == 0, newest.stderr
    assert [str(path) for path in (cluster.backups / "base").iterdir()] == [newest.stdout.strip()]
    wait_until(lambda: begins_with_the_newest_base(cluster.backups / "wal"))


def how_the_log_is_read(cluster):
    """What PostgreSQL is answered, by what it asks for."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        [command] = connection.execute("SHOW restore_command").fetchone()
    log, answers = cluster.backups / "wal", {}
    whole = max(log.glob(f"{'[0-9A-F]' * 24}.gz"))
    shutil.copy(whole, log / "whole.gz")
    (log / "damaged.gz").write_bytes(whole.read_bytes()[:-20])
    for name in ("whole", "missing", "damaged"):
        words = command.replace("%f", name).replace("%p", str(cluster.home / "read"))
        answers[name] = subprocess.run(words, shell=True, stderr=subprocess.DEVNULL).returncode
        (log / f"{name}.gz").unlink(missing_ok=True)
    return answers


def begins_with_the_newest_base(log):
    """Bases note in the log where they begin."""
    bases = {path.name[8:24] for path in log.glob("*.backup.gz")}
    return len(bases) == 2 and max(bases) == min(path.name[8:24] for path in log.glob(f"{'[0-9A-F]' * 24}.gz"))


def test_what_is_shipped_archives_within_what_may_be_lost():
    compose = yaml.safe_load(Path(settings.BASE_DIR, "compose.yaml").read_text())
    said = compose["services"]["postgres"]["command"]
    options = dict(word.split("=", 1) for word in said if "=" in word)

    assert 0 < int(options["archive_timeout"]) < RPO
    assert options["archive_mode"] == "on"
    assert options["archive_command"] == "sh /wal.sh archive %p %f"


# What is refused --------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path):
    """The script alone, without a server."""
    made = Cluster.__new__(Cluster)
    made.account, made.home, made.url = {}, tmp_path, ""
    made.backups, made.data = tmp_path / "backups", tmp_path / "data"
    made.script, made.programs = Path(settings.BASE_DIR, "deploy/wal.sh"), find_postgres()
    return made


def test_a_file_of_the_log_is_kept_once_and_never_overwritten(cluster, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"log" * 1000)

    first, again = (cluster.run("archive", str(file), "0A") for _ in range(2))
    file.write_bytes(b"another log")
    other = cluster.run("archive", str(file), "0A")

    assert (first.returncode, again.returncode, other.returncode) == (0, 0, 1)
    assert "is there, and is another one. Has this folder another cluster's log?" in other.stderr
    assert [path.name for path in (cluster.backups / "wal").iterdir()] == ["0A.gz"]


@pytest.mark.parametrize("kept", [200, None], ids=["cut short", "changed"])
def test_a_base_that_is_damaged_is_refused_and_leaves_nothing(cluster, tmp_path, kept):
    base = cluster.backups / "base" / "20261130T225800Z"
    base.mkdir(parents=True)
    (tmp_path / "pg_wal").mkdir()
    (tmp_path / "PG_VERSION").write_bytes(bytes(range(256)) * 4)
    for name, content in (("base", ["PG_VERSION", "pg_wal"]), ("pg_wal", [])):
        with tarfile.open(base / f"{name}.tar.gz", "w:gz") as packed:
            for one in content:
                packed.add(tmp_path / one, one)
    (base / "base.tar.gz").write_bytes((base / "base.tar.gz").read_bytes()[:kept])
    (base / "backup_manifest").write_text('{"PostgreSQL-Backup-Manifest-Version": 1}')

    done = cluster.run("restore")

    assert done.returncode == 1
    assert "cannot be unpacked whole. If it is damaged, move it away to use the one before." in done.stderr
    assert list(cluster.data.iterdir()) == []


def test_a_gap_in_the_log_is_said(cluster):
    (cluster.backups / "base" / "20261130T225800Z").mkdir(parents=True)
    (cluster.backups / "wal").mkdir()
    for line, place in ((1, "00000000000000FE"), (1, "00000000000000FF"), (2, "00000000000000FF"),
                        (2, "0000000100000000"), (2, "0000000100000002"), (2, "0000000100000003")):  # fmt: skip
        (cluster.backups / "wal" / f"{line:08}{place}.gz").touch()

    said = cluster.run("restore").stderr

    assert re.findall("gap before …([0-9A-F]+)", said) == ["0000000100000002"]


def test_what_cannot_be_restored_is_said(cluster):
    none = cluster.run("restore")
    (cluster.backups / "base" / "20261130T225800Z").mkdir(parents=True)
    early, wrong = cluster.run("restore", "2026-11-30 22:58:00"), cluster.run("restore", "yesterday")
    cluster.data.mkdir()
    (cluster.data / "PG_VERSION").touch()
    full, unknown = cluster.run("restore"), cluster.run("resotre")

    assert {one.returncode for one in (none, early, wrong, full, unknown)} == {1}
    assert "there is no base in" in none.stderr
    assert "from before 2026-11-30 22:58:00" in early.stderr
    assert 'a time is written like "2026-11-30 22:58:00", and is UTC.' in wrong.stderr
    assert "is not empty. Move what is there away" in full.stderr
    assert "archive PATH NAME, base, or restore [TIME]?" in unknown.stderr
