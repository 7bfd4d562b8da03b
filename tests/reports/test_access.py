"""Who reads what: rights, names, other venues, drafts; downloads say the same as the page; links and files."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import User
from apps.jams.attendees import erase_due
from apps.jams.models import Attendee, Jam, JamHost
from apps.jams.operations import end_jam
from apps.reports.errors import NotYourReport, TooManyKept, TooManyReports
from apps.reports.models import NightSummary, Report
from apps.reports.operations import erase_expired, order_report, token_of
from apps.reports.subjects import OfHost, OfJam, OfVenue
from apps.reports.tasks import make_report as make_report_task
from apps.tasks.models import Task
from tests.factories import (
    make_attendee,
    make_jam,
    make_jam_song,
    make_performance,
    make_report,
    make_song,
    make_staff,
    make_user,
    make_venue,
    make_vote,
)
from tests.reports.nights import BEGIN, make_night, make_songs
from tests.tasks.running import run_tasks

pytestmark = pytest.mark.django_db
MARK = "Zzyzx"


@pytest.fixture
def manager():
    return make_user(name="Mona Manager")


@pytest.fixture
def host():
    return make_user(name="Hanna Host")


@pytest.fixture
def venue(manager):
    return make_venue(name="The Anchor", manager=manager, time_zone="Europe/Berlin")


@pytest.fixture
def night(venue, host):
    """Ana Unmistakable played Valerie, which somebody wanted."""
    times = {"starts_at": BEGIN, "ends_at": BEGIN + timedelta(hours=4), "ended_at": BEGIN + timedelta(hours=4)}
    jam = make_jam(venue=venue, host=host, status="ended", name="Tuesday Jam", **times)
    ana = make_attendee(jam=jam, name="Ana Unmistakable")
    song = make_jam_song(jam=jam, title="Valerie", status="played")
    make_vote(jam_song=song, attendee=make_attendee(jam=jam, name="Vera Voter"))
    line_up = [{"instrument": "bass", "attendee": ana.pk}]
    begun = BEGIN + timedelta(minutes=30)
    make_performance(jam=jam, song=song.song, line_up=line_up, started_at=begun, ended_at=begun + timedelta(minutes=4))
    return jam


def read(client, user, path):
    client.force_login(user)
    return client.get(path)


# Rights -----------------------------------------------------------------------------------------------


def test_each_report_is_read_by_those_who_may(client, venue, night, manager, host):
    staff, other = make_staff(), make_user()
    paths = {
        f"/api/v1/reports/jams/{night.slug}": {manager, host, staff},
        f"/api/v1/reports/venues/{venue.slug}": {manager, staff},
        f"/api/v1/reports/hosts/{host.pk}": {host, staff},
        f"/jams/{night.slug}/report": {manager, host, staff},
        f"/jams/{night.slug}/report.csv": {manager, host, staff},
        f"/venues/{venue.slug}/report": {manager, staff},
        f"/venues/{venue.slug}/report.json": {manager, staff},
    }

    found = {path: {one for one in (manager, host, staff, other) if read(client, one, path).status_code == 200}
             for path in paths}  # fmt: skip

    assert found == paths
    client.logout()
    assert {client.get(path).status_code for path in paths} <= {302, 401, 403}


def test_a_report_is_private(client, night, host):
    for path in (f"/jams/{night.slug}/report", f"/api/v1/reports/jams/{night.slug}"):
        answer = read(client, host, path)

        assert answer["Cache-Control"] == "private, no-store"
        assert "Surrogate-Key" not in answer


def test_nothing_of_other_venues_drafts_and_hidden_songs_is_told(client, venue, night, manager):
    other = make_jam(venue=make_venue(name=f"{MARK} Cellar"), status="ended", name=f"{MARK} Night")
    make_vote(jam_song=make_jam_song(jam=other, title=f"{MARK} Elsewhere"))
    draft = make_jam(venue=venue, status="draft", name=f"{MARK} Draft")
    make_jam_song(jam=draft, title=f"{MARK} Drafted")
    for status in ("pending", "removed"):
        make_vote(jam_song=make_jam_song(jam=night, title=f"{MARK} {status}", status=status))

    for path in ("report", "report.csv", "report.json"):
        assert MARK not in read(client, manager, f"/venues/{venue.slug}/{path}").content.decode()
        assert MARK not in read(client, manager, f"/jams/{night.slug}/{path}").content.decode()
    report = client.get(f"/api/v1/reports/venues/{venue.slug}").json()
    assert report["figures"]["votes"]["value"] == 1
    assert [row["title"] for row in report["most_wanted"]] == ["Valerie"]


def test_a_host_is_compared_with_no_night_that_they_do_not_run(client, venue, night, host):
    secret = make_night(seed=7, songs=make_songs(5), venue=venue, starts_at=BEGIN - timedelta(days=7))

    assert read(client, host, f"/api/v1/reports/jams/{night.slug}").json()["before"] is None
    JamHost.objects.create(jam=secret, user=host, role="co_host")
    assert client.get(f"/api/v1/reports/jams/{night.slug}").json()["before"]["nights"] == 1


# Names and votes --------------------------------------------------------------------------------------


def test_performers_are_named_until_they_are_erased_also_where_figures_are_kept(client, venue, night, manager):
    paths = [f"/venues/{venue.slug}/report", f"/jams/{night.slug}/report", f"/api/v1/reports/venues/{venue.slug}"]

    assert all("Ana Unmistakable" in read(client, manager, path).content.decode() for path in paths)
    long_ago = timezone.now() - timedelta(days=365)
    Jam.objects.filter(pk=night.pk).update(starts_at=long_ago - timedelta(hours=4), ends_at=long_ago)
    assert erase_due() == 2

    assert not any("Ana Unmistakable" in client.get(path).content.decode() for path in paths)
    assert client.get(paths[-1]).json()["figures"]["performers"]["value"] == 1


def test_what_is_kept_has_no_names(client, venue, night, manager):
    read(client, manager, f"/venues/{venue.slug}/report")

    assert "Unmistakable" not in str(NightSummary.objects.values_list("facts", flat=True)[0])


def test_who_voted_is_told_nowhere(client, venue, night, manager):
    for path in (f"/jams/{night.slug}/report", f"/jams/{night.slug}/report.csv", f"/venues/{venue.slug}/report.json"):
        assert "Vera" not in read(client, manager, path).content.decode()
    assert Attendee.objects.filter(display_name="Vera Voter").exists()


# The same figures everywhere --------------------------------------------------------------------------


def test_page_csv_and_json_say_the_same(client, venue, manager):
    songs = make_songs(9)
    for n in range(3):
        make_night(seed=n, songs=songs, venue=venue, starts_at=BEGIN + timedelta(days=7 * n))
    report = read(client, manager, f"/api/v1/reports/venues/{venue.slug}").json()
    page = client.get(f"/venues/{venue.slug}/report").content.decode()
    file = client.get(f"/venues/{venue.slug}/report.csv")
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))

    figures = {name: value for table, name, value, *_ in rows if table == "figures" and name != "figure"}
    assert {name: figures[name] for name in report["figures"]} == {
        name: str(one["value"]) for name, one in report["figures"].items()
    }
    for name in ("nights", "most_wanted", "most_played", "never_played", "votes_over_time", "instruments"):
        assert sum(row[0] == name for row in rows) == (len(report[name]) + 1 if report[name] else 0)
    starts = [row[4] for row in rows if row[0] == "nights"][1:]
    assert starts == [row["starts_at"] for row in report["nights"]]
    assert starts[-1] == "2026-03-03T21:00:00+01:00"  # by the venue's clock
    for name in ("people", "votes", "performances"):
        assert f"<dd>{report['figures'][name]['value']:,}" in page
    again = client.get(f"/api/v1/reports/venues/{venue.slug}?format=csv").content.decode("utf-8-sig")
    assert [row for row in csv.reader(io.StringIO(again)) if row[0] != "report"] == rows[2:]
    assert file["Content-Disposition"] == 'attachment; filename="the-anchor.csv"'


def test_no_cell_is_a_formula(client, venue, night, manager):
    make_vote(jam_song=make_jam_song(jam=night, song=make_song(title="=HYPERLINK(1)", artist="@cmd")))

    rows = read(client, manager, f"/jams/{night.slug}/report.csv").content.decode()

    assert "'=HYPERLINK(1),'@cmd" in rows


def test_the_days_of_a_report_are_understood_or_left_out(client, venue, night, manager):
    page, api = f"/venues/{venue.slug}/report", f"/api/v1/reports/venues/{venue.slug}"

    assert "Valerie" in read(client, manager, f"{page}?since=2026-03-03&until=2026-03-03").content.decode()
    assert "Valerie" in client.get(f"{page}?since=nonsense").content.decode()
    assert "Valerie" in client.get(f"{page}?since=2026-03-31&until=2026-03-01").content.decode()
    assert "No night is over" in client.get(f"{page}?since=2026-03-04").content.decode()
    assert client.get(f"{api}?since=2026-03-31&until=2026-03-01").status_code == 400
    assert client.get(f"/venues/{venue.slug}/statistics?since=2026-03-03")["Location"] == f"{page}?since=2026-03-03"


def test_a_report_is_kept_until_a_night_there_changes(
    client, venue, night, manager, settings, django_capture_on_commit_callbacks
):
    settings.CACHED_READS = True
    path = f"/api/v1/reports/venues/{venue.slug}"
    first = read(client, manager, path).json()

    assert client.get(path).json()["made_at"] == first["made_at"]
    with django_capture_on_commit_callbacks(execute=True):
        night.name = "Another name"
        night.save()
    later = client.get(path).json()
    assert (later["nights"][0]["name"], later["made_at"] > first["made_at"]) == ("Another name", True)


def test_a_night_is_summed_up_when_it_ends(venue, host):
    jam = make_jam(venue=venue, host=host)

    end_jam(jam=jam, host=host)
    run_tasks()

    assert NightSummary.objects.get().jam == jam


def test_only_so_many_nights_fit_into_an_answer(client, venue, manager):
    jams = [
        make_jam(venue=venue, status="ended", name="N" * 80, starts_at=BEGIN + timedelta(hours=n)) for n in range(3)
    ]
    Jam.objects.bulk_create(
        Jam(venue=venue, name="𝄞" * 80, slug=f"{n:090}", code=f"{n:06}", status="ended", starts_at=BEGIN,
            ends_at=BEGIN + timedelta(hours=1))
        for n in range(250)
    )  # fmt: skip

    answer = read(client, manager, f"/api/v1/reports/venues/{venue.slug}")

    report = answer.json()
    assert len(answer.content) < 100_000
    assert len(report["nights"]) + report["more_nights"] == len(jams) + 250
    assert report["more_nights"] > 0


# In the background ------------------------------------------------------------------------------------


def test_a_report_is_made_by_a_task_and_mailed_as_a_link_that_opens_without_logging_in(client, venue, night, manager):
    answer = read(client, manager, "/reports")
    assert "No report is kept" in answer.content.decode()
    report = order_report(subject=OfVenue(venue), by=manager)
    assert (report.state, client.get(report.get_absolute_url())["Refresh"]) == ("waiting", "3")

    run_tasks()

    report.refresh_from_db()
    assert (report.state, report.percent) == ("done", 100)
    [letter] = mail.outbox
    assert letter.to == [manager.email]
    assert "The Anchor" in letter.subject
    link = next(line for line in letter.body.splitlines() if "/reports/link/" in line)
    client.logout()
    file = client.get(link.partition("8000")[2] if "8000" in link else link)
    content = file.content.decode()
    assert "Valerie" in content
    assert "Unmistakable" not in content  # names are erased, files are not
    assert "The Anchor" in read(client, manager, "/reports").content.decode()


def test_a_task_that_runs_twice_mails_once(venue, night, manager):
    from apps.reports.tasks import make_report as task

    report = order_report(subject=OfVenue(venue), by=manager)

    task(report=report.pk)
    task(report=report.pk)

    assert len(mail.outbox) == 1
    assert task(report=0) == {"gone": True}


def test_what_a_killed_attempt_has_written_is_not_left_behind(venue, manager):
    report = order_report(subject=OfVenue(venue), by=manager)
    files = report.file.storage
    files.save(f"reports/{report.pk}.csv", ContentFile(b"half"))

    make_report_task(report=report.pk)

    report.refresh_from_db()
    assert report.file.name == f"reports/{report.pk}.csv"
    assert files.open(report.file.name).read() != b"half"


@pytest.mark.parametrize("gone", ["right", "account"])
def test_whoever_may_no_longer_read_it_is_not_mailed_when_the_mail_is_tried_again(venue, manager, gone):
    report = make_report(owner=manager, venue=venue)
    Report.objects.update(mailed_at=None)
    if gone == "right":
        venue.managers.clear()
    else:
        User.objects.update(is_active=False)

    with pytest.raises(NotYourReport):
        make_report_task(report=report.pk)

    assert mail.outbox == []


@pytest.mark.parametrize("host", ["abc", "0", "9" * 30, "-1"])
def test_a_host_that_is_none_is_not_there_or_not_ones_own(client, host):
    assert read(client, make_staff(), f"/api/v1/reports/hosts/{host}").status_code in {403, 404}


def test_one_that_failed_is_asked_for_again_from_its_page(client, night, host):
    report = order_report(subject=OfJam(night), by=host, kind="json")
    Task.objects.filter(pk=report.task_id).update(state="failed", error="The disk is full.")

    page = read(client, host, report.get_absolute_url()).content.decode()
    assert ("The disk is full." in page, 'name="format" value="json"' in page) == (True, True)
    assert "One night" in read(client, host, "/reports").content.decode()
    answer = client.post("/reports", {"about": re.search(r'name="about" value="([^"]+)"', page)[1], "format": "json"})

    run_tasks()
    again = Report.objects.exclude(pk=report.pk).get()
    assert (answer.url, again.state, again.format) == (again.get_absolute_url(), "done", "json")


def test_somebody_keeps_so_many_and_no_more(settings, venue, manager):
    settings.MAX_REPORTS = 2
    for since in ("2026-01-01", "2026-02-01"):
        make_report(owner=manager, venue=venue, since=since)

    with pytest.raises(TooManyKept):
        order_report(subject=OfVenue(venue), by=manager)

    Report.objects.filter(since="2026-01-01").update(expires_at=timezone.now())
    assert order_report(subject=OfVenue(venue), by=manager)


def test_a_link_ends_with_its_days_and_with_its_owners_right(client, venue, night, manager):
    report = make_report(owner=manager, venue=venue)
    link = f"/reports/link/{token_of(report)}"

    assert client.get(link).status_code == 200
    assert client.get(f"{link}x").status_code == 410
    assert client.get(f"/reports/link/{report.pk}").status_code == 410
    venue.managers.clear()
    assert client.get(link).status_code == 410
    venue.managers.add(manager)
    Report.objects.update(expires_at=timezone.now())
    answer = client.get(link)
    assert (answer.status_code, "no longer kept" in answer.content.decode()) == (410, True)


def test_a_report_whose_file_is_lost_is_gone(client, venue, manager):
    report = make_report(owner=manager, venue=venue)
    report.file.storage.delete(report.file.name)
    client.force_login(manager)

    assert client.get(f"/reports/link/{token_of(report)}").status_code == 410
    assert client.get(f"/reports/{report.pk}/file").status_code == 404


def test_a_report_of_somebody_else_is_not_there(client, venue, night, manager):
    report = make_report(owner=manager, venue=venue)

    for path in (f"/reports/{report.pk}", f"/reports/{report.pk}/file", f"/api/v1/reports/{report.pk}"):
        assert read(client, make_staff(), path).status_code == 404
        assert read(client, manager, path).status_code == 200


def test_who_may_not_read_it_cannot_order_it(client, venue, night, host, manager):
    with pytest.raises(NotYourReport):
        order_report(subject=OfVenue(venue), by=host)
    client.force_login(host)
    assert client.post("/reports", {"about": f"venue:{venue.pk}"}).status_code == 303
    for odd in ("", "venue:0", "venue:x", "host:٣", "song:1", f"jam:{10**30}", "host:\x00"):
        assert client.post("/reports", {"about": odd}).status_code == 404
    assert client.post("/reports", {"about": f"host:{host.pk}", "format": "exe"}).status_code == 404
    body = {"about": f"venue:{venue.slug}"}
    assert client.post("/api/v1/reports", body, content_type="application/json").status_code == 403
    assert not Report.objects.exists()
    report = order_report(subject=OfVenue(venue), by=manager)
    venue.managers.clear()
    run_tasks()
    report.refresh_from_db()
    assert (report.state, bool(report.file), mail.outbox) == ("failed", False, [])


def test_the_same_report_is_made_once_and_not_too_many_at_once(settings, venue, manager):
    first = order_report(subject=OfVenue(venue), by=manager)

    assert order_report(subject=OfVenue(venue), by=manager) == first
    for _ in range(settings.MAX_REPORTS_AT_ONCE - 1):
        order_report(subject=OfJam(make_jam(venue=venue)), by=manager)
    with pytest.raises(TooManyReports):
        order_report(subject=OfHost(manager), by=manager)


def test_many_votes_that_were_never_counted_are_left_to_a_task(client, venue, night, manager, settings):
    settings.REPORT_VOTES_AT_ONCE = 0
    path = f"/venues/{venue.slug}/report"

    answer = read(client, manager, path)
    again = client.get(path)

    assert (answer.status_code, answer["Refresh"], again.status_code) == (202, "3", 202)
    assert "is being made" in answer.content.decode()
    assert Task.objects.filter(name="reports.sum_up_nights").count() == 1
    api = client.get(f"/api/v1/reports/venues/{venue.slug}")
    assert (api.status_code, api.json()["state"]) == (202, "waiting")
    assert api["Location"] == f"/api/v1/reports/{api.json()['id']}"
    run_tasks()
    assert "Valerie" in client.get(path).content.decode()
    assert client.get(api["Location"]).json()["state"] == "done"


def test_expired_reports_are_erased_with_their_files(venue, manager, django_capture_on_commit_callbacks, capsys):
    old = make_report(owner=manager, venue=venue, expires_at=timezone.now())
    kept = make_report(owner=manager, venue=venue)

    with django_capture_on_commit_callbacks(execute=True):
        call_command("erase_reports")

    assert capsys.readouterr().out == "1 report erased.\n"
    assert list(Report.objects.all()) == [kept]
    assert not old.file.storage.exists(old.file.name)
    assert erase_expired() == 0


def test_the_command_sums_up_what_has_not_been(night, capsys):
    Jam.objects.update(status="ended", ended_at=timezone.now())
    NightSummary.objects.all().delete()

    for _time in range(2):
        call_command("sum_up_nights")

    number = Jam.objects.count()
    assert capsys.readouterr().out == f"Nights summed up: {number}.\nNights summed up: 0.\n"
    assert NightSummary.objects.count() == number


def test_the_command_writes_a_report(venue, night, host, tmp_path, capsys):
    file = tmp_path / "report.json"

    call_command("make_report", f"venue:{venue.slug}", "--from", "2026-03-01", "--until", "2026-03-31")
    call_command("make_report", f"jam:{night.slug}", "--format", "json", "--output", str(file), "--names")
    call_command("make_report", f"host:{host.email}")

    out = capsys.readouterr().out
    assert out.count("Valerie") >= 4
    assert "Unmistakable" not in out
    assert "Ana Unmistakable" in file.read_text()
    for wrong in ("venue:nowhere", "nothing"):
        with pytest.raises(CommandError):
            call_command("make_report", wrong)
    with pytest.raises(CommandError):
        call_command("make_report", f"venue:{venue.slug}", "--from", "2026-03-02", "--until", "2026-03-01")
