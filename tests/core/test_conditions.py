"""Two people who change the same thing: the second one is told, whatever ETag they have, and nothing is lost."""

import pytest

from apps.catalog.models import Song, Venue
from apps.jams.models import Jam
from tests.callers import Caller
from tests.factories import make_jam, make_song, make_staff, make_venue
from tests.races import in_threads

pytestmark = pytest.mark.django_db

KINDS = ["jams", "songs", "venues"]
MODELS = {"jams": Jam, "songs": Song, "venues": Venue}
CHANGE = {"jams": {"name": "Mine"}, "songs": {"title": "Mine"}, "venues": {"name": "Mine"}}


def make(kind, **fields):
    row = {"jams": make_jam, "songs": make_song, "venues": make_venue}[kind](**fields)
    return row, f"/api/v1/{kind}/{row.pk if kind == 'songs' else row.slug}"


def change(row):
    """Somebody else does."""
    name = "title" if isinstance(row, Song) else "name"
    type(row).objects.filter(pk=row.pk).update(**{name: "Theirs"})


@pytest.fixture
def staff():
    return Caller(user=make_staff())


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("coding", ["identity", "gzip", "br"])
def test_the_etag_that_get_gave_lets_one_change(staff, settings, kind, cached, coding):
    settings.CACHED_READS = cached
    _row, path = make(kind)
    seen = staff("GET", path, **{"Accept-Encoding": coding})["ETag"]

    changed = staff("PATCH", path, CHANGE[kind], **{"If-Match": seen})
    settings.CACHED_READS = False  # nothing is retired before a commit

    assert changed.status_code == 200, changed.content
    assert changed["ETag"] == staff("GET", path)["ETag"] != seen
    again = staff("PATCH", path, CHANGE[kind], **{"If-Match": changed["ETag"]})
    assert again.status_code == 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_has_seen_an_older_state_is_told(staff, kind, method):
    row, path = make(kind)
    seen = staff("GET", path)["ETag"]
    change(row)

    refused(staff(method, path, CHANGE[kind], **{"If-Match": seen}), 412, "changed_meanwhile")

    row.refresh_from_db()
    assert "Theirs" in str(row)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_does_not_say_what_they_have_seen_is_asked_to(staff, kind, method):
    row, path = make(kind)

    refused(staff(method, path, CHANGE[kind], **{"If-Match": None}), 428, "precondition_required")

    assert MODELS[kind].objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_the_etag_lets_one_delete_and_is_of_nothing_then(staff, kind):
    _row, path = make(kind)
    seen = {"If-Match": staff("GET", path)["ETag"]}

    assert staff("DELETE", path, **seen).status_code == 204
    assert staff("DELETE", path, **seen).status_code == 404


def forms_of(etag):
    digest = etag.strip('"').partition("-")[0]
    return {
        "weakened by a proxy": f'W/"{digest}-br"',
        "with what a server adds": f'"{digest}-gzip"',
        "one of several": f'"0123456789abcdef01-br", "{digest}"',
        "whatever is there": "*",
    }


@pytest.mark.parametrize("form", forms_of(""))
def test_an_etag_is_known_in_every_form(staff, form):
    _row, path = make("venues")
    given = forms_of(staff("GET", path)["ETag"])[form]

    assert staff("PATCH", path, {"town": "Bristol"}, **{"If-Match": given}).status_code == 200


@pytest.mark.parametrize("given", ["", '""', "x", '"0123456789abcdef01"', "**", '"*"', "é"])
def test_what_is_no_etag_of_it_matches_nothing(staff, given):
    _row, path = make("venues")

    refused(staff("PATCH", path, {"town": "Bristol"}, **{"If-Match": given}), 412, "changed_meanwhile")


def test_a_draft_has_an_etag_too_for_those_who_see_it(staff):
    _row, path = make("jams", status="draft")

    read = staff("GET", path)

    assert "private" in read["Cache-Control"]
    assert staff("PATCH", path, {"name": "N"}, **{"If-Match": read["ETag"]}).status_code == 200


def test_what_is_new_comes_with_its_etag(staff):
    made = staff("POST", "/api/v1/venues", {"name": "N"})

    assert made["ETag"] == staff("GET", made["Location"])["ETag"]


def test_who_may_not_is_not_told_what_has_changed():
    row, path = make("venues")
    change(row)

    assert Caller()("PATCH", path, {"name": "N"}, **{"If-Match": '"x"'}).status_code == 401


def test_one_may_watch_only_what_one_changes(staff):
    """A jam's revision rises with all that its hosts do; with `fields` the rest may change."""
    row, path = make("jams")
    path += "?fields=description,name"
    seen = staff("GET", path)["ETag"]
    Jam.objects.filter(pk=row.pk).update(revision=7)

    changed = staff("PATCH", path, {"description": "D"}, **{"If-Match": seen})

    assert (changed.status_code, changed.json()) == (200, {"name": row.name, "description": "D"})
    Jam.objects.filter(pk=row.pk).update(description="Theirs")
    refused(staff("PATCH", path, {"name": "N"}, **{"If-Match": changed["ETag"]}), 412, "changed_meanwhile")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_of_many_at_once_who_saw_the_same_one_wins(kind):
    callers, answers = [Caller(user=make_staff()) for _ in range(6)], []
    row, path = make(kind)
    seen = {"If-Match": callers[0]("GET", path)["ETag"]}
    name = next(iter(CHANGE[kind]))

    def change_it(number):
        answers.append((number, callers[number]("PATCH", path, {name: f"Of {number}"}, **seen).status_code))

    assert in_threads([lambda n=n: change_it(n) for n in range(6)]) == []

    assert sorted(status for _number, status in answers) == [200] + [412] * 5
    row.refresh_from_db()
    assert getattr(row, name) == f"Of {next(number for number, status in answers if status == 200)}"
