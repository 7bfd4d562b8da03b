import io
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.accounts.roles import Right
from apps.jams.models import Jam
from tests.factories import PASSWORD, make_jam, make_jam_song, make_user, make_venue, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def form_for(venue=None, **changes):
    fields = {
        "name": "Thursday Jam",
        "starts_at": "2027-07-01T19:30",
        "ends_at": "2027-07-01T23:30",
        "max_suggestions": "3",
        "max_sign_ups": "3",
        "counts": "live",
        "counts_top": "3",
    }
    return ({"venue": venue.pk} if venue else {}) | fields | changes


def picture(size=(40, 30), kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", size, "teal").save(data, kind)
    return data.getvalue()


def test_logging_in_leads_to_my_jams(client):
    make_user(email="Robin@Example.com")

    response = client.post("/login", {"login": "robin@example.com", "password": PASSWORD})

    assert response["Location"] == "/host"


def test_a_wrong_password_says_so(client, text):
    make_user(email="robin@example.com")

    response = client.post("/login", {"login": "robin@example.com", "password": "wrong"})

    assert "password you specified are not correct" in text(response)


def test_logging_out_takes_a_form(as_host):
    assert as_host.get("/logout").status_code == 405
    assert as_host.post("/logout")["Location"] == "/"
    assert as_host.get("/host").status_code == 302


def test_my_jams_are_mine(as_host, host, other_host, text):
    make_jam(host=host, name="My Draft", status="draft")
    make_jam(host=host, name="My Past", status="ended")
    make_jam(host=other_host, name="Their Jam")

    page = text(as_host.get("/host"))

    assert "My Draft" in page
    assert "My Past" in page
    assert "Their Jam" not in page


def test_a_jam_is_made_with_times_of_the_venue(as_host, host):
    venue = make_venue(name="New York Room", manager=host, time_zone="America/New_York")

    response = as_host.post("/jams/new", form_for(venue))

    jam = Jam.objects.get()
    assert (response.status_code, response["Location"]) == (303, f"/jams/{jam.slug}/host")
    assert (jam.status, jam.starts_at) == ("draft", datetime(2027, 7, 1, 23, 30, tzinfo=UTC))
    assert jam.lets(host, Right.RUN)


def test_a_jam_is_changed_and_shows_its_times_as_the_venue_has_them(as_host, host):
    venue = make_venue(time_zone="America/New_York")
    jam = make_jam(host=host, venue=venue, starts_at=datetime(2027, 7, 1, 23, 30, tzinfo=UTC))

    page = as_host.get(f"/jams/{jam.slug}/edit").content.decode()
    as_host.post(f"/jams/{jam.slug}/edit", form_for(name="Renamed", max_votes="5", approve_suggestions="on"))

    jam.refresh_from_db()
    assert 'value="2027-07-01T19:30"' in page
    assert (jam.name, jam.max_votes, jam.approve_suggestions) == ("Renamed", 5, True)
    assert jam.starts_at == datetime(2027, 7, 1, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ends_at": "2027-07-01T19:00"}, "ends_at"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"starts_at": ""}, "starts_at"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"max_votes": "0"}, "max_votes"),
        ({"max_votes": "99999999"}, "max_votes"),
        ({"counts": "maybe"}, "counts"),
        ({"description": "x" * 2001}, "description"),
    ],
)
def test_a_wrong_jam_says_what_is_wrong_where(as_host, host, wrong, field):
    response = as_host.post("/jams/new", form_for(make_venue(manager=host), **wrong))

    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert Jam.objects.count() == 0


def test_a_jam_is_made_only_at_venues_one_manages(as_host, host):
    make_venue(manager=host)
    foreign = make_venue(name="Foreign")

    response = as_host.post("/jams/new", form_for(foreign))

    assert response.status_code == 400
    assert Jam.objects.count() == 0


def test_a_host_without_a_venue_is_led_to_one(as_host, text):
    assert "A jam needs a venue" in text(as_host.get("/jams/new", follow=True))


def test_a_picture_is_made_anew(as_host, host, media):
    image = SimpleUploadedFile("night.png", picture(), content_type="image/png")

    as_host.post("/jams/new", form_for(make_venue(manager=host), background=image))

    jam = Jam.objects.get()
    assert jam.background.name.endswith(".webp")
    assert (jam.background.width, jam.background.height) == (40, 30)


