"""Many songs at once: all of them or none, written down each, and shown anew."""

import pytest

from apps.accounts.models import AuditEvent
from apps.catalog import bulk
from apps.catalog.errors import StaffOnly, TooManySongs
from apps.catalog.models import Song
from apps.catalog.music import MAX_TAGS
from apps.core.errors import Invalid
from apps.live.streams import revision_of
from tests.admin_pages import act, page_of, said
from tests.factories import make_jam_song, make_song, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_staff()


@pytest.fixture
def admin(client, staff):
    client.force_login(staff)
    return client


def tags():
    return list(Song.objects.order_by("pk").values_list("tags", flat=True))


def ids(*songs):
    return [song.pk for song in songs]


def test_tags_are_added_tidily_and_once(staff):
    songs = [make_song(tags=["soul"]), make_song(tags=[]), make_song(tags=["70s", "soul"])]

    changed = bulk.add_tags(songs=ids(*songs), tags=" Soul; 70s ", by=staff)

    assert changed == 2
    assert tags() == [["soul", "70s"], ["soul", "70s"], ["70s", "soul"]]


def test_tags_are_removed(staff):
    songs = [make_song(tags=["soul", "70s"]), make_song(tags=["rock"])]

    changed = bulk.remove_tags(songs=ids(*songs), tags="SOUL", by=staff)

    assert changed == 1
    assert tags() == [["70s"], ["rock"]]


def test_style_and_library_are_set(staff):
    song, other = make_song(style="Funk"), make_song(style=" Soul", listed=False)

    assert bulk.set_style(songs=ids(song, other), style=" Soul ", by=staff) == 1
    assert bulk.set_listed(songs=ids(song, other), listed=False, by=staff) == 1

    assert set(Song.objects.values_list("style", "listed")) == {("Soul", False)}


def test_each_change_is_written_down(staff):
    songs = [make_song(tags=["soul"]), make_song()]

    bulk.add_tags(songs=ids(*songs), tags="soul", by=staff)

    event = AuditEvent.objects.get()
    assert (event.about, event.actor, event.before, event.after) == (
        f"song:{songs[1].pk}", staff, {"tags": []}, {"tags": ["soul"]},
    )  # fmt: skip


def test_what_shows_them_looks_again(staff, django_capture_on_commit_callbacks):
    there, same = make_jam_song(), make_jam_song(song=make_song(style="Soul"))
    before = [revision_of(one.jam.stream) for one in (there, same)]

    with django_capture_on_commit_callbacks(execute=True):
        bulk.set_style(songs=ids(there.song, same.song), style="Soul", by=staff)

    after = [revision_of(one.jam.stream) for one in (there, same)]
    assert (after[0] > before[0], after[1] == before[1]) == (True, True)


@pytest.mark.parametrize("wrong", ["", " ; ", "x" * 41])
def test_a_tag_that_is_none_is_refused(staff, wrong):
    with pytest.raises(Invalid):
        bulk.add_tags(songs=ids(make_song()), tags=wrong, by=staff)


def test_one_song_that_cannot_have_it_keeps_all_as_they_were(staff):
    fine, full = make_song(), make_song(title="Full", tags=[f"a{n}" for n in range(MAX_TAGS)])

    with pytest.raises(Invalid) as refused:
        bulk.add_tags(songs=ids(fine, full), tags="soul", by=staff)

    assert "Full" in refused.value.fields["tags"][0]
    assert tags()[0] == []
    assert not AuditEvent.objects.exists()


def test_a_style_that_is_too_long_is_refused(staff):
    with pytest.raises(Invalid):
        bulk.set_style(songs=ids(make_song()), style="x" * 41, by=staff)


def test_only_staff_and_not_too_many_at_once(staff, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_SONGS", 1)
    songs = ids(make_song(), make_song())

    with pytest.raises(StaffOnly):
        bulk.set_listed(songs=songs, listed=False, by=make_user())
    with pytest.raises(TooManySongs):
        bulk.set_listed(songs=songs, listed=False, by=staff)

    assert Song.objects.filter(listed=True).count() == 2


# In the admin -----------------------------------------------------------------------------------------


def confirm(admin, action, *songs, **fields):
    data = {"action": action, "_selected_action": ids(*songs), "confirmed": "yes"} | fields
    return admin.post(page_of(Song), data)


def test_an_action_asks_first_and_changes_nothing_until_it_is_confirmed(admin):
    song = make_song(title="Creep")

    page = admin.post(page_of(Song), {"action": "add_tags", "_selected_action": [song.pk]}).content.decode()
    asked = tags()
    told = said(confirm(admin, "add_tags", song, tags="soul"))

    assert "Creep" in page
    assert 'name="tags"' in page
    assert asked == [[]]
    assert (told, tags()) == (["1 song was changed."], [["soul"]])


def test_what_is_refused_is_said_on_the_page_that_asks(admin):
    page = confirm(admin, "add_tags", make_song(), tags=";").content.decode()

    assert "Write at least one tag." in page
    assert tags() == [[]]


def test_tags_style_and_library_in_the_admin(admin):
    song = make_song(tags=["soul", "70s"], style="Funk", listed=False)

    confirm(admin, "remove_tags", song, tags="soul")
    confirm(admin, "set_style", song, style="")
    act(admin, Song, "list_songs", song)

    song.refresh_from_db()
    assert (song.tags, song.style, song.listed) == (["70s"], "", True)
    act(admin, Song, "unlist_songs", song)
    assert not Song.objects.get().listed


def test_more_than_can_be_done_at_once_is_said_and_nothing_is_done(admin, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_SONGS", 1)
    songs = [make_song(), make_song()]

    for action in ("add_tags", "unlist_songs"):
        assert act(admin, Song, action, *songs)[-1:] == [
            "At most 1 songs at once. Choose fewer, and do it again with the others."
        ]

    assert Song.objects.filter(listed=True).count() == 2
