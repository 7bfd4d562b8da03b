"""Lines of the log as JSON, and the ids in them. What they leave out: test_secrets.py."""

import json
import logging
from datetime import datetime

import pytest

from apps.core.logs import AddIds, Ids, JsonLine, ids
from apps.tasks.running import run
from tests.factories import make_jam, make_task


@pytest.fixture
def lines():
    """What is logged, as JSON, by every logger that passes it on."""
    ids.set(Ids())
    handler, found = logging.Handler(), []
    handler.emit = lambda record: found.append(json.loads(handler.format(record)))
    handler.addFilter(AddIds())
    handler.setFormatter(JsonLine())
    logging.getLogger().addHandler(handler)
    yield found
    logging.getLogger().removeHandler(handler)


def test_a_line_is_one_object(lines):
    try:
        raise ValueError("two\nlines, password=hunter2")
    except ValueError:
        logging.getLogger("apps.x").exception("token=%s is\nwrong", "abcdef", extra={"request": "GET /?token=abc"})

    [line] = lines
    assert datetime.fromisoformat(line.pop("time")).utcoffset().total_seconds() == 0
    assert line.pop("exception").endswith("ValueError: two\nlines, password=***")
    assert line == {"level": "ERROR", "logger": "apps.x", "message": "token=*** is\nwrong", "request_id": "-"}


@pytest.mark.parametrize("address", ["/jams/{}", "/api/v1/jams/{}/snapshot", "/api/jams/by-slug/{}"])
@pytest.mark.django_db
def test_a_request_names_itself_and_its_jam(client, lines, monkeypatch, address):
    jam = make_jam()
    address = address.format(jam.slug)
    monkeypatch.setattr("apps.jams.models.Jam.shows_counts", property(lambda _: 1 / 0))
    monkeypatch.setattr("apps.jams.serializers.jam_output", lambda *args, **kwargs: 1 / 0)
    client.raise_request_exception = False

    client.get(address, headers={"X-Request-Id": "asked-by-sam"})

    assert ("asked-by-sam", jam.slug) in {(line["request_id"], line.get("jam")) for line in lines}


@pytest.mark.django_db
def test_the_next_request_is_about_no_jam(client):
    jam = make_jam()

    client.get(f"/jams/{jam.slug}")
    client.get("/venues")

    assert ids.get().jam == ""


@pytest.mark.django_db
def test_a_task_names_itself_and_its_jam(lines):
    task = make_task(name="stage.arrange_set_list", state="waiting", arguments={"jam": 12, "wrong": 1})

    run(task.pk)

    assert {(line["request_id"], line["task"], line["jam"]) for line in lines} == {
        (f"task-{task.pk}", str(task.pk), "12")
    }
    assert ids.get() == Ids()
