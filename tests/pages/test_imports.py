"""Songs from a file, by the pages alone: no script is needed."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.catalog import import_runs
from apps.catalog.models import Song
from apps.catalog.run_models import ImportRun
from apps.tasks.embedded import run_next
from tests.factories import make_import, make_song, make_staff, make_user, songs_file
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def host(client):
    user = make_user()
    client.force_login(user)
    return user


def upload(client, *lines, header="title,artist"):
    return client.post("/songs/import", {"file": songs_file(*lines, header=header)}, follow=True)


def done(client, path):
    """Its page, once the worker has done it."""
    run_tasks()
    response = client.get(path)
    assert response.context["run"].state == "done"
    return response


def test_from_the_file_to_the_songs(client, host, text):
    make_song(title="Creep", artist="Radiohead")

    response = upload(
        client, "Creep (Live);Radiohead;9;x", "Zombie;The Cranberries;7;y", ";Nobody;;", header="Song;Band;Weeks;id"
    )
    path = response.redirect_chain[-1][0]
    assert "Creep (Live) · Zombie" in text(response)
    columns = {"column_0": "title", "column_1": "artist", "column_2": "popularity", "column_3": "", "near": "ask"}
    client.post(path, {**columns, "do": "try"})
    response = done(client, path)
    assert "Tried: nothing was written." in text(response)
    assert {name: n for name, _text, n in response.context["counts"] if n} == {"added": 1, "asked": 1, "rejected": 1}
    assert not Song.objects.filter(title="Zombie").exists()

    client.post(path, {**columns, "do": "begin"})
    page = text(done(client, path))

    assert Song.objects.get(title="Zombie").popularity == 7
    assert "Is it the same song?" in page
    assert "Line 2 Creep (Live) Radiohead" in page
    client.post(path, {"do": "new", "line": "2"})
    assert Song.objects.get(title="Creep (Live)").popularity == 9
    assert "Is it the same song?" not in text(client.get(path))


def test_all_that_are_left_are_answered_at_once(client, host):
    make_song(title="Creep", artist="Radiohead")
    run = make_import("Creep (Live),Radiohead", "Creep (Acoustic),Radiohead", by=host)
    client.post(run.get_absolute_url(), {"column_0": "title", "column_1": "artist", "do": "begin"})
    done(client, run.get_absolute_url())

    client.post(run.get_absolute_url(), {"do": "known"})

    run.refresh_from_db()
    assert (run.counts["known"], run.counts["asked"], Song.objects.count()) == (2, 0, 1)


def test_the_report_has_every_row_that_was_not_just_taken_and_runs_in_no_spreadsheet(client, host):
    run = make_import("=1+1,A,x", "Fine,B,1999", ",C,", by=host, header="title,artist,year")
    client.post(run.get_absolute_url(), {**{f"column_{n}": c for n, c in enumerate(run.columns)}, "do": "begin"})
    done(client, run.get_absolute_url())

    response = client.get(f"{run.get_absolute_url()}/report.csv")
    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))

    assert response["Content-Disposition"] == f'attachment; filename="import-{run.pk}.csv"'
    assert rows == [
        ["line", "outcome", "column", "value", "reason"],
        ["2", "rejected", "year", "x", "is not a year"],
        ["4", "rejected", "title", "", "is missing"],
    ]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "This field is required."),
        (songs_file(header=""), "The first line must name the columns"),
        (songs_file(header="title,artist" + "," * 99), "at most 100"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_with_words(client, host, text, file, said):
    response = client.post("/songs/import", {"file": file} if file else {})

    if file and response.status_code == 303:  # what its columns are can be said
        response = client.post(response["Location"], {"do": "begin"})
    assert response.status_code == 400
    assert said in text(response)


def test_columns_that_cannot_be_are_told_at_the_form(client, host, text):
    run = make_import(by=host)

    response = client.post(run.get_absolute_url(), {"column_0": "title", "column_1": "", "do": "begin"})

    assert response.status_code == 400
    assert "Missing: artist" in text(response)


def test_only_staff_are_offered_to_change_songs(client):
    run = make_import(by=make_user())

    client.force_login(run.owner)
    assert 'name="update"' not in client.get(run.get_absolute_url()).content.decode()
    client.force_login(make_staff())
    assert 'name="update"' in client.get(run.get_absolute_url()).content.decode()


def test_a_run_of_somebody_else_is_not_there(client, host):
    run = make_import(by=make_user())

    for method, path in [("get", ""), ("post", ""), ("get", "/report.csv")]:
        assert getattr(client, method)(run.get_absolute_url() + path, {"do": "discard"}).status_code == 404
    assert ImportRun.objects.exists()
    assert run.name not in client.get("/songs/import").content.decode()


def test_a_run_can_be_discarded(client, host, text):
    run = make_import(by=host)

    response = client.post(run.get_absolute_url(), {"do": "discard"}, follow=True)

    assert "Discarded. Songs that have come in stay." in text(response)
    assert not ImportRun.objects.exists()


def test_the_page_says_how_far_it_is_without_a_script_too(client, host, text, settings, monkeypatch):
    settings.IMPORT_STEP_SECONDS = 0
    monkeypatch.setattr(import_runs, "BATCH", 10)
    monkeypatch.setattr(import_runs, "NEAR_BATCH", 10)
    run = make_import(*(f"Song {n},Artist" for n in range(25)), by=host)
    path = run.get_absolute_url()

    begun = client.post(path, {"column_0": "title", "column_1": "artist", "do": "begin"}, follow=True)
    run_next()
    middle = client.get(path)

    assert "It goes on without this page too. Look again" in text(begun)
    assert [page.context["counts"][0][2] for page in (begun, middle)] == [0, 10]
    assert [page.context["run"].percent > 0 for page in (begun, middle)] == [False, True]
    assert "Imported." in text(done(client, path))


def test_one_that_has_stopped_says_why_and_goes_on_by_a_button(client, host, text, monkeypatch):
    run = make_import("Creep,Radiohead", by=host)
    path = run.get_absolute_url()
    client.post(path, {"column_0": "title", "column_1": "artist", "do": "begin"})
    monkeypatch.setattr(import_runs, "take", lambda *of: 1 / 0)
    run_tasks(timezone.now() + timedelta(hours=2))
    monkeypatch.undo()

    page = client.get(path)
    assert "Stopped" in text(page)
    assert "ZeroDivisionError (test_imports.py:" in text(page)
    assert "data-running" not in page.content.decode()
    client.post(path, {"do": "resume"})

    assert "Imported." in text(done(client, path))


def test_the_admin_leads_there(client):
    client.force_login(make_staff())

    path = reverse("admin:catalog_song_import_from_csv")

    assert f'href="{path}"' in client.get("/admin/catalog/song/").content.decode()
    assert client.get(path)["Location"] == "/songs/import"
