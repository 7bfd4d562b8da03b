"""Counters that are written later: nothing lost, nothing doubled, nobody waits."""

import os
import threading

import psycopg
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import SongView
from apps.catalog.statistics import write_song_views
from apps.core import write_behind as module
from apps.core.write_behind import WriteBehind, own_connection, today
from apps.jams.models import JamView
from apps.jams.statistics import write_views
from tests.factories import make_jam, make_song
from tests.processes import wait_until
from tests.test_connections import backends


@pytest.fixture
def counter():
    counter = WriteBehind()
    yield counter
    counter.stop()
    assert counter.writer is None


class Kept:
    """Where nothing but the mechanism is looked at: a table in memory."""

    def __init__(self):
        self.sums = {}

    def __call__(self, batch):
        for key, times in batch.items():
            self.sums[key] = self.sums.get(key, 0) + times


# The process ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_threads_count_and_every_count_is_written_once(counter, settings):
    settings.WRITE_BEHIND_SECONDS = 0.01  # written again and again meanwhile
    kept = Kept()
    threads = [threading.Thread(target=lambda: [counter.add(kept, n % 7) for n in range(7000)]) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter.stop()

    assert kept.sums == {(n,): 4000 for n in range(7)}


@pytest.mark.django_db(transaction=True)
def test_a_large_batch_is_written_at_once(counter, monkeypatch):
    monkeypatch.setattr(module, "LARGE", 3)
    written, kept = threading.Event(), Kept()

    def write(batch):
        kept(batch)
        written.set()

    for n in range(3):
        counter.add(write, n)

    assert written.wait(20)
    assert len(kept.sums) == 3


@pytest.mark.django_db(transaction=True)
def test_a_process_in_which_nothing_is_counted_has_no_thread(counter):
    counter.add(Kept(), 1)
    busy = counter.writer

    counter.stop()
    counter.stop()

    assert busy is not None
    assert not busy.is_alive()
    assert counter.writer is None


@pytest.mark.django_db(transaction=True)
def test_counting_goes_on_after_a_stop(counter):
    kept = Kept()
    counter.add(kept, 1)
    counter.stop()

    counter.add(kept, 1)
    counter.stop()

    assert kept.sums == {(1,): 2}


def test_different_keys_are_bounded_and_known_ones_go_on(counter, monkeypatch):
    monkeypatch.setattr(module, "MOST", 3)
    kept = Kept()
    monkeypatch.setattr(counter, "start", lambda: None)

    for n in [*range(5), 0, 4]:
        counter.add(kept, n)

    assert {key: times for (_write, key), times in counter.counted.items()} == {(0,): 2, (1,): 1, (2,): 1}
    counter.counted.clear()


@pytest.mark.django_db(transaction=True)
def test_a_bug_in_one_kind_loses_its_batch_and_no_other(counter, caplog):
    def broken(batch):
        raise ZeroDivisionError

    kept = Kept()
    counter.add(kept, 1)
    counter.add(broken, 1)
    counter.stop()
    counter.add(kept, 1)
    counter.stop()

    assert kept.sums == {(1,): 2}
    assert "a batch is lost" in caplog.text


def test_without_a_thread_to_be_had_nobody_is_disturbed(counter, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    kept = Kept()

    counter.add(kept, 1)

    assert counter.writer is None
    assert len(counter.counted) == 1
    counter.counted.clear()


# The database -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_batch_is_added_to_what_is_there(counter):
    jam = make_jam()
    batch = {(jam.slug, today(), "jam"): 3, (jam.slug, today(), "screen"): 1}

    write_views(batch)
    write_views(batch)

    assert set(JamView.objects.values_list("jam", "day", "page", "times")) == {
        (jam.pk, today(), "jam", 6),
        (jam.pk, today(), "screen", 2),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("songs", "statements"), [(1, 1), (30, 1), (501, 2)])
def test_a_batch_is_one_statement_for_500_rows(songs, statements):
    batch = {(make_song().pk, today()): 2 for _ in range(songs)}

    with CaptureQueriesContext(connection) as ran:
        write_song_views(batch)

    assert sum(query["sql"].startswith("INSERT") for query in ran) == statements
    assert list(SongView.objects.values_list("times", flat=True)) == [2] * songs


@pytest.mark.django_db
def test_what_was_counted_of_a_jam_or_song_that_has_gone_goes_too(counter, monkeypatch):
    monkeypatch.setattr(counter, "start", lambda: None)
    jam, song, gone = make_jam(), make_song(), make_jam()
    counter.add(write_views, jam.slug, today(), "jam")
    counter.add(write_views, gone.slug, today(), "jam")
    counter.add(write_song_views, song.pk, today())
    counter.add(write_song_views, song.pk + 1000, today())
    gone.delete()

    counter.write()

    assert list(JamView.objects.values_list("jam", "times")) == [(jam.pk, 1)]
    assert list(SongView.objects.values_list("song", "times")) == [(song.pk, 1)]
    assert counter.counted == {}
    jam.delete()
    assert not JamView.objects.exists()


@pytest.mark.django_db
def test_a_jam_that_goes_in_the_middle_of_a_batch_makes_it_wait_for_the_next_one(counter, monkeypatch):
    monkeypatch.setattr(counter, "start", lambda: None)
    kept, sound = Kept(), []

    def write(batch):
        if not sound:
            raise IntegrityError
        kept(batch)

    counter.add(write, 1)
    counter.write()
    sound.append(True)
    counter.add(write, 1)
    counter.write()

    assert kept.sums == {(1,): 2}


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_counts_wait(counter, caplog):
    jam = make_jam()
    count = lambda: counter.add(write_views, jam.slug, today(), "jam")  # noqa: E731
    name = connection.settings_dict["NAME"]
    allow = f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS '
    count()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute(allow + "false")
        try:
            counter.stop()
        finally:
            other.execute(allow + "true")
    assert "1 counts wait for the database" in caplog.text
    assert "1 counts are lost" in caplog.text  # had it been the end

    count()
    counter.stop()

    assert JamView.objects.get().times == 2


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_processes_that_write_the_same_rows_neither_lose_nor_wait_in_a_circle(caplog):
    songs = [make_song().pk for _ in range(40)]
    orders = [songs, songs[::-1], songs[20:] + songs[:20]]

    def process(order):
        counter = WriteBehind()
        for _ in range(15):
            for song in order:
                counter.add(write_song_views, song, today())
            counter.stop()

    threads = [threading.Thread(target=process, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(SongView.objects.values_list("times", flat=True)) == {45}
    assert "wait" not in caplog.text


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_no_connection_stays_behind(counter):
    song, before = make_song(), backends()

    counter.add(write_song_views, song.pk, today())
    counter.stop()

    assert SongView.objects.get().times == 1
    wait_until(lambda: backends() <= before)  # PostgreSQL takes its time to say goodbye


def test_the_writer_takes_no_connection_from_the_pool():
    options = connection.settings_dict.setdefault("OPTIONS", {})
    options["pool"] = {"max_size": 2}
    try:
        assert "pool" not in own_connection().settings_dict["OPTIONS"]
        assert "pool" in connection.settings_dict["OPTIONS"]
    finally:
        del options["pool"]
