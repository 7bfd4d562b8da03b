"""The broker goes, and comes back."""

import pytest

from apps.tasks.broker import app

pytestmark = pytest.mark.services


def test_what_a_worker_had_when_it_lost_the_broker_is_given_back():
    """Celery's consumer has a connection that broke collected and closed. What the first cannot end, because the broker
    is away, meets the second without a transport."""
    connection = app.connection_for_write()
    queue = connection.SimpleQueue("lost")
    queue.put({"task": 1})
    assert taken_from(queue) == {"task": 1}

    connection._do_close_transport()
    connection.close()

    with app.connection_for_read() as again, again.SimpleQueue("lost") as queue:
        assert taken_from(queue) == {"task": 1}
        queue.clear()


def taken_from(queue):
    return queue.get(timeout=5).payload
