"""`?fields=` gives these members and no others, on every list and detail; without it nothing changes."""

import pytest

from apps.core.store import copies, store
from tests.callers import Caller
from tests.factories import make_jam, make_song, make_staff, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def paths():
    jam, song, venue = make_jam(description="D" * 300), make_song(), make_venue()
    return {
        "jams": f"/api/v1/jams/{jam.slug}",
        "jams/by-slug": f"/api/v1/jams/by-slug/{jam.slug}",
        "songs": f"/api/v1/songs/{song.pk}",
        "venues": f"/api/v1/venues/{venue.slug}",
    }


NAMES = {"jams": ["slug", "venue"], "jams/by-slug": ["slug", "voting"], "songs": ["id", "title"], "venues": ["name"]}


@pytest.mark.parametrize("kind", NAMES)
def test_a_detail_has_the_fields_that_are_wanted(paths, kind):
    wanted = NAMES[kind]

    whole, part = (Caller()("GET", paths[kind] + query).json() for query in ("", f"?fields={','.join(wanted)}"))

    assert part == {name: whole[name] for name in wanted}
    assert len(whole) > len(part)


@pytest.mark.parametrize("kind", ["jams", "songs", "venues"])
def test_so_has_a_list_and_it_is_paged_as_ever(paths, kind):
    wanted = NAMES[kind]

    whole, part = (Caller()("GET", f"/api/v1/{kind}{query}").json() for query in ("", f"?fields={','.join(wanted)}"))

    assert part["results"] == [{name: row[name] for name in wanted} for row in whole["results"]]
    assert {**part, "results": None} == {**whole, "results": None}


@pytest.mark.parametrize(
    "query", ["fields=name,slug", "fields=slug,name", "fields=slug&fields=name", "fields=slug, name"]
)
def test_their_order_and_spelling_say_nothing(paths, query):
    body = Caller()("GET", f"{paths['venues']}?{query}").json()

    assert list(body) == ["slug", "name"]


@pytest.mark.parametrize("query", ["fields=", "fields=,", ""])
def test_none_means_all(paths, query):
    assert "time_zone" in Caller()("GET", f"{paths['venues']}?{query}").json()


@pytest.mark.parametrize("kind", NAMES)
def test_an_unknown_field_is_named_with_those_that_are_known(paths, kind):
    for path in (paths[kind], f"/api/v1/{kind.partition('/')[0]}"):
        answer = Caller()("GET", f"{path}?fields={NAMES[kind][0]},managers")

        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        [text] = answer.json()["errors"]["fields"]
        assert "“managers”" in text
        assert NAMES[kind][0] in text


def test_no_choice_of_fields_is_kept(paths, settings):
    settings.CACHED_READS = True
    store.retire(*store.groups())
    copies.clear()

    answers = [Caller(user=user)("GET", f"{paths['songs']}?fields=title") for user in (None, make_staff())]

    assert all("no-store" in answer["Cache-Control"] for answer in answers)
    assert "songs" not in store.groups()
