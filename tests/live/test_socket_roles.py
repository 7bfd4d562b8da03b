"""What each kind of caller may hear beyond what the whole room hears: as the table of roles has it."""

import pytest

from apps.accounts.roles import Right, Role, may
from apps.jams.consumers import find_jam
from apps.jams.identity import user_address
from apps.jams.models import Attendee, Jam
from apps.live.changes import HOST
from tests.routes import CALLERS, ROLES, make_world, undone

pytestmark = pytest.mark.django_db
DESK = "the desk, hidden counts"
ONESELF = "what is one's own"


@pytest.fixture(scope="module")
def world(kept):
    return make_world()


def listen(world, caller, jam):
    """What the socket of this caller is given: None, or the stream and the addresses it hears."""
    client, headers = world.callers[caller].client, world.callers[caller].headers
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    sent = {"cookie": cookies} | {name.lower(): value for name, value in headers.items()}
    scope = {
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "url_route": {"kwargs": {"slug": jam.slug}},
    }
    return find_jam.func(scope)


def meaning(addresses, jam):
    """Each address by what is said there; what cannot be told stays as it is."""
    people = {f"attendee:{pk}": ONESELF for pk in Attendee.objects.filter(jam=jam).values_list("pk", flat=True)}
    return {DESK if to == HOST or to.startswith("user:") else people.get(to, to) for to in addresses}


@pytest.mark.parametrize("caller", ROLES)
@pytest.mark.parametrize("at", ["own", "other"])
def test_who_hears_what(world, caller, at):
    jam, roles = world.jams[at], {Role.ANYBODY, *CALLERS[caller][at]}

    stream, addresses = listen(world, caller, jam)

    desk = {DESK} if may(Right.RUN, roles) else set()
    own = {ONESELF} if may(Right.TAKE_PART, roles) else set()
    assert stream == jam.stream
    assert meaning(addresses, jam) == desk | own


def test_a_host_is_addressed_as_oneself_too_so_that_rights_can_end(world):
    _stream, addresses = listen(world, "co_host", world.jam)

    assert user_address(world.co_host) in addresses


@pytest.mark.parametrize("caller", ROLES)
def test_a_draft_is_heard_by_its_hosts(world, caller):
    with undone():
        Jam.objects.filter(pk=world.jam.pk).update(status="draft")

        heard = listen(world, caller, world.jam)

    assert (heard is not None) is may(Right.READ_DRAFT, CALLERS[caller]["own"])


def test_an_unknown_jam_is_heard_by_nobody(world):
    assert [listen(world, caller, Jam(slug="no-such-jam")) for caller in ROLES] == [None] * len(ROLES)
