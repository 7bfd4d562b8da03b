"""Pages of lists: long ones by cursors, and none above 100 KB."""

import base64

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Song, Venue
from apps.catalog.queries import SONG_ORDERS
from apps.jams.models import Jam, JamSong
from tests.catalog.callers import SONGS, client, refused
from tests.factories import make_jam, make_song, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
KB_100 = 100_000
WIDE = "𝄞"  # four bytes


def songs(count, **fields):
    numbered = ((f"{number * 7919 % 100_003:06}", f"{number % 7}") for number in range(count))
    rows = [Song(title=t, folded_title=t, artist=a, folded_artist=a, **fields) for t, a in numbered]
    made = Song.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_song")  # or each page is found in all of them, in a table that looks empty
    return made


def pages(query):
    """Every page of the list, by following `next`."""
    address = f"{SONGS}?{query}"
    while address:
        answer = client().get(address)
        assert answer.status_code == 200, answer.data
        yield [row["id"] for row in answer.json()["results"]]
        address = answer.json()["next"]


def test_5000_equal_values_are_paged_through_once_each():
    songs(5_000)

    for order in ("popularity", "-popularity", "year", "-last_played"):
        ids = [pk for page in pages(f"ordering={order}&page_size=100") for pk in page]

        assert len(ids) == 5_000
        assert ids == list(Song.objects.in_order(order).values_list("pk", flat=True)), order


@pytest.mark.parametrize("order", [sign + name for name in SONG_ORDERS for sign in ("", "-")])
def test_every_order_is_paged_as_it_stands(order):
    for number in range(23):
        unknown = number % 4 == 0
        make_song(
            artist=f"Artist {number % 3}", popularity=number % 5, times_played=number % 2,
            year=None if unknown else 1990 + number % 6, tempo=None if unknown else 90 + number % 6,
            last_played=None if unknown else f"2026-01-{number % 6 + 1:02}T20:00:00.5Z",
        )  # fmt: skip

    ids = [pk for page in pages(f"ordering={order}&page_size=4") for pk in page]

    assert ids == list(Song.objects.in_order(order).values_list("pk", flat=True))


def test_what_is_added_before_the_cursor_moves_nothing():
    for letter in "bcde":
        make_song(title=letter)
    walk = pages("page_size=2")

    first = next(walk)
    make_song(title="a")

    assert not set(first) & set(next(walk))


def test_a_deep_page_costs_one_query(django_assert_num_queries):
    songs(300)
    address = client().get(f"{SONGS}?page_size=100&ordering=-popularity").json()["next"]

    with django_assert_num_queries(1):
        client().get(address)


@pytest.mark.services
def test_a_deep_page_is_found_by_the_index():
    songs(5_000)
    address = client().get(f"{SONGS}?page_size=100&ordering=-popularity").json()["next"]
    with CaptureQueriesContext(connection) as ran:
        client().get(address)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_song")
        cursor.execute("EXPLAIN " + ran[0]["sql"])
        plan = "\n".join(line for (line,) in cursor)

    assert "Index Scan using songs_by_popularity" in plan
    assert "Index Cond: (ROW((popularity * '-1'::integer), (folded_title)::text" in plan
    assert "Sort" not in plan


def cursor_of(keys):
    return base64.urlsafe_b64encode(orjson.dumps(keys)).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "é", "bnVsbA", *map(cursor_of, [[], [1], ["a", "b", "c"], [None, None], [{}, []], ["\x00", "b"]])],
)
def test_a_cursor_that_is_not_of_this_list_is_refused(cursor):
    make_song()

    refused(client().get(f"{SONGS}?cursor={cursor}"), 404, "not_found")


@pytest.mark.parametrize(
    ("order", "keys"),
    [("year", [2**40, "a", "b"]), ("-year", ["x", "a", "b"]), ("last_played", ["2026-01-01", "a", "b"])],
)
def test_a_cursor_with_values_that_no_row_has_is_refused(order, keys):
    make_song()

    refused(client().get(f"{SONGS}?ordering={order}&cursor={cursor_of(keys)}"), 404, "not_found")


@pytest.mark.parametrize("size", ["0", "-1", "x", "²", "9" * 30, "101"])
def test_a_page_size_that_cannot_be_had_means_one_that_can(size):
    songs(120)

    assert len(next(pages(f"page_size={size}"))) in (20, 100)


# Sizes ----------------------------------------------------------------------------------------------


def test_the_largest_pages_of_songs_stay_small_and_lose_nothing():
    for number in range(100):
        make_song(
            title=f"{number:03}" + "x" * 190, artist="y" * 200, style="z" * 40,
            chord_sheet_url="https://x.example/" + "u" * 480,
            tags=[f"{tag:040}" for tag in range(20)],
            parts=[{"instrument": f"{part:030}", "count": 9, "required": True} for part in range(12)],
        )  # fmt: skip
    address, seen = f"{SONGS}?page_size=100", []
    while address:
        answer = client().get(address)
        assert len(answer.content) < KB_100
        seen += [row["id"] for row in answer.json()["results"]]
        address = answer.json()["next"]

    assert len(seen) == len(set(seen)) == 100


def test_the_largest_pages_of_jams_and_venues_stay_small():
    for number in range(40):
        texts = {"town": WIDE * 100, "address": WIDE * 200, "description": WIDE * 2000}
        venue = make_venue(name=f"{number:02}" + WIDE * 98, **texts)
        make_jam(venue=venue, name=WIDE * 80, description=WIDE * 2000)

    for name, model in (("jams", Jam), ("venues", Venue)):
        answer = client().get(f"/api/v1/{name}?page_size=100")
        assert len(answer.content) < KB_100
        assert (answer.json()["count"], len(answer.json()["results"])) == (model.objects.count(), 30)
        assert answer.json()["results"][0]["description"] == WIDE * 199 + "…"


def test_the_largest_board_of_ordinary_songs_stays_small():
    jam = make_jam()
    found = songs(250)
    Song.objects.update(title="A title of twenty-eight signs", artist="An artist of as many signs!!", key="E♭m")
    JamSong.objects.bulk_create([JamSong(jam=jam, song=song) for song in found])

    board = client().get(f"/api/v1/jams/{jam.slug}/snapshot")
    page = client().get(f"/api/v1/jams/{jam.slug}/songs?page_size=100")

    assert (len(board.json()["songs"]), board.json()["more_songs"]) == (200, 50)
    assert len(board.content) < KB_100
    assert len(page.content) < KB_100
