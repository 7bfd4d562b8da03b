"""Sharding by jam: Citus' hash and layout, the SQL that lays the tables out, and what docs/scaling.md says of both.

Citus itself is not here. What its documentation asks of keys and foreign keys is read from PostgreSQL's catalogue.
"""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from apps.jams.models import Jam, JamSong
from deploy.citus.balance import Night, hashint8, isolated, loads, read_options, shard_of, unevenness
from tests.factories import make_attendee, make_jam, make_jam_song, make_sign_up, make_slot, make_vote, make_webhook

DOCS = Path("docs/scaling.md").read_text()
SQL = Path("deploy/citus/distribute.sql").read_text()
postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")

# Balance ----------------------------------------------------------------------------------------------


def test_the_hash_is_known():
    assert [hashint8(value) for value in (0, 1, 42, -7, 2**53 + 1)] == [
        -272711505, -1905060026, 1509752520, -82204417, -1466497253,
    ]  # fmt: skip


@postgresql
@pytest.mark.django_db
def test_the_hash_is_that_of_postgresql():
    rng = random.Random(5)
    values = [-(2**63), 2**63 - 1, -1, 2**32, *(rng.randrange(-(2**63), 2**63) for _ in range(500)), *range(500)]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hashint8(value) FROM unnest(%s::bigint[]) WITH ORDINALITY AS t (value, n) ORDER BY n", [values]
        )
        theirs = [hashed for (hashed,) in cursor]

    assert [hashint8(value) for value in values] == theirs


@pytest.mark.parametrize("shards", [1, 3, 32, 128])
def test_every_hash_has_a_shard_and_every_shard_its_share(shards):
    found = [shard_of(key, shards) for key in range(20_000)]

    assert set(found) == set(range(shards))
    assert max(found.count(shard) for shard in range(shards)) < 1.4 * len(found) / shards


def test_nobody_is_lost_whatever_is_set_apart():
    nights = [Night(jam, venue=0, voters=10.0 + jam) for jam in range(1, 200)]
    everybody = sum(night.voters for night in nights)

    for apart in (0, 1, 10, 199):
        load = isolated(nights, apart, shards=32, nodes=8)
        assert sum(load) == pytest.approx(everybody)
        assert unevenness(load) >= 1
    assert isolated(nights, 0, shards=32, nodes=8) == loads(nights, lambda night: night.jam, shards=32, nodes=8)


