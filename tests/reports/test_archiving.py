"""Nights that are long over go out of the database, and nobody can tell from what is shown."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.core.storage import private_storage
from apps.core.times import month_of
from apps.jams.models import Jam, JamSong
from apps.reports import archiving
from apps.reports.archiving import archive_nights
from apps.reports.nights import summed_up
from apps.voting import archive, partitions
from apps.voting.corrections import differences
from apps.voting.models import Vote
from apps.voting.operations import cast_vote, remove_attendee
from tests.factories import make_attendee, make_jam, make_jam_song, make_user, make_vote
from tests.races import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = 400


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "private"},
        }
    }


def over(days=LONG_AGO, **fields):
    at = timezone.now() - timedelta(days=days)
    return make_jam(status="ended", starts_at=at, ends_at=at + timedelta(hours=4), ended_at=at, **fields)


def voted(jam, people=3, songs=2):
    line_up = [make_jam_song(jam=jam, status="played") for _ in range(songs)]
    for _ in range(people):
        attendee = make_attendee(jam=jam)
        for song in line_up:
            make_vote(jam_song=song, attendee=attendee)
    return line_up


def before(days=100):
    return (timezone.now() - timedelta(days=days)).date()


def rows():
    return sorted(Vote.objects.values_list("pk", "jam_song", "attendee", "month", "created_at"))


def counts():
    return sorted(JamSong.objects.values_list("pk", "votes", "revision"))


def facts(*jams):
    return summed_up(list(Jam.objects.select_related("venue").filter(pk__in=[jam.pk for jam in jams]).order_by("pk")))


def test_votes_go_and_counts_and_reports_stay():
    old, new = over(), over(days=50)
    voted(old)
    kept = voted(new)
    partitions.prepare([month_of(jam.starts_at) for jam in (old, new)])
    before_it, shown = counts(), facts(old, new)

    done = archive_nights(before=before())

    assert (done.nights, done.votes) == (1, 6)
    assert set(Vote.objects.values_list("jam_song", flat=True)) == {song.pk for song in kept}
    assert (counts(), facts(old, new), differences()) == (before_it, shown, [])
    if connection.vendor == "postgresql":
        assert (done.dropped, done.deleted) == ([partitions.name_of(month_of(old.starts_at))], 0)
    else:
        assert (done.dropped, done.deleted) == ([], 6)


def test_a_report_that_is_made_anew_still_knows_who_voted():
    old = over()
    voted(old)
    somebody = make_attendee(jam=old)
    archive_nights(before=before())
    known = facts(old)[old.pk]

    somebody.delete()
    again = facts(old)[old.pk]

    assert (known["people"], again["people"]) == (4, 3)
    assert (again["voters"], again["votes"], again["quarters"]) == (3, 6, known["quarters"])


def test_restoring_puts_each_vote_back_as_it_was(capsys):
    old, other = over(), over(days=LONG_AGO + 1)
    voted(old)
    voted(other)
    was, counted = rows(), counts()
    [*files] = archive_nights(before=before(), batch=1).files
    assert rows() == []

    call_command("archive_jams", restore=files)

    assert (rows(), counts(), differences()) == (was, counted, [])
    assert not Jam.objects.exclude(archived_at=None).exists()
    assert "6 votes of 1 nights are back; 0 are of what is deleted" in capsys.readouterr().out


def test_a_partition_of_which_a_night_stays_is_emptied_of_the_others():
    old = over()
    voted(old)
    draft = make_jam(status="open", starts_at=old.starts_at, ends_at=old.ends_at)
    stays = make_vote(jam_song=make_jam_song(jam=draft))
    partitions.prepare([month_of(old.starts_at)])

    done = archive_nights(before=before())

    assert (done.dropped, done.deleted) == ([], 6)
    assert Vote.objects.get() == stays


def test_a_run_that_was_stopped_is_taken_up_by_the_next(monkeypatch):
    for days in (LONG_AGO, LONG_AGO + 1):
        voted(over(days=days))
    write = archive.write

    def fails(jams):
        if Jam.objects.exclude(archived_at=None).exists():
            raise OSError("the disk is full")
        return write(jams)

    monkeypatch.setattr(archiving.archive, "write", fails)
    with pytest.raises(OSError, match="full"):
        archive_nights(before=before(), batch=1)
    assert Vote.objects.count() == 12
    monkeypatch.setattr(archiving.archive, "write", write)

    done = archive_nights(before=before(), batch=1)

    assert (done.nights, Vote.objects.count()) == (1, 0)
    assert len(private_storage().listdir("votes")[0]) >= 1


def test_nights_of_the_last_weeks_stay(settings):
    settings.ATTENDEE_DAYS = 30

    with pytest.raises(CommandError, match="ATTENDEE_DAYS"):
        call_command("archive_jams", before=before(days=20))


def test_a_dry_run_says_what_would_be_and_changes_nothing(capsys):
    voted(over())

    call_command("archive_jams", before=before(), dry_run=True)

    assert capsys.readouterr().out == "It would be 1 nights with 6 votes. Nothing was changed.\n"
    assert Vote.objects.count() == 6


def test_what_is_no_archive_is_refused():
    for name in ("votes/none.jsonl.gz", "../outside"):
        with pytest.raises(Exception, match="private files|outside|joined path"):
            call_command("archive_jams", restore=[name])


def test_people_are_still_taken_off_an_archived_night():
    host = make_user()
    old = over(host=host)
    songs = voted(old)
    archive_nights(before=before())
    person = old.attendees.first()

    remove_attendee(attendee=person, host=host)

    songs[0].refresh_from_db()
    assert songs[0].votes == 3


@pytest.mark.services
def test_partitions_are_archived_and_dropped_while_people_vote():
    old = [over(days=LONG_AGO + 31 * number) for number in range(4)]
    for jam in old:
        voted(jam)
    partitions.prepare([month_of(jam.starts_at) for jam in old])
    tonight = make_jam()
    songs = [make_jam_song(jam=tonight) for _ in range(5)]
    people = [make_attendee(jam=tonight) for _ in range(8)]
    cast, done = [], []

    def vote(person):
        while not done:
            for song in songs:
                cast_vote(jam_song=song, attendee=person)
                cast.append((song.pk, person.pk))

    def go():
        while len(cast) < 20:
            pass
        try:
            done.append(archive_nights(before=before(), batch=1, streams=2))
        except BaseException:
            done.append(None)
            raise

    raised = in_threads([go, *(lambda person=person: vote(person) for person in people)])

    assert raised == []
    assert len(done[0].dropped) == len({month_of(jam.starts_at) for jam in old})
    assert set(Vote.objects.values_list("jam_song", "attendee")) == set(cast)
    assert differences() == []
