"""The page on which a host says when a night comes again."""

from datetime import UTC, datetime

import pytest

from apps.jams.models import Jam, Recurrence
from tests.factories import make_jam, make_venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def jam(host):
    """On a Friday evening, by the clock of its venue."""
    venue = make_venue(manager=host, time_zone="America/Chicago")
    times = {"starts_at": datetime(2027, 1, 9, 2, tzinfo=UTC), "ends_at": datetime(2027, 1, 9, 6, tzinfo=UTC)}
    return make_jam(host=host, venue=venue, **times)


def path(jam):
    return f"/jams/{jam.slug}/repeat"


def test_it_proposes_every_week_on_the_day_of_the_night(as_host, jam):
    text = as_host.get(path(jam)).content.decode()

    assert 'value="FR" id="id_days_4" checked' in text
    assert 'value="1" id="id_often_0" checked' in text
    assert "Stop repeating" not in text


def test_every_first_and_third_friday(as_host, jam):
    form = {"often": ["first", "third"], "days": ["FR"], "until": "2027-04-01", "opens": "on"}

    page = as_host.post(path(jam), form, follow=True).content.decode()

    recurrence = Recurrence.objects.get(jam=jam)
    assert (recurrence.rule, str(recurrence.until), recurrence.opens) == (
        "FREQ=MONTHLY;BYDAY=1FR,3FR",
        "2027-04-01",
        True,
    )
    assert "It comes first and third Friday of the month" in page
    assert "Until 1 Apr 2027." in page


def test_it_is_stopped(as_host, jam):
    as_host.post(path(jam), {"often": "2", "days": ["FR"]})
    assert Recurrence.objects.get().rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"

    page = as_host.post(path(jam), {"end": "1"}, follow=True).content.decode()

    assert "No more nights are made" in page
    assert not Recurrence.objects.exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"often": ["1", "third"], "days": ["FR"]}, "Choose one of the weekly ones alone"),
        ({"often": ["1"]}, "This field is required"),
        ({"often": ["1"], "days": ["FR"], "until": "2020-01-01"}, "This date is past"),
        ({"often": ["1"], "days": ["FRI"]}, "FRI is not one of the available choices"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(as_host, jam, form, said):
    answer = as_host.post(path(jam), form)

    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert Jam.objects.count() == 1
