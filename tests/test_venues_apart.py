"""Product rule 17: a host sees and changes nothing of another venue's, in no page, API, export or socket."""

import pytest

from apps.accounts.audit import record
from apps.jams.board import desk_of
from apps.jams.models import Jam, JamSong
from tests.callers import Caller
from tests.factories import make_attendee, make_jam, make_jam_song, make_song, make_user, make_venue
from tests.live.test_socket_roles import listen
from tests.page_routes import PAGES, send
from tests.page_routes import SHARED as SHARED_PAGES
from tests.page_routes import address as page_address
from tests.routes import MATRIX, SAFE, address, filled, make_world, undone
from tests.routes import SHARED as SHARED_ROUTES
from tests.rows import effects, every_row

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
HERE = ("owner", "manager")  # who may most here; the matrices of routes and pages ask everybody about next door
MARK = "Zzyzx"
COUNT = 3_133_731
LISTS = {"jams", "songs", "venues", "jam-songs", "home", "jam", "console", "host"}
JOINING = {"attendees", "join"}  # anybody may join any jam
BY_LINK = {"display", "invitation"}  # whoever has been given the link has been let in


@pytest.fixture(scope="module")
def world(kept):
    """Next door everything that is not the room's to know has the mark on it."""
    world = make_world()
    neighbour = make_user(name=f"{MARK} Neighbour", email=f"{MARK}@example.com")
    world.venues["other"].managers.add(neighbour)
    jam = world.jams["other"]
    Jam.objects.filter(pk=jam.pk).update(counts="hidden")
    jam.refresh_from_db()
    person = make_attendee(jam=jam, name=f"{MARK} Person")
    waiting = make_song(title=f"{MARK} Pending", artist=f"{MARK} Band", listed=False)
    world.waiting = make_jam_song(jam=jam, song=waiting, status="pending", suggested_by=person)
    world.counted = make_jam_song(jam=jam, title="Known to all", suggested_by=person)
    JamSong.objects.filter(pk=world.counted.pk).update(votes=COUNT)
    world.draft = make_jam(host=neighbour, venue=world.venues["other"], status="draft", name=f"{MARK} Draft")
    record(actor=neighbour, verb=MARK, about=jam, before={"name": MARK}, after={"name": MARK})
    return world


def paths(world):
    """All that can be read: about what is here and what is next door, lists in all ways, and what waits there."""
    for at in ("own", "other"):
        for row in [row for row in MATRIX if row.method == "GET" and row.name not in {"schema", "docs"}]:
            yield from asked(address(world, row.name, at), row.name in LISTS)
        for row in [row for row in PAGES if row.method == "GET" and row.name not in BY_LINK]:
            yield from asked(page_address(world, row.name, at), row.name in LISTS)
    slug = world.jams["other"].slug
    for row in [row for row in MATRIX if row.method == "GET" and row.of_a_jam]:
        yield address(world, row.name, "other").replace(slug, world.draft.slug)
    yield from (f"{path}/songs/{world.waiting.song_id}" for path in ("", "/api/v1"))
    pages = ("", "/screen", "/overlay", "/host", "/edit", "/duplicate", "/delete")
    yield from (f"/jams/{world.draft.slug}{page}" for page in pages)
    yield f"/j/{world.draft.code}"


def asked(path, is_list):
    yield path
    if is_list:
        yield from (f"{path}?search={word}&find={word}" for word in ("Draft", "Pending", "Person", "Neighbour"))
        yield from (f"{path}?{query}" for query in ("mine=true", "status=draft&mine=true", "side=people"))


@pytest.mark.parametrize("caller", HERE)
def test_nothing_of_next_door_is_seen(world, caller):
    leaks, read = {}, 0
    with undone():
        for path in paths(world):
            answer = world.callers[caller].client.get(path)
            text = answer.getvalue().decode()
            read += answer.status_code == 200
            found = [what for what in (MARK.lower(), str(COUNT)) if what in text.lower()]
            if found:
                leaks[path] = found

    assert leaks == {}
    assert read > 100


def test_what_is_next_door_is_there_to_be_seen(world):
    """Or the test above would prove nothing: those who may see all of it."""
    jam = world.jams["other"]
    staff = world.callers["staff"].client
    pages = [f"/api/v1/jams/{jam.slug}/desk", f"/api/v1/jams/{world.draft.slug}", f"/jams/{jam.slug}/host"]
    pages += ["/admin/accounts/user/", "/admin/accounts/auditevent/", "/api/v1/jams?mine=true"]

    texts = {page: staff.get(page).getvalue().decode() for page in pages}

    assert all(MARK.lower() in text.lower() for text in texts.values()), texts.keys()
    assert str(COUNT) in texts[pages[0]]
    assert len(desk_of(jam)["pending"]) == 1


@pytest.mark.parametrize("caller", HERE)
def test_nothing_of_next_door_is_changed(world, caller):
    changed = {}
    for row in [row for row in MATRIX if row.method not in SAFE and row.name not in SHARED_ROUTES | JOINING]:
        with undone():
            path, body = address(world, row.name, "other"), filled(world, row.body, "other")
            before = every_row()
            answer = world.callers[caller](row.method, path, body)
            if effects(before, every_row()) != ({}, [], set()) or answer.status_code < 400:
                changed[row.method, row.name] = answer.status_code
    for row in [row for row in PAGES if row.method == "POST" and row.name not in SHARED_PAGES | JOINING]:
        with undone():
            path = page_address(world, row.name, "other")
            before = every_row()
            send(world, caller, row, "other", path=path)
            if effects(before, every_row()) != ({}, [], set()):
                changed["page", row.name] = path

    assert changed == {}


@pytest.mark.parametrize("caller", HERE)
def test_nothing_of_next_door_is_taken_into_ones_own(world, caller):
    """By an id or a name in a body."""
    times = {"starts_at": "2026-12-01T20:00:00Z", "ends_at": "2026-12-01T23:00:00Z"}
    songs, call = f"/api/v1/jams/{world.jam.slug}/songs", world.callers[caller]
    before = every_row()
    with undone():
        answers = [
            call("POST", songs, {"song": world.waiting.song_id}),
            call("POST", songs, {"songs": [world.waiting.song_id]}),
            call("POST", "/api/v1/jams", times | {"name": "Here", "venue": world.venues["other"].slug}),
        ]
        after = every_row()

    assert [answer.status_code for answer in answers] == [400, 400, 403]
    assert before == after
    assert not any(MARK.lower() in answer.content.decode().lower() for answer in answers)


@pytest.mark.parametrize("caller", HERE)
def test_nothing_of_next_door_is_heard(world, caller):
    _stream, addresses = listen(world, caller, world.jams["other"])

    assert addresses == frozenset()
    assert listen(world, caller, world.draft) is None


def test_a_former_manager_is_a_stranger_here_too(world):
    with undone():
        user = make_user()
        venue = make_venue(manager=user)
        draft = make_jam(venue=venue, status="draft", name="Once mine")
        venue.managers.remove(user)

        answer = Caller(user=user)("GET", f"/api/v1/jams/{draft.slug}")

    assert answer.status_code == 404
