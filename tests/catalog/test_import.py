import io
import threading

import pytest
from django.db import IntegrityError, connection
from django.db.models import Count

from apps.catalog import imports
from apps.catalog.errors import Unreadable
from apps.catalog.imports import import_songs
from apps.catalog.models import Song
from apps.catalog.upkeep import rank_songs
from tests.factories import make_song

pytestmark = pytest.mark.django_db


def run(*lines, header="title,artist,year,key,tempo,duration,style,tags,parts,chord_sheet_url,popularity", **options):
    """The report, and what was said of each row."""
    content = "\n".join([header, *lines])
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    problems = []
    report = import_songs(io.BytesIO(data), on_problem=problems.append, **options)
    return report, problems


def said(problems):
    return [str(problem) for problem in problems]


def counts(report):
    return (report.added, report.updated, report.known, report.repeated, report.rejected)


def test_a_row_becomes_a_song():
    report, problems = run(
        "Superstition,Stevie Wonder,1972,Ebm,100.6,4:26,Funk,70s;Riff,vocals;guitar:2;trumpet?,https://example.com/s,12",
        header="title,artist,year,key,bpm,length,genre,tags,line-up,chords,hot100_weeks",
    )

    song = Song.objects.get()
    assert (problems, counts(report)) == ([], (1, 0, 0, 0, 0))
    assert (song.title, song.artist, song.year, song.key, song.tempo, song.duration, song.style) == (
        "Superstition", "Stevie Wonder", 1972, "E♭m", 101, 266, "Funk",
    )  # fmt: skip
    assert (song.tags, song.chord_sheet_url, song.popularity) == (["70s", "riff"], "https://example.com/s", 12)
    assert [(part["instrument"], part["count"], part["required"]) for part in song.parts] == [
        ("vocals", 1, True),
        ("guitar", 2, True),
        ("trumpet", 1, False),
    ]
    song.full_clean()


def test_what_the_file_does_not_say_stays_empty():
    run("Creep,Radiohead,,,", header="title,artist,year,tempo,style")

    song = Song.objects.get()
    assert (song.year, song.tempo, song.style, song.tags, song.popularity) == (None, None, "", [], 0)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("year", "19x5", "is not a year"),
        ("year", "999", "is not a year"),
        ("year", "2101", "is not a year"),
        ("year", "1975.5", "is not a year"),
        ("year", "-1975", "is not a year"),
        ("year", "9" * 400, "is not a year"),
        ("tempo", "NaN", "is not a number of beats a minute"),
        ("tempo", "inf", "is not a number of beats a minute"),
        ("tempo", "-120", "is not a number of beats a minute"),
        ("tempo", "1e2", "is not a number of beats a minute"),
        ("tempo", "19.4", "is not between 20 and 400 beats a minute"),
        ("tempo", "401", "is not between 20 and 400 beats a minute"),
        ("key", "H-dur", "is not a key; write C, F♯m or B♭"),
        ("duration", "3:61", "is not a length; write 3:42 or 222 (seconds)"),
        ("duration", "0", "is not between one second and two hours"),
        ("popularity", "2147483648", "is not a whole number from 0 to 2147483647"),
        ("popularity", "many", "is not a whole number from 0 to 2147483647"),
        ("style", "x" * 41, "is longer than 40 letters"),
        ("tags", "x" * 41, "has a tag over 40 letters, or with ; , or | in it"),
        ("tags", "x" * 2000, "is longer than 1000 letters"),
        ("parts", "guitar:99", "needs between 1 and 9 of an instrument"),
        ("chord_sheet_url", "javascript:alert(1)", "Write a web address that begins with https://."),
        ("chord_sheet_url", "https://me:secret@example.com", "The address must not hold a name or password."),
    ],
)
def test_a_wrong_value_rejects_the_row_with_line_value_and_reason(column, value, reason):
    report, problems = run("Good,One,", f"Bad,Two,{value}", header=f"title,artist,{column}")

    [problem] = problems
    assert (problem.line, problem.outcome, problem.column, problem.reason) == (3, "rejected", column, reason)
    assert value.startswith(problem.value.rstrip("…"))
    assert counts(report) == (1, 0, 0, 0, 1)
    assert Song.objects.get().title == "Good"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",B", "line 2: rejected: title “” is missing"),
        ("\u200b\u202e,B", r"line 2: rejected: title “\u200b\u202e” is missing"),
        ("A,  ", "line 2: rejected: artist “  ” is missing"),
        ("x" * 201 + ",B", f"line 2: rejected: title “{'x' * 60}…” is longer than 200 letters"),
        ("x" * 10_000 + ",B", f"line 2: rejected: title “{'x' * 60}…” is longer than 200 letters"),
        ("A\x00,B", r"line 2: rejected: title “A\x00” holds control characters"),
        ("A,B\x1b[31m", r"line 2: rejected: artist “B\x1b[31m” holds control characters"),
        ("A\x81,B", r"line 2: rejected: title “A\x81” holds control characters"),
        ("Caf\udce9,B", r"line 2: rejected: title “Caf\xe9” is not UTF-8; save the file as “CSV UTF-8”"),
        ("A,B,C", "line 2: rejected: “A,B,C” has a wrong number of columns: 3, not 2"),
        ("A", "line 2: rejected: “A” has a wrong number of columns: 1, not 2"),
        ('"A,B', "line 2: rejected: “\"A,B” opens a quote that is not closed"),
    ],
)  # fmt: skip
def test_a_broken_row_is_rejected(row, message):
    report, problems = run(row, header="title,artist")

    assert [text.replace("\\n", "") for text in said(problems)] == [message]
    assert counts(report) == (0, 0, 0, 0, 1)
    assert Song.objects.count() == 0


