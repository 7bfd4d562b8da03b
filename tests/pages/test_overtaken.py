"""Two hosts with the same form open: the second one is told, sees what is new, and keeps what they typed."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from apps.catalog.models import Venue
from apps.jams.models import Jam
from tests.factories import make_jam, make_user, make_venue

pytestmark = pytest.mark.django_db

CONTROL = re.compile(r"<input[^>]*>|<textarea[^>]*>.*?</textarea>|<select.*?</select>", re.DOTALL)


def attribute(tag, name):
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


def filled_in(page):
    """What a browser would send of the form on this page, with its line breaks."""
    sent = {}
    for tag in CONTROL.findall(page.content.decode().partition('class="sheet"')[2].partition("</form>")[0]):
        name, head = attribute(tag, "name"), tag.partition(">")[0]
        if tag.startswith("<select"):
            [chosen] = re.findall(r'value="([^"]*)" selected', tag)
            sent[name] = chosen
        elif tag.startswith("<textarea"):
            sent[name] = unescape(tag.partition(">")[2].removesuffix("</textarea>")).removeprefix("\n")
        elif 'type="checkbox"' in head:
            sent |= {name: "on"} if "checked" in head else {}
        elif 'type="file"' not in head:
            sent[name] = attribute(tag, "value")
    return {name: value.replace("\r\n", "\n").replace("\n", "\r\n") for name, value in sent.items()}


@pytest.fixture
def host(client):
    host = make_user()
    client.force_login(host)
    return host


@pytest.fixture
def jam(host):
    times = {"starts_at": datetime(2027, 1, 7, 19, 30, 12, tzinfo=UTC), "ends_at": datetime(2027, 1, 7, 23, tzinfo=UTC)}
    return make_jam(host=host, name="Old", description="One.\nTwo.", max_votes=3, **times)


def test_a_form_that_nobody_overtook_is_saved(client, jam):
    path = f"/jams/{jam.slug}/edit"

    answer = client.post(path, filled_in(client.get(path)) | {"name": "Mine"})

    assert answer.status_code == 303, answer.content.decode()
    jam.refresh_from_db()
    assert (jam.name, jam.description, jam.max_votes) == ("Mine", "One.\r\nTwo.", 3)


def test_what_happens_on_stage_overtakes_no_form(client, jam):
    path = f"/jams/{jam.slug}/edit"
    form = filled_in(client.get(path)) | {"name": "Mine"}
    Jam.objects.filter(pk=jam.pk).update(revision=9, status="last_call", voting_paused=True)

    assert client.post(path, form).status_code == 303


def test_who_is_overtaken_is_told_and_loses_nothing(client, jam):
    path = f"/jams/{jam.slug}/edit"
    form = filled_in(client.get(path)) | {"name": "Mine", "max_suggestions": "5"}
    theirs = {"name": "Theirs", "description": "All new.", "approve_suggestions": True, "counts": "hidden"}
    Jam.objects.filter(pk=jam.pk).update(**theirs)

    told = client.post(path, form)

    assert told.status_code == 412
    text = told.content.decode()
    assert "This was changed since you opened it." in text
    assert "Somebody else has put “Theirs” here meanwhile. Yours stands" in text
    assert text.count("Somebody else has changed this meanwhile.") == 3
    now = filled_in(told)
    assert (now["name"], now["max_suggestions"]) == ("Mine", "5")  # what was typed
    assert (now["description"], now["approve_suggestions"], now["counts"]) == (
        "All new.",
        "on",
        "hidden",
    )  # what is new
    assert Jam.objects.get().name == "Theirs"

    assert client.post(path, now).status_code == 303  # now they know
    jam.refresh_from_db()
    assert (jam.name, jam.description, jam.counts, jam.max_suggestions) == ("Mine", "All new.", "hidden", 5)
    assert jam.approve_suggestions


@pytest.mark.parametrize(
    ("theirs", "mine", "said"),
    [
        ({"starts_at": datetime(2027, 1, 7, 18, 0, tzinfo=UTC)}, {"starts_at": "2027-01-07T20:00"}, "2027-01-07 18:00"),
        ({"max_votes": None}, {"max_votes": "4"}, "nothing"),
        ({"counts": "top"}, {"counts": "hidden"}, "shown for the first few only"),
    ],
)
def test_what_somebody_else_put_is_said_as_people_read_it(client, jam, theirs, mine, said):
    path = f"/jams/{jam.slug}/edit"
    form = filled_in(client.get(path)) | mine
    Jam.objects.filter(pk=jam.pk).update(**theirs)

    assert f"Somebody else has put “{said}” here" in client.post(path, form).content.decode()


def test_a_form_that_is_sent_twice_overtakes_not_itself(client, jam):
    path = f"/jams/{jam.slug}/edit"
    form = filled_in(client.get(path)) | {"name": "Mine", "description": "New.\r\nLines."}

    assert [client.post(path, form).status_code for _ in range(2)] == [303, 303]


def test_a_venue_likewise(client, host):
    venue = make_venue(name="Old", manager=host, town="Bath", description="One.\nTwo.")
    path = f"/venues/{venue.slug}/edit"
    form = filled_in(client.get(path)) | {"address": "1 Quay"}
    Venue.objects.filter(pk=venue.pk).update(town="Bristol")

    told = client.post(path, form)
    again = client.post(path, filled_in(told))

    assert (told.status_code, again.status_code) == (412, 303)
    venue.refresh_from_db()
    assert (venue.town, venue.address, venue.description) == ("Bristol", "1 Quay", "One.\nTwo.")


def test_it_is_compared_under_the_lock(client, jam, monkeypatch):
    """Somebody else saves between the look at the row and the lock."""
    from apps.pages.views import account

    path, change_jam = f"/jams/{jam.slug}/edit", account.change_jam
    form = filled_in(client.get(path)) | {"name": "Mine"}

    def late(**fields):
        Jam.objects.filter(pk=jam.pk).update(name="Theirs")
        return change_jam(**fields)

    monkeypatch.setattr(account, "change_jam", late)

    assert client.post(path, form).status_code == 412
    assert Jam.objects.get().name == "Theirs"


def test_a_new_one_has_nothing_to_be_overtaken(client, host):
    make_venue(manager=host)

    assert 'name="initial-' not in client.get("/jams/new").content.decode()
