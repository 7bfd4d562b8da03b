"""Nothing that depends on who asks enters a shared cache: every address, every role, whoever asks first."""

import re

import pytest

from apps.core.store import copies, store
from apps.jams.door import room_code
from apps.jams.models import Jam, JamSong
from apps.pages.templatetags.parts import in_threes
from tests.world import EVERYBODY, READ, ROUTES, World

pytestmark = [pytest.mark.django_db, pytest.mark.no_cover]
HIDDEN_COUNT = 47_113
NIGHTS = ("live", "hidden", "ended", "draft")
QUERIES = {"api:jams": "?mine=true", "pages:jams": "?when=past", "pages:jam": "?find=song"}
SHARED = {
    "jams",
    "jam",
    "jam-by-slug",
    "snapshot",
    "jam-songs",
    "slots",
    "line-ups",
    "playable",
    "songs",
    "song",
    "venues",
    "venue",
}


@pytest.fixture
def world(settings, tmp_path, monkeypatch):
    settings.CACHED_READS, settings.MEDIA_ROOT = True, str(tmp_path)
    monkeypatch.setattr("apps.jams.door.minute", lambda: 29_800_000)  # one room code for the whole test
    world = World()
    Jam.objects.filter(pk=world.live.jam.pk).update(door="code")
    JamSong.objects.filter(jam=world.hidden.jam).update(votes=HIDDEN_COUNT)
    return world


def addresses(world):
    """`(route, address)`: of a jam's routes the ones of each kind of night."""
    for name in READ:
        of_jam = "slug" in ROUTES[name].params and "venue" not in name
        for night in NIGHTS if of_jam else [""]:
            yield name, world.address(name, **world.about(night))
        if name in QUERIES:
            yield name, world.address(name) + QUERIES[name]


def secrets_of(world):
    """What no shared answer may hold: who is here, what waits, what is hidden, and what proves who somebody is."""
    cookies = [cookie.value for caller in world.callers.values() for cookie in caller.client.cookies.values()]
    names = [user.name for user in (world.host, world.other_host, world.staff)]
    people = ["Sam Singer", "Paula Phone", "Strange Stranger", "Asking 0"]
    code = room_code(world.live.jam)
    codes = [code, in_threes(code)]
    return [*cookies, *world.tokens, *codes, *names, *people, "@example.com", "Pending 0", "Removed 0",
            world.draft.jam.name, str(HIDDEN_COUNT)]  # fmt: skip


def is_shared(answer):
    said = answer.get("Cache-Control", "")
    return "public" in said or "s-maxage" in said or "CDN-Cache-Control" in answer


def test_shared_answers_are_the_same_for_everybody_and_all_others_are_private(world):
    secrets, shared = secrets_of(world), set()

    for name, address in addresses(world):
        for first in ("visitor", "host", "phone"):
            store.retire(*store.groups())
            copies.clear()
            answers = {role: world.get(role, name, address) for role in [first, *EVERYBODY]}
            public = {role: answer for role, answer in answers.items() if is_shared(answer)}

            for role in answers.keys() - public.keys():
                assert re.search("private|no-store", answers[role].get("Cache-Control", "")), (role, address)
            if not public:
                break  # it is nobody's to leave for others
            shared.add(name)
            bodies = {(answer.status_code, answer.getvalue()) for answer in public.values()}
            assert len(bodies) == 1, (address, set(public))
            for role, answer in public.items():
                assert not answer.cookies, (role, address)
                # A shared cache gives it to everybody, unless it is told to look at the cookie.
                assert len(public) == len(answers) or "Cookie" in answer.get("Vary", ""), (address, set(public))
            text = bodies.pop()[1].decode()
            assert not [secret for secret in secrets if secret in text], address
            assert not re.search(r'name="csrfmiddlewaretoken" value="\w', text), address

    assert {f"api:{name}" for name in SHARED} <= shared


def test_the_secrets_are_there_to_be_leaked(world):
    """Or the test above would prove nothing."""
    pages = [
        ("api:door", "live"), ("pages:screen", "live"),
        ("api:desk", "live"), ("api:desk", "hidden"), ("api:jam", "draft"), ("admin:accounts_user_changelist", ""),
        ("admin:jams_attendee_changelist", ""), ("admin:jams_jamsong_changelist", ""),
    ]  # fmt: skip
    seen = [world.get("staff", name, world.address(name, **world.about(night))).content for name, night in pages]

    unseen = {secret for secret in secrets_of(world) if secret.encode() not in b"".join(seen)}
    cookies = {cookie.value for caller in world.callers.values() for cookie in caller.client.cookies.values()}
    assert unseen <= {*world.tokens, *cookies}
