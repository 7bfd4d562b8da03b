"""A jam's board costs the same however many votes there are in the table. The long form has 10 million."""

import time

import pytest

from apps.jams.board import snapshot
from apps.jams.models import Jam
from apps.voting.queries import mine
from tests.volume import empty, fill

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("years")]
FEW, MANY = 10_000, 10_000_000


def test_the_board_costs_the_same_with_a_thousand_times_the_votes(full):
    most = MANY if full else 100_000
    small = {"users": 50, "venues": 20, "songs": 2_000, "jams": 50, "attendees": 501, "jam_songs": 2_000}
    fill(**small, votes=FEW, full_jams=50)
    few = costs()
    empty()
    # Votes are of their time: a thousand times the votes are a thousand times the nights.
    large = {name: small[name] * most // FEW for name in ("jams", "attendees", "jam_songs")}
    fill(**small | large, votes=most, full_jams=large["jams"])
    many = costs()
    empty()

    for name, cost in few.items():
        print(f"{name}: {cost:.2f} ms with {FEW:,} votes, {many[name]:.2f} ms with {most:,}")  # noqa: T201
        # The short form must bear neighbours; reading the whole table would still be ten times.
        assert many[name] <= cost * (1.2 if full else 2)


def costs():
    jam = Jam.objects.select_related("venue").get(slug="jam-4")
    attendee = jam.attendees.first()
    attendee.jam = jam
    return {
        "snapshot": fastest(lambda: snapshot(jam)),
        "ranking": fastest(lambda: list(jam.songs.ranked().values("id", "votes")[:200])),
        "an attendee's own votes": fastest(lambda: mine(attendee)),
    }


def fastest(run):
    """What it costs while no neighbour is at work."""
    times = []
    for _ in range(200):
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return min(times)
