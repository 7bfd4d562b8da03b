"""Imports by a task, in steps: whatever ends a process in the middle, each row is taken once."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext, override

from apps.accounts.models import AuditEvent
from apps.catalog import import_runs
from apps.catalog.answers import answer_questions
from apps.catalog.errors import StaffOnly, Unreadable
from apps.catalog.files import opened
from apps.catalog.import_runs import forget_old_imports, problems_of, step
from apps.catalog.models import Song
from apps.catalog.run_models import ImportBatch, ImportRun
from apps.catalog.uploads import begin_import, resume_import, sample_of, start_import
from apps.core.errors import Invalid, NotAllowed, NotThere
from apps.tasks.models import Task
from apps.tasks.running import claim
from tests.factories import make_song, make_user
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch, settings):
    settings.IMPORT_STEP_SECONDS = 0
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
        run, steps = step(run=run), steps + 1
    return run, steps


def counts(run):
    return {name: count for name, count in run.counts.items() if count}


def songs(number):
    return [f"Song {n},Artist" for n in range(number)]


def test_a_file_is_taken_step_by_step():
    run = begun(*songs(25))

    once = step(run=run)
    assert (once.state, once.position, counts(once), Song.objects.count()) == ("running", 11, {"added": 10}, 10)
    assert 0 < once.percent < 100
    run, steps = to_the_end(once)

    assert (steps, run.position, run.percent, counts(run)) == (3, 26, 100, {"added": 25})
    assert run.ended_at
    assert step(run=run).counts == run.counts


def test_one_step_may_do_it_all(settings):
    settings.IMPORT_STEP_SECONDS = 60

    assert step(run=begun(*songs(25))).state == "done"


def test_what_is_repeated_is_found_across_steps():
    run, _steps = to_the_end(begun(*songs(15), "SONG 3!,artist"))

    assert counts(run) == {"added": 15, "repeated": 1}
    assert [str(problem) for problem in problems_of(run)] == ["line 17: repeated: title “SONG 3!” is in line 5 already"]
    assert not any(map(bytes, run.batches.values_list("seen", flat=True)))


def test_a_step_that_is_cut_off_leaves_nothing_and_is_done_again(monkeypatch):
    run = step(run=begun(*songs(25)))
    monkeypatch.setattr(ImportBatch.objects, "create", lambda **fields: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        step(run=run)
    monkeypatch.undo()
    assert Song.objects.count() == 10

    run.refresh_from_db()
    run, _steps = to_the_end(run)

    assert counts(run) == {"added": 25}


def test_who_has_an_older_state_of_it_does_no_step_twice():
    run = begun(*songs(25))
    older = ImportRun.objects.get(pk=run.pk)
    step(run=run)

    assert step(run=older).position == 11

    assert (Song.objects.count(), ImportBatch.objects.count()) == (10, 1)


@pytest.mark.django_db(transaction=True)
def test_two_that_go_on_at_once_take_each_row_once(monkeypatch):
    monkeypatch.setattr("apps.tasks.embedded.run", lambda pk: None)
    run = begun(*songs(95))

    def go_on():
        own = ImportRun.objects.get(pk=run.pk)
        while own.state != "done":
            own = step(run=own)
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

    assert not Task.objects.exists()


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


# The task -----------------------------------------------------------------------------------------------


def test_a_task_takes_it_to_its_end_and_says_how_far_it_is():
    run = begun(*songs(25))

    ran = run_tasks()

    run.refresh_from_db()
    assert [(task.pk, task.state) for task in ran] == [*[(run.task_id, "waiting")] * 3, (run.task_id, "done")]
    assert ran[-1].done == ran[-1].of == run.size
    assert (run.state, counts(run), ran[-1].result["added"]) == ("done", {"added": 25}, 25)
    assert (run.task.by, run.task.about, run.task.error) == (run.owner, f"import:{run.pk}", "")


def test_others_have_their_turn_between_two_steps():
    first, second = begun(*songs(15)), begun(*songs(25))

    ran = [task.pk for task in run_tasks()]

    assert ran[:4] == [first.task_id, second.task_id] * 2


def test_a_worker_that_is_killed_in_the_middle_is_made_up_for():
    run = begun(*songs(25))
    claim(run.task_id, "", timezone.now())
    step(run=run)  # and it is killed
    Task.objects.update(due_at=timezone.now())  # its time has passed

    run_tasks()

    run.refresh_from_db()
    assert (run.state, counts(run), Song.objects.count()) == ("done", {"added": 25}, 25)


def test_steps_use_up_no_attempts(monkeypatch):
    run = begun(*songs(75))
    fails = iter([1, 0, 0, 1, 0, 1, 0, 1] + [0] * 9)
    take = import_runs.take
    monkeypatch.setattr(import_runs, "take", lambda *of: 1 / 0 if next(fails) else take(*of))

    run_tasks(timezone.now() + timedelta(hours=2))

    run.refresh_from_db()
    assert (run.state, run.task.state, counts(run)) == ("done", "done", {"added": 75})


def test_one_whose_task_has_failed_goes_on_where_it_was(monkeypatch):
    run = begun(*songs(25))
    step(run=run)
    monkeypatch.setattr(import_runs, "take", lambda *of: 1 / 0)
    run_tasks(timezone.now() + timedelta(hours=2))
    monkeypatch.undo()
    run.refresh_from_db()
    assert (run.is_stopped, run.task.state, run.position) == (True, "failed", 11)
    assert run.task.error.startswith("ZeroDivisionError")

    again = resume_import(run=run, by=run.owner)
    assert resume_import(run=run, by=run.owner).task == again.task  # which waits
    run_tasks()

    run.refresh_from_db()
    assert (run.state, run.is_stopped, counts(run)) == ("done", False, {"added": 25})
    with pytest.raises(NotAllowed):
        resume_import(run=run, by=AnonymousUser())


@pytest.mark.parametrize("when", ["before", "in the middle"])
def test_what_is_discarded_is_let_go_of(when, monkeypatch):
    run = begun(*songs(15))
    if when == "before":
        run.delete()
    else:
        gone = ImportRun.objects.filter(pk=run.pk).delete
        monkeypatch.setattr(import_runs, "opened", lambda run: (gone(), opened(run))[1])

    (task,) = run_tasks()

    assert (task.state, task.result, Song.objects.count()) == ("done", {"gone": True}, 0)


def test_begun_twice_it_is_one_task():
    run = begun(*songs(15), dry_run=True)

    assert begin_import(run=run, by=run.owner, columns=run.columns).dry_run

    assert Task.objects.count() == 1


def test_what_is_said_of_the_rows_is_in_the_language_of_whoever_asked():
    with override("ar"):
        run = begun(",nobody")
        missing = gettext("is missing")

    run_tasks()

    [problem] = problems_of(run)
    assert problem.reason == missing != "is missing"


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
