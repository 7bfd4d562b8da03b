"""Every call that changes something may be said again with an Idempotency-Key, and has the same reply."""

import uuid

import pytest

from tests.routes import MATRIX, address, filled, make_world

pytestmark = pytest.mark.django_db
UNSAFE = [row for row in MATRIX if row.method in {"POST", "PATCH", "DELETE"} and row.name != "vote"]


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


@pytest.mark.parametrize("role", ["attendee", "host"])
@pytest.mark.parametrize("row", UNSAFE, ids=lambda row: f"{row.method} {row.name}")
def test_every_unsafe_call_may_be_said_again(world, row, role):
    method, path, body = row.method, address(world, row.name), filled(world, row.body)
    key = {"Idempotency-Key": str(uuid.uuid4())}

    first = world.callers[role](method, path, body, **key)
    second = world.callers[role](method, path, body, **key)

    assert first.status_code == second.status_code == row.answer(role)
    if first.status_code != 401:
        assert second["Idempotency-Replayed"] == "true"
        assert (first.content, first.get("Location")) == (second.content, second.get("Location"))
        assert first.get("Content-Type") == second.get("Content-Type")
