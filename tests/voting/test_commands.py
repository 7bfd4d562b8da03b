"""recount and erase_attendees."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.jams.models import JamSong
from apps.live.streams import revision_of
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_vote
from tests.races import in_threads

pytestmark = pytest.mark.django_db


def run(*words, **options):
    said = io.StringIO()
    call_command(*words, stdout=said, stderr=said, **options)
    return said.getvalue()


# recount ----------------------------------------------------------------------------------------------


def wrong_count(jam_song, votes):
    JamSong.objects.filter(pk=jam_song.pk).update(votes=votes)


def test_right_counts_are_said_to_be_right():
    make_vote(jam_song=make_jam_song())
    make_jam_song()

    assert run("recount") == "The counts of 2 songs are right.\n"


def test_a_wrong_count_is_shown_and_left_alone():
    jam_song = make_vote(jam_song=make_jam_song(title="Creep")).jam_song
    wrong_count(jam_song, 7)
    said = io.StringIO()

    with pytest.raises(CommandError, match="1 count differs") as stopped:
        call_command("recount", stdout=said)

    assert stopped.value.returncode == 1
    assert f"{jam_song.jam.slug}  {jam_song.pk} Creep: counted 7, votes 1" in said.getvalue()
    jam_song.refresh_from_db()
    assert jam_song.votes == 7


def test_fix_counts_again_and_tells_the_room(django_capture_on_commit_callbacks):
    some, none = make_vote(jam_song=make_jam_song()).jam_song, make_jam_song()
    wrong_count(some, 0)
    wrong_count(none, 3)
    some.refresh_from_db()
    before = revision_of(some.jam.stream)

    with django_capture_on_commit_callbacks(execute=True):
        said = run("recount", fix=True)

    row, revision = JamSong.objects.get(pk=some.pk), some.revision
    none.refresh_from_db()
    assert "2 counts were wrong and are right now." in said
    assert (row.votes, row.revision, none.votes) == (1, revision + 1, 0)
    assert revision_of(some.jam.stream) > before


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_votes_cast_while_counts_are_mended_are_counted():
    jam_song = make_jam_song()
    people = [make_attendee(jam=jam_song.jam) for _number in range(8)]
    wrong_count(jam_song, 5)

    raised = in_threads(
        [lambda person=person: make_vote(jam_song=jam_song, attendee=person) for person in people]
        + [lambda: run("recount", fix=True)] * 2
    )

    assert raised == []
    jam_song.refresh_from_db()
    assert jam_song.votes == Vote.objects.count() == 8


# erase_attendees --------------------------------------------------------------------------------------


def test_attendees_of_long_past_jams_are_erased(settings):
    settings.ATTENDEE_DAYS = 30
    long_ago = timezone.now() - timedelta(days=31)
    old = make_jam(status="ended", starts_at=long_ago - timedelta(hours=4), ends_at=long_ago)
    gone, kept = make_attendee(jam=old, name="Sam"), make_attendee(name="Kim")
    vote = make_vote(jam_song=make_jam_song(jam=old), attendee=gone)

    assert run("erase_attendees").startswith("1 attendee of jams that ended 30 days ago erased.\n")

    gone.refresh_from_db()
    kept.refresh_from_db()
    assert (gone.display_name, gone.secret_hash, kept.display_name) == ("", None, "Kim")
    assert Vote.objects.get() == vote
