import csv
import io
import sys

import pytest
from django.core.management import CommandError, call_command

from apps.catalog import import_runs
from apps.catalog.models import Song
from tests.factories import make_song

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path):
    """Import these lines; what the command said."""

    def import_lines(*lines, **options):
        file = tmp_path / "songs.csv"
        file.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
        out = io.StringIO()
        call_command("import_songs", str(file), stdout=out, **options)
        return out.getvalue()

    return import_lines


def test_an_import_sums_up(run):
    said = run("title,artist,song_id", "Creep,Radiohead,1", "creep,radiohead,2", "a0ha,Some\u00a0body,3", ",Nobody,4")

    assert said.splitlines() == [
        "line 3: repeated: title “creep” is in line 2 already",
        "line 4: warning: title “a0ha” has a digit 0 inside a word",
        "line 5: rejected: title “” is missing",
        "Columns not used: song_id.",
        "4 rows: 2 added, 0 updated, 0 known, 1 repeated in the file, 1 rejected; 1 cleaned, 1 with a warning.",
    ]
    assert Song.objects.count() == 2


def test_a_dry_run_says_so_and_writes_nothing(run):
    said = run("title,artist", "Creep,Radiohead", dry_run=True)

    assert said.splitlines() == [
        "Dry run: nothing was written.",
        "1 row: 1 added, 0 updated, 0 known, 0 repeated in the file, 0 rejected; 0 cleaned, 0 with a warning.",
    ]
    assert Song.objects.count() == 0


def test_an_update_is_asked_for(run):
    make_song(title="Creep", artist="Radiohead")

    assert "0 updated, 1 known" in run("title,artist,tempo", "Creep,Radiohead,92")
    assert "1 updated, 0 known" in run("title,artist,tempo", "Creep,Radiohead,92", update=True)
    assert Song.objects.get().tempo == 92


def test_the_report_has_every_problem_and_runs_in_no_spreadsheet(run, tmp_path):
    report = tmp_path / "report.csv"

    said = run("title,artist,year", *(f"=Song {number},A,=1+1" for number in range(150)), report=str(report))

    rows = list(csv.reader(report.open(encoding="utf-8-sig", newline="")))
    assert rows[:2] == [
        ["line", "outcome", "column", "value", "reason"],
        ["2", "rejected", "year", "'=1+1", "is not a year"],
    ]
    assert len(rows) == 151
    assert len(said.splitlines()) == 102
    assert f"… and 50 more, all in {report}." in said


def test_without_a_report_the_rest_is_counted(run):
    said = run("title,artist,year", *(f"Song {number},A,x" for number in range(101)))

    assert "… and 1 more; --report FILE writes them all." in said


def test_only_strict_fails_for_a_rejected_row(run):
    run("title,artist", ",A")

    with pytest.raises(SystemExit) as caught:
        run("title,artist", "Creep,Radiohead", ",A", strict=True)

    assert caught.value.code == 1
    assert Song.objects.get().title == "Creep"
    run("title,artist", "Zombie,The Cranberries", strict=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"a,b\n1,2\n", "Missing: title, artist. Found: a, b."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "Missing: title, artist"),
        ("title,artist\n".encode("utf-16"), "The file is UTF-16"),
        (b"PK\x03\x04", "not a CSV file"),
    ],
)
def test_an_unreadable_file_is_one_clear_line(tmp_path, content, message):
    file = tmp_path / "bad.csv"
    file.write_bytes(content)

    with pytest.raises(CommandError, match=message) as caught:
        call_command("import_songs", str(file))

    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1


def test_a_missing_file_or_report_is_named(run, tmp_path):
    with pytest.raises(CommandError, match=r"nowhere\.csv: No such file"):
        call_command("import_songs", "nowhere.csv")
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("import_songs", str(tmp_path))
    with pytest.raises(CommandError, match=r"none/report\.csv: No such file"):
        run("title,artist", report=str(tmp_path / "none" / "report.csv"))


def test_songs_come_from_standard_input(monkeypatch):
    pipe = io.BytesIO(b"title,artist\nCreep,Radiohead\n")
    pipe.name, pipe.seekable = "<stdin>", lambda: False
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))

    call_command("import_songs", "-", stdout=io.StringIO())

    assert Song.objects.get().title == "Creep"


def test_a_file_comes_through_standard_input(monkeypatch, tmp_path):
    file = tmp_path / "songs.csv"
    file.write_text("title,artist\nCreep,Radiohead\n")

    with file.open() as redirected:
        monkeypatch.setattr(sys, "stdin", redirected)
        call_command("import_songs", "-", stdout=io.StringIO())

    assert Song.objects.get().title == "Creep"


