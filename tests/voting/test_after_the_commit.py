"""What cannot be told after the commit is logged, and fails nobody: what was done is done."""

import pytest
from django.utils import timezone

from apps.voting.corrections import delete_votes, recount
from apps.voting.operations import leave_jam, remove_attendee, suggest_song
from apps.voting.songs import merge_songs, reopen_song
from apps.voting.undo import undo
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def vote():
    vote = make_vote(jam_song=make_jam_song(jam=make_jam(host=make_user(role="staff"))))
    vote.jam_song.refresh_from_db()
    return vote


def played(jam_song):
    jam_song.jam.songs.filter(pk=jam_song.pk).update(status="played", ended_at=timezone.now())
    return jam_song


def take_off_and_undo(vote, host):
    remove_attendee(attendee=vote.attendee, host=host)
    undo(jam=vote.jam_song.jam, host=host)


DEEDS = {
    "suggest": lambda vote, host: suggest_song(
        jam=vote.jam_song.jam, attendee=make_attendee(jam=vote.jam_song.jam), song=make_song()
    ),
    "remove": lambda vote, host: remove_attendee(attendee=vote.attendee, host=host),
    "leave": lambda vote, host: leave_jam(attendee=vote.attendee),
    "undo": take_off_and_undo,
    "merge": lambda vote, host: merge_songs(
        jam_song=vote.jam_song, into=make_jam_song(jam=vote.jam_song.jam), host=host
    ),
    "encore": lambda vote, host: reopen_song(jam_song=played(vote.jam_song), host=host),
    "delete": lambda vote, host: delete_votes(jam=vote.jam_song.jam, host=host, votes=[vote]),
    "recount": lambda vote, host: recount(jam_song=vote.jam_song_id),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_cannot_be_told_is_done_all_the_same(vote, deed, monkeypatch, caplog, django_capture_on_commit_callbacks):
    def fail(*_args):
        raise RuntimeError("nobody hears")

    with django_capture_on_commit_callbacks(execute=True) as told:
        DEEDS[deed](vote, vote.jam_song.jam.hosts.get())
        monkeypatch.setattr("apps.jams.board.announce", fail)

    assert told
    assert "nobody hears" in caplog.text
