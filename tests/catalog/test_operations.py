import pytest
from django.contrib.auth.models import AnonymousUser

from apps.catalog import errors, operations
from apps.catalog.models import Song, Venue
from apps.core.errors import Invalid, NotAllowed
from tests.factories import make_jam, make_jam_song, make_song, make_staff, make_user, make_venue

pytestmark = pytest.mark.django_db


def test_whoever_adds_a_venue_manages_it():
    host = make_user()

    venue = operations.add_venue(by=host, name="  The  Anchor ", accent="#E0A030", time_zone="Asia/Beirut")

    venue.refresh_from_db()
    assert (venue.name, venue.slug, venue.accent, list(venue.managers.all())) == (
        "The Anchor",
        "the-anchor",
        "#e0a030",
        [host],
    )


def test_visitors_add_nothing():
    with pytest.raises(NotAllowed):
        operations.add_venue(by=AnonymousUser(), name="The Anchor")
    with pytest.raises(NotAllowed):
        operations.add_song(by=AnonymousUser(), title="Creep", artist="Radiohead")

    assert (Venue.objects.count(), Song.objects.count()) == (0, 0)


def test_a_name_is_taken_whatever_the_capitals():
    make_venue(name="The Anchor")

    with pytest.raises(errors.VenueNameTaken, match="THE ANCHOR"):
        operations.add_venue(by=make_user(), name="THE ANCHOR")


def test_a_wrong_venue_names_its_fields_and_leaves_nothing():
    with pytest.raises(Invalid) as caught:
        operations.add_venue(by=make_user(), name="", accent="red")

    assert set(caught.value.fields) == {"name", "accent"}
    assert Venue.objects.count() == 0


def test_managers_and_staff_change_a_venue():
    manager = make_user()
    venue = make_venue(name="Old", manager=manager)

    operations.change_venue(venue=venue, by=manager, name="New")
    operations.change_venue(venue=venue, by=make_staff(), town="Leeds")

    venue.refresh_from_db()
    assert (venue.name, venue.town, venue.slug) == ("New", "Leeds", "old")


def test_nobody_else_changes_or_deletes_a_venue():
    venue = make_venue(manager=make_user())
    other = make_user()
    make_venue(manager=other)

    for user in (other, AnonymousUser()):
        with pytest.raises(errors.NotAVenueManager):
            operations.change_venue(venue=venue, by=user, name="Mine")
        with pytest.raises(errors.NotAVenueManager):
            operations.delete_venue(venue=venue, by=user)

    venue.refresh_from_db()
    assert venue.name != "Mine"


def test_a_change_writes_no_more_than_it_says():
    venue = make_venue(name="The Anchor")
    stale = Venue.objects.get()
    Venue.objects.update(town="Leeds")

    operations.change_venue(venue=stale, by=make_staff(), description="Cellar")

    venue.refresh_from_db()
    assert (venue.town, venue.description) == ("Leeds", "Cellar")


@pytest.mark.parametrize("fields", [{"slug": "mine"}, {"managers": []}, {"pk": 1}])
def test_only_the_facts_of_a_venue_can_be_set(fields):
    with pytest.raises(TypeError, match="no field to set"):
        operations.add_venue(by=make_user(), name="The Anchor", **fields)


def test_a_venue_is_deleted_by_its_manager():
    manager = make_user()

    operations.delete_venue(venue=make_venue(manager=manager), by=manager)

    assert Venue.objects.count() == 0


def test_a_venue_with_jams_stays():
    venue = make_venue(name="The Anchor")
    make_jam(venue=venue)

    with pytest.raises(errors.VenueInUse, match="“The Anchor” has jams"):
        operations.delete_venue(venue=venue, by=make_staff())

    assert Venue.objects.count() == 1


def test_anybody_with_a_login_adds_songs():
    song = operations.add_song(by=make_user(), title="Superstition", artist="Stevie Wonder", key="Ebm", tempo=101)

    assert (song.key, song.tempo, song.folded_title) == ("E♭m", 101, "superstition")


def test_a_known_song_is_named_with_its_id():
    known = make_song(title="Creep", artist="Radiohead")

    with pytest.raises(errors.SongKnown) as caught:
        operations.add_song(by=make_user(), title="CREEP!", artist="radiohead")

    assert caught.value.extra == {"song": known.pk}


def test_somebody_faster_makes_a_song_known(monkeypatch):
    known = make_song(title="Creep", artist="Radiohead")
    monkeypatch.setattr(Song, "full_clean", lambda self: None)  # as if it had not been there when it looked

    with pytest.raises(errors.SongKnown) as caught:
        operations.add_song(by=make_user(), title="Creep", artist="Radiohead")

    assert caught.value.extra == {"song": known.pk}


def test_naming_a_song_finds_or_adds_it():
    first = operations.find_or_add_song(title="Creep", artist="Radiohead")
    again = operations.find_or_add_song(title=" creep ", artist="RADIOHEAD")

    assert again == first
    assert Song.objects.count() == 1


def test_a_song_without_a_name_is_refused():
    with pytest.raises(Invalid) as caught:
        operations.find_or_add_song(title="\u200b", artist="x" * 10_000)

    assert set(caught.value.fields) == {"title", "artist"}


def test_only_staff_change_and_delete_songs():
    song = make_song(tempo=100)

    for user in (make_user(), AnonymousUser()):
        with pytest.raises(errors.StaffOnly):
            operations.change_song(song=song, by=user, tempo=120)
        with pytest.raises(errors.StaffOnly):
            operations.delete_song(song=song, by=user)

    song.refresh_from_db()
    assert song.tempo == 100


def test_staff_change_a_song():
    song = make_song(title="Before", tempo=100)

    operations.change_song(song=song, by=make_staff(), title="After", tempo=None)

    song.refresh_from_db()
    assert (song.title, song.folded_title, song.tempo) == ("After", "after", None)


def test_a_song_is_not_changed_into_another():
    make_song(title="Creep", artist="Radiohead")
    other = make_song(title="Karma Police", artist="Radiohead")

    with pytest.raises(errors.SongKnown):
        operations.change_song(song=other, by=make_staff(), title="creep")

    other.refresh_from_db()
    assert other.title == "Karma Police"


@pytest.mark.parametrize("fields", [{"times_played": 9}, {"folded_title": "x"}, {"last_played": None}])
def test_only_the_facts_of_a_song_can_be_set(fields):
    with pytest.raises(TypeError, match="no field to set"):
        operations.change_song(song=make_song(), by=make_staff(), **fields)


def test_a_song_of_a_jam_stays_in_the_library():
    jam_song = make_jam_song(title="Creep")

    with pytest.raises(errors.SongInUse, match="“Creep” is in the line-up"):
        operations.delete_song(song=jam_song.song, by=make_staff())

    operations.delete_song(song=make_song(), by=make_staff())

    assert Song.objects.get() == jam_song.song
