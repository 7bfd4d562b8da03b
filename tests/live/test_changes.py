"""What is told of a stream: of two states of one thing the newer one counts, in whatever order they come."""

from hypothesis import given
from hypothesis import strategies as st

from apps.live.changes import Change, Changes


def merged(*changes):
    news = Changes()
    news.add(change._asdict() for change in changes)
    return news


def song(pk, revision, to="", **state):
    return Change(state, revision, "songs", pk, to)


def test_a_frame_has_its_parts_as_lists():
    frames = merged(song(7, 3, votes=2), song(8, 1, votes=1), Change({"status": "live"}, 4)).frames()

    assert frames == {
        "": {"songs": [{"id": 7, "revision": 3, "votes": 2}, {"id": 8, "revision": 1, "votes": 1}], "status": "live"}
    }


def test_what_is_addressed_stays_apart():
    frames = merged(
        song(7, 3, votes=None), song(7, 3, "host", votes=2), Change({"me": True}, 0, to="attendee:1")
    ).frames()

    assert frames == {
        "": {"songs": [{"id": 7, "revision": 3, "votes": None}]},
        "host": {"songs": [{"id": 7, "revision": 3, "votes": 2}]},
        "attendee:1": {"me": True},
    }


def test_a_newer_state_keeps_the_facts_that_it_leaves_out():
    whole, vote = song(7, 1, title="T", votes=0), song(7, 2, votes=1)

    for order in ((whole, vote), (vote, whole)):
        assert merged(*order).frames()[""]["songs"] == [{"id": 7, "revision": 2, "title": "T", "votes": 1}]


def test_things_of_the_frame_itself_each_keep_their_newest_state():
    first, jam, second = Change({"people": 1}, 0, id=1), Change({"status": "live"}, 9), Change({"people": 2}, 0, id=1)

    assert merged(first, jam, second).frames()[""] == {"people": 2, "status": "live"}


def test_nothing_is_nothing():
    assert not merged()
    assert merged(song(1, 1))


STATES = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50)), unique=True, max_size=20)


@given(STATES, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_and_the_grouping_make_no_difference(states, random, groups):
    changes = [song(pk, revision, votes=revision * 10) for pk, revision in states]
    random.shuffle(changes)

    news = Changes()
    for group in range(groups):
        batch = Changes()
        batch.add(change._asdict() for change in changes[group::groups])
        news.add(batch.messages())

    newest = {pk: max(revision for other, revision in states if other == pk) for pk, _ in states}
    found = {row["id"]: row for row in news.frames().get("", {}).get("songs", [])}
    assert {pk: row["revision"] for pk, row in found.items()} == newest
    assert all(row["votes"] == row["revision"] * 10 for row in found.values())
