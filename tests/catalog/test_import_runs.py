"""Imports in steps: whatever ends a process in the middle, each row is taken once."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from apps.accounts.models import AuditEvent
from apps.catalog import import_runs
from apps.catalog.answers import answer_questions
from apps.catalog.errors import ImportNotReady, StaffOnly, Unreadable
from apps.catalog.import_runs import problems_of, step
from apps.catalog.models import Song
from apps.catalog.run_models import ImportBatch, ImportRun
from apps.catalog.uploads import begin_import, forget_old_imports, sample_of, start_import
from apps.core.errors import Invalid, NotAllowed, NotThere
from tests.factories import make_song, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(import_runs, "BATCH", 10)
    monkeypatch.setattr(import_runs, "NEAR_BATCH", 10)


def upload(*lines, header="title,artist", by=None):
    content = "\n".join([header, *lines]).encode()
    return start_import(by=by or make_user(), file=ContentFile(content, name="my songs.csv"))


def begun(*lines, header="title,artist", by=None, **options):
    run = upload(*lines, header=header, by=by)
    return begin_import(run=run, by=run.owner, columns=run.columns, **options)


def to_the_end(run):
    steps = 0
    while run.state != "done":
        run, steps = step(run=run, seconds=0), steps + 1
    return run, steps


def counts(run):
    return {name: count for name, count in run.counts.items() if count}


def songs(number):
    return [f"Song {n},Artist" for n in range(number)]


def test_a_file_is_taken_step_by_step():
    run = begun(*songs(25))

    once = step(run=run, seconds=0)
    assert (once.state, once.position, counts(once), Song.objects.count()) == ("running", 11, {"added": 10}, 10)
    assert 0 < once.percent < 100
    run, steps = to_the_end(once)

    assert (steps, run.position, run.percent, counts(run)) == (3, 26, 100, {"added": 25})
    assert run.ended_at
    assert step(run=run).counts == run.counts


def test_one_step_may_do_it_all():
    assert step(run=begun(*songs(25)), seconds=60).state == "done"


def test_what_is_repeated_is_found_across_steps():
    run, _steps = to_the_end(begun(*songs(15), "SONG 3!,artist"))

    assert counts(run) == {"added": 15, "repeated": 1}
    assert [str(problem) for problem in problems_of(run)] == ["line 17: repeated: title “SONG 3!” is in line 5 already"]
    assert not any(map(bytes, run.batches.values_list("seen", flat=True)))


def test_a_step_that_is_cut_off_leaves_nothing_and_is_done_again(monkeypatch):
    run = step(run=begun(*songs(25)), seconds=0)
    monkeypatch.setattr(ImportBatch.objects, "create", lambda **fields: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        step(run=run, seconds=0)
    monkeypatch.undo()
    assert Song.objects.count() == 10

    run.refresh_from_db()
    run, _steps = to_the_end(run)

    assert counts(run) == {"added": 25}


def test_who_has_an_older_state_of_it_does_no_step_twice():
    run = begun(*songs(25))
    older = ImportRun.objects.get(pk=run.pk)
    step(run=run, seconds=0)

    assert step(run=older, seconds=0).position == 11

    assert (Song.objects.count(), ImportBatch.objects.count()) == (10, 1)


@pytest.mark.django_db(transaction=True)
def test_two_that_go_on_at_once_take_each_row_once():
    run = begun(*songs(95))

    def go_on():
        own = ImportRun.objects.get(pk=run.pk)
        while own.state != "done":
            own = step(run=own, seconds=0)
        connection.close()

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    run.refresh_from_db()
    assert counts(run) == {"added": 95}
    assert Song.objects.count() == 95


def test_a_dry_run_is_begun_again_for_good():
    run, _steps = to_the_end(begun(*songs(15), ",nobody", dry_run=True))
    assert (counts(run), Song.objects.count()) == ({"added": 15, "rejected": 1}, 0)

    run = begin_import(run=run, by=run.owner, columns=run.columns)
    run, _steps = to_the_end(run)

    assert (counts(run), Song.objects.count()) == ({"added": 15, "rejected": 1}, 15)
    assert len(list(problems_of(run))) == 1
    assert begin_import(run=run, by=run.owner, columns=run.columns, dry_run=True).state == "done"
    assert AuditEvent.objects.get(verb="import").after == {"file": "my songs.csv", "update": False, "near": ""}


def test_columns_are_guessed_and_can_be_changed():
    run = upload("Creep;Radiohead;12;x", header="Song;Band;Weeks on chart;Weeks")
    assert run.columns == ["title", "artist", None, None]
    assert sample_of(run) == [
        ("Song", ["Creep"]), ("Band", ["Radiohead"]), ("Weeks on chart", ["12"]), ("Weeks", ["x"]),
    ]  # fmt: skip

    begin_import(run=run, by=run.owner, columns=["title", "artist", "popularity", None])
    run.refresh_from_db()
    to_the_end(run)

    assert Song.objects.get().popularity == 12


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["title", None], "Missing: artist"),
        (["title", "title"], "Missing: artist"),
        (["title", "artist", "artist"], "Two columns are to be artist"),
        (["title", "artist", "id"], "Songs have no column id"),
        ([], "Missing: title, artist"),
    ],
)
def test_columns_that_cannot_be_are_refused(columns, message):
    run = upload("Creep,Radiohead,x", header="a,b,c")

    with pytest.raises(Unreadable, match=message):
        begin_import(run=run, by=run.owner, columns=columns)

    with pytest.raises(ImportNotReady):
        step(run=run)


@pytest.mark.parametrize(("content", "message"), [(b"", "empty"), (b"PK\x03\x04\x00", "not a CSV file")])
def test_what_is_no_csv_file_is_not_kept(content, message):
    with pytest.raises(Unreadable, match=message):
        start_import(by=make_user(), file=ContentFile(content, name="x.csv"))

    assert ImportRun.objects.count() == 0


@pytest.mark.parametrize(("empty", "kept"), [(98, 1), (99, 0)])
def test_a_file_has_so_many_columns_that_a_page_can_ask_for_each(empty, kept):
    with suppress(Unreadable):
        upload("Creep,Radiohead", header="title,artist" + "," * empty)

    assert ImportRun.objects.count() == kept


def test_a_file_has_a_size_and_a_number_of_rows(settings):
    settings.MAX_IMPORT_ROWS = 2
    assert upload(*songs(2))
    assert upload(*songs(2), "")
    with pytest.raises(Invalid) as caught:
        upload(*songs(3))
    assert "at most 2" in str(caught.value.fields)

    settings.MAX_IMPORT_BYTES = 10
    with pytest.raises(Invalid) as caught:
        upload(*songs(1))
    assert "too large" in str(caught.value.fields)


def test_nobody_keeps_more_imports_than_they_may(settings):
    settings.MAX_IMPORTS = 2
    host, other = make_user(), make_user()
    first = upload("Creep,Radiohead", by=host)
    upload("One,U2", by=host)

    with pytest.raises(Invalid) as caught:
        upload("Halo,Beyoncé", by=host)
    assert "Discard one" in str(caught.value.fields)
    assert upload("Halo,Beyoncé", by=other)

    first.delete()
    assert upload("Halo,Beyoncé", by=host)


def test_who_has_no_account_that_may_imports_nothing():
    with pytest.raises(NotAllowed):
        upload(*songs(1), by=AnonymousUser())


def test_only_staff_change_songs():
    run = upload(*songs(1))

    with pytest.raises(StaffOnly):
        begin_import(run=run, by=run.owner, columns=run.columns, update=True)

    assert begin_import(run=run, by=make_user(role="staff"), columns=run.columns, update=True).update


def test_a_run_is_its_owners_and_staff_see_all():
    run, other, staff = upload(*songs(1)), make_user(), make_user(role="staff")

    seen = [list(ImportRun.objects.visible_to(user)) for user in (run.owner, other, staff)]

    assert seen == [[run], [], [run]]


@pytest.mark.django_db(transaction=True)
def test_old_runs_go_with_their_files(settings):
    settings.IMPORT_DAYS = 7
    old, young = upload(*songs(1)), upload(*songs(1))
    ImportRun.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))

    assert forget_old_imports() == 1

    assert list(ImportRun.objects.all()) == [young]
    assert not old.file.storage.exists(old.file.name)
    assert young.file.storage.exists(young.file.name)


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_its_owner_and_no_address_leads_to_it(client, settings):
    run = upload(*songs(1))
    assert not run.file.path.startswith(str(settings.MEDIA_ROOT))

    run.owner.delete()

    assert not run.file.storage.exists(run.file.name)
    with pytest.raises(NotThere):
        step(run=ImportRun(pk=run.pk, state="running", columns=run.columns, file=upload(*songs(1)).file))


# Questions --------------------------------------------------------------------------------------------


def asked(*lines, **options):
    make_song(title="Creep", artist="Radiohead", popularity=1)
    return to_the_end(begun(*lines, near="ask", header="title,artist,popularity", **options))[0]


def test_rows_that_may_be_known_are_asked_about():
    run = asked("Creep (Live),Radiohead,5", "Karma Police,Radiohead,6")

    [question] = run.questions.all()
    assert counts(run) == {"added": 1, "asked": 1}
    assert (question.line, question.song.title, question.answer) == (2, "Creep", "")
    assert question.values == {"title": "Creep (Live)", "artist": "Radiohead", "popularity": 5}


def test_a_dry_run_asks_nothing_yet():
    assert not asked("Creep (Live),Radiohead,5", dry_run=True).questions.exists()


def test_a_row_is_taken_as_new():
    run = asked("Creep (Live),Radiohead,5", "Creep (Acoustic),Radiohead,6")

    assert answer_questions(run=run, by=run.owner, answer="new", lines=[3]) == 1
    assert answer_questions(run=run, by=run.owner, answer="new", lines=[3]) == 0

    run.refresh_from_db()
    assert counts(run) == {"added": 1, "asked": 1}
    assert Song.objects.get(title="Creep (Acoustic)").popularity == 6


def test_a_row_is_taken_for_the_song_that_it_may_be():
    run = asked("Creep (Live),Radiohead,5")

    answer_questions(run=run, by=run.owner, answer="known")

    run.refresh_from_db()
    assert (counts(run), Song.objects.get().popularity) == ({"known": 1}, 1)


def test_and_changes_it_where_the_run_changes_songs():
    run = asked("Creep (Live),Radiohead,5", "Creep (Acoustic),Radiohead,5", by=make_user(role="staff"), update=True)

    answer_questions(run=run, by=run.owner, answer="known")

    run.refresh_from_db()
    assert counts(run) == {"updated": 1, "known": 1}
    assert Song.objects.values_list("title", "popularity").get() == ("Creep", 5)


def test_a_row_that_may_be_one_of_an_earlier_row_is_asked_about_that():
    run = asked("Zombie,The Cranberries,1", "Zombie (Live),The Cranberries,2")

    assert run.questions.get().song.title == "Zombie"


def test_a_song_that_is_gone_leaves_the_row_to_be_new():
    run = asked("Creep (Live),Radiohead,5")
    Song.objects.all().delete()

    assert answer_questions(run=run, by=run.owner, answer="known") == 0
    assert answer_questions(run=run, by=run.owner, answer="new") == 1
    assert Song.objects.get().title == "Creep (Live)"