def test_every_wrong_value_of_a_row_is_named():
    report, problems = run("A,B,x,y", header="title,artist,year,tempo")

    assert [problem.column for problem in problems] == ["year", "tempo"]
    assert report.rejected == 1


def test_empty_lines_and_empty_last_columns_are_nothing():
    report, problems = run("", "A,B,,", ",,", "   ", "C,D", header="title,artist")

    assert (problems, counts(report)) == ([], (2, 0, 0, 0, 0))


def test_odd_space_is_cleaned_and_counted():
    report, _problems = run(
        "Under  pressure,David Bowie\u00a0&\u00a0Queen", "Superg!rl\u200b,Stefania", "A,B", header="title,artist"
    )

    assert report.cleaned == 2
    assert {(song.title, song.artist) for song in Song.objects.all()} == {
        ("Under pressure", "David Bowie & Queen"),
        ("Superg!rl", "Stefania"),
        ("A", "B"),
    }


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("a0ha", "has a digit 0 inside a word"),
        ("When I'm Sixty0Four", "has a digit 0 inside a word"),
        ("blink0182", "has a digit 0 inside a word"),
        ("0h well", "has a digit 0 inside a word"),
        ("CafÃ© del Mar", "looks wrongly decoded"),
        ("Caf\ufffd", "looks wrongly decoded"),
        ("Rock &amp; Roll", "holds an HTML entity"),
        ("Sli\x9aijo", "holds Windows letters, read as 'Slišijo'"),
    ],
)
def test_suspicious_values_are_taken_with_a_warning(title, reason):
    report, problems = run(f"{title},Somebody", header="title,artist")

    assert [(problem.outcome, problem.column, problem.reason) for problem in problems] == [("warning", "title", reason)]
    assert (report.added, report.warned) == (1, 1)


@pytest.mark.parametrize("title", ["10cc", "U2", "24K Magic", "1999", "2.0", "Song 2", "6ix9ine", "Disco 9000", "100"])
def test_plain_digits_are_not_suspicious(title):
    _report, problems = run(f"{title},Somebody", header="title,artist")

    assert problems == []


@pytest.mark.parametrize("title", ["🎸🤘", "إنت عمري", "上を向いて歩こう", "Ünïcödé", "नमस्ते", "👨‍👩‍👧"])
def test_any_script_is_taken_as_it_is(title):
    run(f"{title},Somebody", header="title,artist")

    assert Song.objects.get().title == title


def test_a_song_twice_in_a_file_is_taken_once():
    report, problems = run("Creep,Radiohead,1992", "CREEP!,radiohead,1993", header="title,artist,year")

    assert said(problems) == ["line 3: repeated: title “CREEP!” is in line 2 already"]
    assert counts(report) == (1, 0, 0, 1, 0)
    assert Song.objects.get().year == 1992


def test_a_file_twice_doubles_nothing():
    lines = [f"Song {number},Artist" for number in range(2500)]

    first, _problems = run(*lines, header="title,artist")
    second, _problems = run(*lines, header="title,artist")

    assert (counts(first), counts(second)) == ((2500, 0, 0, 0, 0), (0, 0, 2500, 0, 0))
    assert Song.objects.count() == 2500


def test_a_known_song_is_left_alone():
    song = make_song(title="Creep", artist="Radiohead", tempo=92)

    report, _problems = run("creep,RADIOHEAD,120", header="title,artist,tempo")

    song.refresh_from_db()
    assert (song.title, song.tempo, report.known) == ("Creep", 92, 1)