def test_the_largest_night_weighs_on_one_node_however_it_is_put():
    nights = [Night(jam, venue=0, voters=1.0) for jam in range(1, 32)] + [Night(1000, venue=0, voters=100.0)]

    assert max(isolated(nights, 1, shards=32, nodes=32)) >= 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--nodes", "0"], "a whole number from 1 on"),
        (["--nodes", "2,x"], "x: a whole number"),
        (["--nodes", "64"], "64 nodes for 32 shards"),
        (["--large", "30"], "--large must be more than --middle"),
        (["--large", "10001"], "10000 at most"),
        (["--venues", "-1"], "a whole number from 1 on"),
    ],
)
def test_what_cannot_be_is_said(words, said, capsys):
    with pytest.raises(SystemExit) as stopped:
        read_options(words)

    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def balance(*words):
    command = [sys.executable, "deploy/citus/balance.py", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_docs_show_what_the_command_prints():
    assert balance() in DOCS


def test_another_seed_is_another_world_and_the_same_one_the_same():
    few = ["--venues", "20", "--weeks", "2", "--nodes", "4"]

    assert balance(*few, "--seed", "2") == balance(*few, "--seed", "2") != balance(*few, "--seed", "3")


# Layout -----------------------------------------------------------------------------------------------

# As Citus they refuse triggers; what else it asks for is looked at when all is done.
CITUS = """
CREATE TEMPORARY TABLE laid_out (name regclass PRIMARY KEY, key text, colocated text);
CREATE FUNCTION pg_temp.lay_out(laid regclass, laid_key text, laid_with text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = laid AND NOT tgisinternal) THEN
        RAISE 'triggers on %', laid;
    END IF;
    INSERT INTO laid_out VALUES (laid, laid_key, laid_with);
END $$;
CREATE FUNCTION create_reference_table(laid regclass) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.lay_out(laid, NULL, NULL)
$$;
CREATE FUNCTION create_distributed_table(laid regclass, laid_key text, colocate_with text DEFAULT 'default')
RETURNS void LANGUAGE sql AS $$ SELECT pg_temp.lay_out(laid, laid_key, colocate_with) $$;
"""
UNIQUE_WITHOUT_KEY = """
SELECT indexrelid::regclass::text FROM pg_index JOIN laid_out ON indrelid = name
WHERE indisunique AND key IS NOT NULL AND NOT (
    SELECT attnum FROM pg_attribute WHERE attrelid = indrelid AND attname = key) = ANY (indkey)
"""
FOREIGN_KEYS = """
SELECT f.conname, here.name IS NOT NULL, here.key, there.name IS NOT NULL, there.key,
       (SELECT attname FROM pg_attribute WHERE attrelid = f.confrelid AND attnum = f.confkey[n])
FROM pg_constraint f LEFT JOIN laid_out here ON here.name = f.conrelid
LEFT JOIN laid_out there ON there.name = f.confrelid LEFT JOIN LATERAL (
    SELECT n FROM generate_subscripts(f.conkey, 1) n JOIN pg_attribute ON attrelid = f.conrelid AND attnum = f.conkey[n]
    WHERE attname = here.key) column_of ON true
WHERE f.contype = 'f'
"""


def rows(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


@pytest.fixture
def night(db):
    """As it was before; what is asked of a foreign key is asked now, so that tables can be altered."""
    jam = make_jam()
    song, attendee = make_jam_song(jam=jam), make_attendee(jam=jam)
    make_vote(jam_song=song, attendee=attendee)
    make_sign_up(slot=make_slot(jam_song=song), attendee=attendee)
    make_webhook(jam=jam)
    rows_of_a_night = JamSong.objects.filter(pk=song.pk)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(CITUS)
        cursor.execute(SQL)
    return rows_of_a_night, attendee


@postgresql
def test_what_is_unique_is_so_within_a_jam(night):
    assert rows(UNIQUE_WITHOUT_KEY) == []
    assert rows("SELECT count(*) FROM pg_index JOIN laid_out ON indrelid = name WHERE indisprimary") == [(19,)]


@postgresql
def test_foreign_keys_are_such_as_citus_takes(night):
    for name, placed, key, target_placed, target_key, column in rows(FOREIGN_KEYS):
        within = key and target_key and column == target_key
        to_everywhere = target_placed and target_key is None
        apart_from_it = not placed and not target_placed
        assert within or to_everywhere or apart_from_it, name


@postgresql
def test_all_that_knows_its_jam_is_laid_out_by_it_or_said_to_stay(night):
    laid_out = {
        name: (key, colocated) for name, key, colocated in rows("SELECT name::text, key, colocated FROM laid_out")
    }

    assert laid_out["jams_jam"] == ("id", "default")
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if table != "jams_jam" and any(of_a_night(field) for field in model._meta.local_fields):
            assert laid_out.get(table) == ("jam_id", "jams_jam") or table.startswith("webhooks_"), table
    for table in laid_out:
        assert f"`{table}`" in DOCS


def of_a_night(field):
    return field.is_relation and field.related_model._meta.label in (
        "jams.Jam",
        "jams.JamSong",
        "jams.Attendee",
        "stage.Slot",
    )


@postgresql
def test_the_database_still_counts_and_closes(night):
    songs, attendee = night
    song = songs.get()
    cast = "INSERT INTO voting_vote (jam_id, jam_song_id, attendee_id, created_at) VALUES (%s, %s, %s, now())"
    assert (song.votes, song.votable) == (1, True)

    with pytest.raises(IntegrityError), transaction.atomic():
        rows(cast + " RETURNING id", song.jam_id, song.pk, attendee.pk)
    rows("DELETE FROM voting_vote RETURNING id")
    assert songs.get().votes == 0
    rows(cast + " RETURNING id", song.jam_id, song.pk, attendee.pk)
    assert songs.get().votes == 1
    other = make_jam_song(jam=song.jam)
    rows("UPDATE voting_vote SET jam_song_id = %s RETURNING id", other.pk)
    other.refresh_from_db()
    assert (songs.get().votes, other.votes) == (0, 1)
    Jam.objects.filter(pk=song.jam_id).update(voting_paused=True)
    assert not songs.get().votable


@postgresql
def test_an_address_is_one_jams(night):
    songs, _ = night
    jam = songs.get().jam

    assert rows("SELECT jam_id FROM jams_address WHERE slug = %s AND code = %s", jam.slug, jam.code) == [(jam.pk,)]
    with pytest.raises(IntegrityError, match="one_address_per_slug"), transaction.atomic():
        rows("INSERT INTO jams_address VALUES (%s, %s, 'ZZZZZZ') RETURNING 1", jam.pk + 1, jam.slug)


def test_the_docs_have_the_calls_that_lay_out():
    for line in re.findall(r"^SELECT create_\w+_table\(.*\);$", SQL, re.MULTILINE):
        assert line in DOCS
