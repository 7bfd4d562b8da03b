"""Songs of venues in the admin: saving is the operation, so that jams follow."""

import pytest

from apps.catalog.models import LibrarySong
from tests.admin_pages import page_of
from tests.factories import make_jam, make_jam_song, make_staff

pytestmark = pytest.mark.django_db


def test_staff_ban_and_unban_by_the_reason(client):
    client.force_login(make_staff())
    jam_song = make_jam_song(jam=make_jam())
    venue, song = jam_song.jam.venue, jam_song.song

    client.post(page_of(LibrarySong, "add"), {"venue": venue.pk, "song": song.pk, "key": "Am", "why": "Too often."})
    row = venue.library.get(song=song)
    jam_song.refresh_from_db()
    assert (row.key, row.why, row.banned_at is None, jam_song.status) == ("Am", "Too often.", False, "removed")

    client.post(page_of(row, "change"), {"key": "Am", "note": "", "why": ""})
    row.refresh_from_db()
    assert (row.why, row.banned_at) == ("", None)