def test_a_terminal_sees_a_bar_and_a_file_does_not(run, capsys, monkeypatch):
    lines = ["title,artist", *(f"Song {number},A" for number in range(5))]

    run(*lines)
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(*lines)
    assert "100%" in capsys.readouterr().err


def test_an_import_that_is_stopped_says_what_stays(run, monkeypatch):
    def stop(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("apps.catalog.management.commands.import_songs.go_on", stop)

    with pytest.raises(CommandError, match="run it again with --resume"):
        run("title,artist", "Creep,Radiohead")


def test_the_help_keeps_its_lines(capsys):
    with pytest.raises(SystemExit):
        call_command("import_songs", "--help")

    assert "\n  parts             vocals;guitar:2;trumpet?  " in capsys.readouterr().out


def test_what_is_exported_to_a_file_is_imported(tmp_path, run):
    make_song(title="=1+1", artist="B", key="E♭m", duration=222)
    file = tmp_path / "all.csv"
    told = io.StringIO()

    call_command("export_songs", str(file), stderr=told)

    assert told.getvalue() == f"1 songs written to {file}\n"
    assert file.read_bytes().startswith(b"\xef\xbb\xbftitle,")
    Song.objects.all().delete()
    call_command("import_songs", str(file), stdout=io.StringIO())
    assert list(Song.objects.values_list("title", "key", "duration")) == [("=1+1", "E♭m", 222)]


def test_an_export_goes_to_standard_output():
    make_song(title="Creep", artist="Radiohead")
    out = io.StringIO()

    call_command("export_songs", stdout=out)

    assert out.getvalue().splitlines()[1] == "Creep,Radiohead,,,,,,,,,0"


def test_an_export_that_cannot_be_written_says_why(tmp_path):
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("export_songs", str(tmp_path))


def test_a_column_is_what_one_says(run):
    columns = [("Lied", "title"), ("interpret", "artist"), ("Wochen", "popularity"), ("Year", "")]

    run("Lied;Interpret;Wochen;Year", "Creep;Radiohead;12;1992", mapping=columns)

    assert Song.objects.values_list("title", "artist", "popularity", "year").get() == ("Creep", "Radiohead", 12, None)


@pytest.mark.parametrize(
    ("words", "message"), [(["Weeks=weeks"], "write HEADING=COLUMN"), (["title"], "write HEADING=COLUMN")]
)
def test_a_column_that_is_none_is_refused(words, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_songs", "x.csv", *(f"--column={word}" for word in words))


def test_a_heading_that_is_not_there_is_named(run):
    with pytest.raises(CommandError, match=r"no column weeks\. It has: title, artist\."):
        run("title,artist", "Creep,Radiohead", mapping=[("Weeks", "popularity")])


def test_songs_under_other_names_are_looked_for_if_one_says_so(run):
    make_song(title="Creep", artist="Radiohead")

    said = run("title,artist", "Creep (Remastered),The Radiohead", "Creep (Live),Radiohead", fuzzy="ask")

    assert "line 2: same: title “Creep (Remastered)” is “Creep” by Radiohead" in said
    assert "line 3: ask: title “Creep (Live)” may be “Creep” by Radiohead" in said
    assert "1 row may be a song of the library under another name, and was left out." in said
    assert "0 added, 0 updated, 1 known" in said


def test_a_stopped_import_goes_on_and_tells_it_all(run, monkeypatch, tmp_path):
    lines = ["title,artist", ",Nobody", *(f"Song {number},A" for number in range(25)), "Song 1,A"]
    monkeypatch.setattr(import_runs, "BATCH", 10)
    take, taken = import_runs.take, []

    def stop_at_the_third(*args):
        taken.append(args)
        if len(taken) == 3:
            raise KeyboardInterrupt
        take(*args)

    monkeypatch.setattr(import_runs, "take", stop_at_the_third)
    with pytest.raises(CommandError, match="Stopped"):
        run(*lines)
    assert Song.objects.count() == 19

    said = run(*lines, resume=True)

    assert len(taken) == 4
    assert said.splitlines() == [
        "line 2: rejected: title “” is missing",
        "line 28: repeated: title “Song 1” is in line 4 already",
        "27 rows: 25 added, 0 updated, 0 known, 1 repeated in the file, 1 rejected; 0 cleaned, 0 with a warning.",
    ]


def test_there_must_be_something_to_go_on_with(run):
    run("title,artist", "Creep,Radiohead")

    with pytest.raises(CommandError, match="No import of this file with these options was stopped"):
        run("title,artist", "Creep,Radiohead", resume=True)
    with pytest.raises(CommandError, match="no dry run"):
        run("title,artist", "Creep,Radiohead", resume=True, dry_run=True)