def test_the_image_that_is_there_is_shown_and_can_be_taken_away(as_host, host, media):
    image = SimpleUploadedFile("night.png", picture(), content_type="image/png")
    as_host.post("/jams/new", form_for(make_venue(manager=host), background=image))
    jam = Jam.objects.get()

    page = as_host.get(f"/jams/{jam.slug}/edit").content.decode()
    as_host.post(f"/jams/{jam.slug}/edit", form_for(jam.venue, **{"background-clear": "on"}))

    assert f'src="{jam.background.url}"' in page
    jam.refresh_from_db()
    assert not jam.background


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", picture()[:60], b"GIF89a" + b"\0" * 50])
def test_what_is_no_picture_is_refused(as_host, host, media, content):
    upload = SimpleUploadedFile("night.png", content, content_type="image/png")

    response = as_host.post("/jams/new", form_for(make_venue(manager=host), background=upload))

    assert response.status_code == 400
    assert "background" in response.context["form"].errors
    assert not Jam.objects.filter(background__gt="").exists()


def test_too_large_a_picture_is_refused(as_host, host, media, settings):
    settings.MAX_IMAGE_BYTES = 1000
    upload = SimpleUploadedFile("night.png", picture((900, 900)) + b"\0" * 2000, content_type="image/png")

    response = as_host.post("/jams/new", form_for(make_venue(manager=host), background=upload))

    assert "background" in response.context["form"].errors


def test_a_night_is_duplicated_without_its_people(as_host, host):
    jam = make_jam(host=host, status="ended")
    make_vote(jam_song=make_jam_song(jam=jam))

    response = as_host.post(f"/jams/{jam.slug}/duplicate", {"starts_at": "2027-07-08T19:30"})

    new = Jam.objects.exclude(pk=jam.pk).get()
    assert response["Location"] == f"/jams/{new.slug}/host"
    assert (new.status, new.songs.count(), new.attendees.count()) == ("draft", 1, 0)


@pytest.mark.parametrize("when", ["", "soon", "2027-99-01T19:30"])
def test_a_duplicate_needs_a_time(as_host, jam, when):
    assert as_host.post(f"/jams/{jam.slug}/duplicate", {"starts_at": when}).status_code == 400
    assert Jam.objects.count() == 1


def test_deleting_asks_first_and_keeps_what_was_voted_in(as_host, host, text):
    empty, voted = make_jam(host=host, name="Empty"), make_jam(host=host, name="Voted")
    make_vote(jam_song=make_jam_song(jam=voted))

    assert "Delete Empty ?" in text(as_host.get(f"/jams/{empty.slug}/delete"))
    assert Jam.objects.count() == 2
    assert "is deleted" in text(as_host.post(f"/jams/{empty.slug}/delete", follow=True))
    assert "it cannot be deleted" in text(as_host.post(f"/jams/{voted.slug}/delete", follow=True))
    assert list(Jam.objects.all()) == [voted]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("max_votes", "0", "at least 1"),
        ("max_votes", "1001", "1000"),
        ("max_suggestions", "101", "100"),
        ("max_sign_ups", "101", "100"),
        ("counts_top", "0", "1"),
        ("counts_top", "101", "100"),
    ],
)
def test_limits_are_those_of_the_api_and_told_at_the_field(as_host, host, name, value, says):
    venue = make_venue(manager=host)

    response = as_host.post("/jams/new", form_for(venue, **{name: value}))

    assert response.status_code == 400
    assert says in response.context["form"].errors[name][0]
    assert f'id="id_{name}_error"' in response.content.decode()
    assert Jam.objects.count() == 0


def test_the_browser_knows_the_limits(as_host, host):
    make_venue(manager=host)

    fields = as_host.get("/jams/new").context["form"].fields

    known = {
        name: (f.widget.attrs["min"], f.widget.attrs["max"]) for name, f in fields.items() if "max" in f.widget.attrs
    }
    assert known == {
        "max_votes": (1, 1000), "max_suggestions": (0, 100), "max_sign_ups": (0, 100), "counts_top": (1, 100)
    }  # fmt: skip
