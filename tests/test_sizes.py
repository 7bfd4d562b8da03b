"""No answer of the API is larger than 100 KB, whatever stands in the database."""

import pytest
from django.db import connection
from django.test import override_settings

from apps.catalog.models import Song, Venue
from apps.catalog.music import MAX_COUNT, MAX_INSTRUMENT, MAX_PARTS, MAX_TAG, MAX_TAGS
from apps.jams.models import Attendee, Jam, JamSong
from apps.stage.models import Performance, SignUp, Slot
from apps.voting.models import Vote
from tests.world import READ, World

pytestmark = pytest.mark.django_db
MOST = 100_000
CLEF = "𝄞"  # four bytes in UTF-8
MANY = 250
WHO = {
    "api:me": "phone",
    "api:votes": "phone",
    "api:signups": "phone",
    "api:my-set": "phone",
    "api:users": "staff",
    "api:capacity": "staff",
    "api:sla": "staff",
} | dict.fromkeys(
    (
        f"api:{name}"
        for name in (
            "desk",
            "door",
            "clusters",
            "hosts",
            "invitations",
            "recurrence",
            "setlist",
            "tasks",
            "webhooks",
            "webhook",
            "deliveries",
            "inboxes",
            "inbox",
            "inbox-events",
            "task",
            "reports",
            "report",
            "jam-report",
            "venue-report",
            "host-report",
            "tokens",
            "myself",
            "user",
            "venue-statistics",
            "venue-wanted",
            "library",
            "library-song",
            "venue-song-list",
            "venue-song-list-changes",
        )
    ),
    "host",
)
NIGHTS = ("live", "hidden", "ended")


@pytest.fixture(scope="module")
def world(kept, tmp_path_factory):
    with override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media"))):
        yield full_world()


def full_world():
    """As much of everything as there can be, and each text as long as it may be."""
    world = World()
    Venue.objects.bulk_create(Venue(name=f"{n:03}" + CLEF * 97, slug=f"{n:060}") for n in range(MANY))
    Venue.objects.update(address=CLEF * 200, town=CLEF * 100, description=CLEF * 2000)
    Venue.objects.filter(pk=world.venue.pk).update(name=CLEF * 100)
    times = {"starts_at": world.live.jam.starts_at, "ends_at": world.live.jam.ends_at}
    Jam.objects.bulk_create(
        Jam(venue=world.venue, name="A jam", slug=f"{n:090}", status="open", **times) for n in range(MANY)
    )
    Jam.objects.update(name=CLEF * 80, description=CLEF * 2000, background="jams/" + "a" * 95, **times)
    for night in NIGHTS:
        fill(getattr(world, night).jam, world.phone)
    Song.objects.update(
        style=CLEF * 40, chord_sheet_url="https://" + "a" * 492, tags=[CLEF * MAX_TAG] * MAX_TAGS,
        parts=[{"instrument": CLEF * MAX_INSTRUMENT, "count": MAX_COUNT, "required": False}] * MAX_PARTS,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # or plans are of tables that look empty, and take minutes
    return world


def fill(jam, phone):
    """Songs that wait, are open, queued and played, all voted for by the phone, and a full room."""
    songs = Song.objects.bulk_create(
        Song(title=f"{n:08}" + CLEF * 192, artist=CLEF * 200, folded_title=f"{jam.pk} {n}", folded_artist="a")
        for n in range(4 * MANY)
    )
    states = (
        {"status": "open"},
        {"status": "queued"},
        {"status": "pending", "suggested_by": phone},
        {"status": "played", "started_at": jam.starts_at, "ended_at": jam.ends_at},
    )
    jam_songs = JamSong.objects.bulk_create(
        JamSong(jam=jam, song=song, position=n, **states[n % 4]) for n, song in enumerate(songs)
    )
    Vote.objects.bulk_create(Vote(jam_song=jam_song, attendee=phone) for jam_song in jam_songs)
    people = Attendee.objects.bulk_create(
        Attendee(jam=jam, display_name=f"{n:03}" + CLEF * 37, folded_name=f"{n}") for n in range(3 * MANY)
    )
    slots = Slot.objects.bulk_create(
        Slot(jam_song=jam_song, instrument=f"{n}".zfill(4) + CLEF * (MAX_INSTRUMENT - 4))
        for n, jam_song in enumerate(jam_songs)
    )
    line_up = [{"instrument": CLEF * MAX_INSTRUMENT, "attendee": people[0].pk}] * MAX_PARTS * MAX_COUNT
    Performance.objects.bulk_create(
        Performance(jam=jam, song=song, votes=1, line_up=line_up, started_at=jam.starts_at, ended_at=jam.ends_at)
        for song in songs[:MANY]
    )
    SignUp.objects.bulk_create(SignUp(slot=slot, attendee=people[0], state="claimed") for slot in slots)
    SignUp.objects.bulk_create(SignUp(slot=slot, attendee=phone, state="waiting") for slot in slots)


def test_every_read_of_the_api_stays_small(world):
    sizes = {}
    # What describes the API is no answer of it: as long as there are things to say.
    for name in [name for name in READ if name.startswith("api:") and name != "api:schema"]:
        for night in NIGHTS if name in {"api:snapshot", "api:desk", "api:jam-songs", "api:jam"} else [""]:
            address = world.address(name, **world.about(night)) + "?page_size=1000"
            answer = world.get(WHO.get(name, "visitor"), name, address)
            assert answer.status_code == 200, name
            sizes[name, night] = len(answer.content)

    assert {route: size for route, size in sizes.items() if size > MOST} == {}
    assert {name for (name, _night), size in sizes.items() if size > MOST / 2} == {  # the data is what it should be
        "api:jams", "api:snapshot", "api:jam-songs", "api:desk", "api:me", "api:votes", "api:songs", "api:venues",
        "api:slots", "api:signups", "api:my-set", "api:setlist", "api:performances",
    }  # fmt: skip


def test_a_board_of_long_songs_says_how_many_are_missing(world):
    board = world.get("visitor", "api:snapshot", world.address("api:snapshot")).json()

    statuses = [song["status"] for song in board["songs"]]
    assert {"playing", "queued", "open"} <= set(statuses)
    assert statuses.count("open") + board["more_songs"] == world.live.jam.songs.filter(status="open").count()
