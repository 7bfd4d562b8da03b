"""QuerySets whose SQL is made once say what the ORM says: apps/core/compiled.py."""

import pytest

from apps.core.compiled import GIVEN, Compiled
from apps.jams.models import Attendee, Jam, JamSong
from apps.voting.models import Vote
from tests.factories import make_attendee, make_jam, make_jam_song, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam():
    made = make_jam()
    make_jam_song(jam=made, suggested_by=make_attendee(jam=made, instruments=["bass", "vocals"]))
    make_vote(jam_song=make_jam_song(jam=made))
    make_jam_song()  # of another night
    return made


@pytest.mark.parametrize(
    "rows",
    [
        lambda jam: JamSong.objects.filter(jam=jam).order_by("pk").values("pk", "song__title", "votes"),
        lambda jam: JamSong.objects.filter(jam=jam).order_by("pk").values_list("votes", "pk", "counted_at"),
        lambda jam: JamSong.objects.filter(jam=jam).order_by("pk").values_list("pk", flat=True),
        lambda jam: Attendee.objects.filter(jam=jam).order_by("pk").values("instruments", "last_seen"),
        lambda jam: Vote.objects.filter(jam_song__jam=jam).values_list("jam_song", "jam_song__status"),
    ],
)
def test_values_are_those_of_the_queryset(jam, rows):
    compiled = Compiled(lambda: rows(GIVEN))

    for _again in range(2):
        assert compiled(jam.pk, limit=None) == list(rows(jam))
    assert compiled(jam.pk, limit=1) == list(rows(jam)[:1])
    assert compiled(0, limit=None) == []


def test_models_are_those_of_the_queryset_with_what_comes_along(jam, django_assert_num_queries):
    def rows(jam):
        return JamSong.objects.filter(jam=jam).select_related("song", "jam__venue", "suggested_by").order_by("pk")

    found = Compiled(lambda: rows(GIVEN))(jam.pk, limit=None)

    with django_assert_num_queries(0):
        told = [(one.song.title, one.jam.venue.name, one.suggested_by) for one in found]
    wanted = list(rows(jam))
    assert found == wanted
    for ours, theirs in zip(found, wanted, strict=True):
        for one, other in ((ours, theirs), (ours.song, theirs.song), (ours.jam.venue, theirs.jam.venue)):
            assert {f.attname: getattr(one, f.attname) for f in one._meta.concrete_fields} == {
                f.attname: getattr(other, f.attname) for f in other._meta.concrete_fields
            }
    assert [one for *_rest, one in told] == [theirs.suggested_by for theirs in wanted]
    assert found[0].suggested_by.instruments == ["bass", "vocals"]


def test_a_model_that_was_read_is_saved_and_not_made_anew(jam):
    (found,) = Compiled(lambda: Jam.objects.filter(slug=GIVEN))(jam.slug, limit=1)
    found.name = "Another"
    found.save(update_fields=["name"])

    assert list(Jam.objects.filter(pk=jam.pk).values_list("name", flat=True)) == ["Another"]