def test_an_update_writes_what_the_file_says():
    song = make_song(title="creep", artist="radiohead", tempo=90, year=1992, style="Rock", times_played=7)
    created_at = song.created_at

    report, _problems = run(
        "Creep,Radiohead,92,,G,x", "New,One,,,,", header="title,artist,tempo,year,key,notes", update=True
    )

    song.refresh_from_db()
    assert counts(report) == (1, 1, 0, 0, 0)
    assert (song.title, song.tempo, song.year, song.key, song.style) == ("Creep", 92, 1992, "G", "Rock")
    assert (song.times_played, song.created_at) == (7, created_at)


def test_an_update_that_says_nothing_new_counts_as_known():
    make_song(title="Creep", artist="Radiohead", tempo=92)

    report, _problems = run("Creep,Radiohead,92", header="title,artist,tempo", update=True)

    assert counts(report) == (0, 0, 1, 0, 0)


@pytest.mark.parametrize("update", [False, True])
def test_a_dry_run_reports_the_same_and_writes_nothing(update):
    make_song(title="Creep", artist="Radiohead", tempo=90)
    lines = ["Creep,Radiohead,92", "New,One,100", "Bad,One,1000", "new,one,100"]

    dry, _problems = run(*lines, header="title,artist,tempo", update=update, dry_run=True)

    assert list(Song.objects.values_list("title", "tempo")) == [("Creep", 90)]
    wet, _problems = run(*lines, header="title,artist,tempo", update=update)
    assert dry == wet
    assert Song.objects.count() == 2


def test_unknown_and_doubled_columns_are_named_and_not_used():
    report, _problems = run("A,B,1,120,99", header="Title,Artist,song_id,BPM,tempo")

    assert report.used == ["title", "artist", "tempo"]
    assert report.ignored == ["song_id", "tempo"]
    assert Song.objects.get().tempo == 120


@pytest.mark.parametrize(
    ("header", "missing"),
    [("title,year", "artist"), ("artist;year", "title"), ("A,B", "title, artist"), ("\x07", "title")],
)
def test_without_its_columns_a_file_is_refused(header, missing):
    with pytest.raises(Unreadable, match=f"Missing: {missing}"):
        run("Creep,1992", header=header)


def test_a_batch_at_a_time_is_told():
    calls = []

    run(
        *(f"Song {number},A" for number in range(2100)),
        header="title,artist",
        on_batch=lambda: calls.append(Song.objects.count()),
    )

    assert calls == [2000, 2100, 2100]


def test_new_songs_stand_where_there_is_room_and_need_not_move(monkeypatch):
    monkeypatch.setattr(imports, "rank_songs", lambda: None)
    run(*(f"Song {number},A" for number in range(1010)), header="title,artist")

    assert list(Song.objects.values_list("tier").annotate(Count("pk")).order_by("tier")) == [(0, 1000), (1, 10)]
    assert rank_songs() == 0

    make_song(title="By hand", artist="A")  # beyond all tiers, until it is ranked
    run("One more,A", header="title,artist")
    assert Song.objects.get(title="One more").tier == 4
    assert rank_songs() == 2


def test_a_fault_leaves_whole_batches():
    """Cut off in the middle, a file can be read again from its beginning."""
    lines = [f"Song {number},A" for number in range(2100)]

    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(*lines, header="title,artist", on_batch=fail)
    again, _problems = run(*lines, header="title,artist")

    assert (again.known, again.added) == (2000, 100)


def test_a_song_that_somebody_adds_meanwhile_is_known(monkeypatch):
    make_song(title="Song 1", artist="A", tempo=100)
    find, looks = imports.find_known, []

    def too_early(rows, **options):
        looks.append(rows)
        return find(rows, **options) if len(looks) > 1 else {}

    monkeypatch.setattr(imports, "find_known", too_early)

    report, _problems = run(*(f"Song {number},A" for number in range(3)), header="title,artist")

    assert counts(report) == (2, 0, 1, 0, 0)
    assert Song.objects.get(tempo=100).title == "Song 1"


def test_a_fault_that_stays_is_not_hidden(monkeypatch):
    make_song(title="Song 1", artist="A")
    monkeypatch.setattr(imports, "find_known", lambda rows, **options: {})

    with pytest.raises(IntegrityError):
        run("Song 1,A", header="title,artist")


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_double_nothing():
    lines = [f"Song {number},A" for number in range(3000)]
    reports = []

    def import_one(part):
        reports.append(run(*part, header="title,artist")[0])
        connection.close()

    threads = [threading.Thread(target=import_one, args=[part]) for part in (lines, lines[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Song.objects.count() == 3000
    assert sum(report.added for report in reports) == 3000
    assert sum(report.known for report in reports) == 3000


def test_queries_do_not_grow_with_the_rows_of_a_batch(django_assert_num_queries):
    lines = [f"Song {number},A" for number in range(900)]
    run(*lines, header="title,artist")

    with django_assert_num_queries(3):  # savepoint, known songs, release
        run(*lines, header="title,artist")
