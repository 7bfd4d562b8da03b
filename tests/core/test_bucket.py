"""Uploaded files in a bucket of an S3 store, which is a server beside the tests."""

import os
import subprocess
import sys

import boto3
import pytest
from django.conf import settings as ours
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from moto.server import ThreadedMotoServer

from apps.catalog.run_models import ImportRun
from apps.core.backups import files
from apps.core.errors import Unavailable
from apps.core.storage import private_storage
from apps.jams.images import sizes_of
from apps.jams.models import Jam
from apps.jams.operations import change_jam
from apps.reports.models import Report
from apps.reports.operations import token_of
from apps.voting import archive
from tests.factories import PASSWORD, make_jam, make_jam_song, make_report, make_user, make_venue, make_vote
from tests.jams.test_images import new_jam, picture

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def store():
    """Its address, with an empty bucket `jams`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store, settings, monkeypatch):
    """All that is in it, by name."""
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "eu-west-1"}
    made = boto3.resource("s3", endpoint_url=store, **keys).Bucket("jams")
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    keep_in(settings, monkeypatch, store)
    yield lambda: {one.key: one.get()["Body"].read() for one in made.objects.all()}
    made.objects.all().delete()
    made.delete()


def keep_in(settings, monkeypatch, address):
    settings.S3_BUCKET, settings.S3_ENDPOINT_URL, settings.S3_REGION = "jams", address, "eu-west-1"
    settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY = "key", "secret"
    kept = {kind: {"BACKEND": "apps.core.bucket.Bucket", "OPTIONS": {"location": folder}}
            for kind, folder in (("default", "media"), ("private", "private"))}  # fmt: skip
    settings.STORAGES = settings.STORAGES | kept
    for model in (Report, ImportRun):
        monkeypatch.setattr(model._meta.get_field("file"), "storage", private_storage())


def test_a_picture_is_kept_shown_and_erased(bucket, django_capture_on_commit_callbacks):
    host = make_user()
    jam = new_jam(host, background=picture(size=(1200, 800)))
    [*sizes] = [size.name for size in sizes_of(jam.background.name)]
    assert {*bucket()} == {f"media/{name}" for name in sizes}
    assert len(sizes) == 3

    shown = Client().get(jam.background.url)
    assert jam.background.url == f"/media/{jam.background.name}"
    assert (shown.status_code, shown.content) == (200, bucket()[f"media/{jam.background.name}"])
    assert shown.headers["Content-Type"] == "image/webp"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "immutable" in shown.headers["Cache-Control"]

    with django_capture_on_commit_callbacks(execute=True):
        change_jam(jam=jam, host=host, background="")
    assert bucket() == {}
    assert Client().get(f"/media/{sizes[0]}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "reports/a.csv", "../private/reports/a.csv", "%2e%2e/private/reports/a.csv", "jams/../../private/reports/a.csv",
        "/private/reports/a.csv", "..%5cprivate%5creports%5ca.csv", "jams/%00.webp", "", "jams/",
    ],
)  # fmt: skip
def test_no_address_leads_to_what_is_private(bucket, path):
    name = private_storage().save("reports/a.csv", ContentFile(b"secret"))
    assert bucket() == {f"private/{name}": b"secret"}

    answer = Client().get(f"/media/{path}")

    assert answer.status_code == 404
    assert b"secret" not in answer.content


def test_imports_and_reports_are_read_from_it(bucket, client):
    run = sent_by(owner := make_user(email="robin@example.com", role="staff"), client)
    assert [*bucket()] == [f"private/{run.file.name}"]
    assert "Wonderwall" in client.get(f"/songs/import/{run.pk}").text

    report = make_report(owner=owner, venue=make_venue(manager=owner))
    assert client.get(f"/reports/{report.pk}/file").content == b"report"


def test_votes_are_archived_into_it_and_come_back(bucket):
    jam = make_jam(status="ended")
    make_vote(jam_song=make_jam_song(jam=jam))

    name, votes = archive.write([jam])

    assert [*bucket()] == [f"private/{name}"]
    assert votes == 1
    assert archive.read(name)


def test_a_bucket_that_is_away_is_said_so_and_nothing_is_changed(settings, monkeypatch):
    keep_in(settings, monkeypatch, NOWHERE)
    monkeypatch.setattr("apps.core.bucket.ATTEMPTS", 1)
    host = make_user()
    jam = new_jam(host)

    report = make_report(owner=host, venue=jam.venue, made_at=None, file="reports/a.csv")

    for path in ("/media/jams/a.webp", f"/reports/link/{token_of(report)}"):
        answer = Client().get(path)
        assert (path, answer.status_code, bool(answer.headers["Retry-After"])) == (path, 503, True)
    with pytest.raises(Unavailable):
        change_jam(jam=jam, host=host, name="Other", background=picture())
    assert (Jam.objects.get(pk=jam.pk).name, Jam.objects.get(pk=jam.pk).background.name) == ("Jam", "")


def test_a_file_that_is_open_can_be_read_whatever_becomes_of_the_bucket(bucket):
    name = private_storage().save("a.csv", ContentFile(b"songs"))
    with private_storage().open(name) as file:
        private_storage().delete(name)

        assert file.read() == b"songs"


def test_an_import_waits_for_a_bucket_that_is_away(bucket, client, settings, monkeypatch):
    run = sent_by(make_user(email="robin@example.com", role="staff"), client)
    keep_in(settings, monkeypatch, NOWHERE)
    monkeypatch.setattr("apps.core.bucket.ATTEMPTS", 1)

    answer = client.get(f"/songs/import/{run.pk}")

    assert (answer.status_code, bool(answer.headers["Retry-After"])) == (503, True)
    assert ImportRun.objects.get(pk=run.pk).state == run.state


def sent_by(owner, client):
    """An import, as its page sends it."""
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    sent = ContentFile(b"title,artist\nWonderwall,Oasis\n", name="songs.csv")
    client.post("/songs/import", {"file": sent})
    return ImportRun.objects.get(owner=owner)


def test_backups_leave_a_bucket_to_itself(bucket, tmp_path):
    default_storage.save("jams/a.webp", ContentFile(b"x"))
    files.pack(tmp_path / "files.tar")

    with files.unpacked(tmp_path / "files.tar") as beside:
        files.put_in_place(beside)

    assert bucket() == {"media/jams/a.webp": b"x"}


SAY = """
import sys, django; django.setup()
from django.core.files.storage import default_storage
from apps.core.storage import private_storage
assert ("boto3" in sys.modules) is bool({named!r})
print(*(f"{{one.bucket_name}}/{{one.location}} {{one.endpoint_url}} {{one.access_key}}" if {named!r} else one.location
        for one in (default_storage, private_storage())), sep="\\n")
"""


@pytest.mark.parametrize("named", ["jams", ""])
def test_a_setting_names_the_bucket_and_without_it_files_are_in_folders(named, store, tmp_path):
    settings = {"S3_BUCKET": named, "S3_ENDPOINT_URL": store, "S3_ACCESS_KEY": "key", "DATA_DIR": str(tmp_path)}
    env = os.environ | settings | {"DJANGO_SETTINGS_MODULE": "jamvote.settings"}

    said = subprocess.run(
        [sys.executable, "-c", SAY.format(named=named)], cwd=ours.BASE_DIR, env=env, capture_output=True, text=True
    )

    folders = [f"{tmp_path}/media", f"{tmp_path}/private"]
    buckets = [f"jams/{folder} {store} key" for folder in ("media", "private")]
    assert (said.stdout.splitlines(), said.stderr) == (buckets if named else folders, "")
