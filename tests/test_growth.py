"""A jam's board costs the same however many votes there are in the table: counted in pages of the database that are
touched. `./dev bench queries` times it, with 10 million votes."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.jams.board import snapshot
from apps.jams.models import Jam
from apps.voting.queries import mine
from tests.volume import empty, fill

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
FEW, MANY = 5_000, 100_000


def test_the_board_touches_as_many_pages_with_twenty_times_the_votes():
    small = {"users": 50, "venues": 20, "songs": 2_000, "jams": 25, "attendees": 251, "jam_songs": 1_000}
    fill(**small, votes=FEW, full_jams=25)
    few = pages()
    empty()
    # Votes are of their time: twenty times the votes are twenty times the nights.
    large = {name: small[name] * MANY // FEW for name in ("jams", "attendees", "jam_songs")}
    fill(**small | large, votes=MANY, full_jams=large["jams"])
    many = pages()
    empty()

    assert not {name for name, touched in many.items() if touched > 1.5 * few[name]}


def pages():
    jam = Jam.objects.select_related("venue").get(slug="jam-4")
    attendee = jam.attendees.select_related("jam").first()
    return {
        "snapshot": touched(lambda: snapshot(jam)),
        "ranking": touched(lambda: list(jam.songs.ranked().values("id", "votes")[:200])),
        "an attendee's own": touched(lambda: mine(attendee)),
    }


def touched(run):
    """By the queries of `run`, in memory or not."""
    with CaptureQueriesContext(connection) as ran:
        run()
    return sum(pages_of(query["sql"]) for query in ran)


def pages_of(sql):
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql.replace("%", "%%"), [])
        said = cursor.fetchone()[0]
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
