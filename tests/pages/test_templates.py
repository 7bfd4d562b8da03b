"""What holds for every page: nothing inline, nothing from elsewhere, icons that exist, everything closed."""

import re

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from apps.jams.identity import cookie_name
from apps.jams.people import add_person
from apps.pages.views.errors import csrf_failure
from tests.factories import (
    make_api_token,
    make_attendee_with_token,
    make_jam,
    make_jam_song,
    make_sign_up,
    make_slot,
    make_user,
    make_venue,
    make_vote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(text):
    """Every page, as whoever sees most of it."""
    host = make_user()
    venue = make_venue(manager=host, accent="#a0b0c0")
    jam, ended = make_jam(host=host, venue=venue, max_votes=5), make_jam(host=host, venue=venue, status="ended")
    for status in ("open", "pending", "queued", "playing", "played"):
        song = make_jam_song(jam=jam, status=status, position=1 if status == "queued" else None)
    attendee, token = make_attendee_with_token(jam=jam)
    make_sign_up(slot=make_slot(jam_song=jam.songs.get(status="open")), attendee=attendee)
    client, guest, visitor = Client(), Client(), Client()
    client.force_login(host)
    guest.cookies[cookie_name(jam)] = token
    at = f"/jams/{jam.slug}"
    found = [guest.get(path) for path in (at, f"{at}?find=song", f"{at}/move")]
    found += [visitor.get(path) for path in (at, f"{at}/screen", f"/jams/{ended.slug}", f"/jams/{ended.slug}/screen")]
    found += [
        visitor.get(path)
        for path in (f"{at}/display/nope", "/", "/jams", "/songs", "/venues", "/j/ZZZ", f"/j/{jam.code}")
    ]
    found += [
        visitor.get(path) for path in ("/login", "/signup", "/account/reset", "/account/verify", "/account/verify/x")
    ]
    found += [visitor.get(f"/account/{path}") for path in ("inactive", "reset/sent", "reset/done", "reset/1/x")]
    found += [visitor.get(path) for path in (f"/songs/{song.song_id}", venue.get_absolute_url(), "/nope")]
    found += [
        guest.get(f"{at}/stage"),
        visitor.get(f"{at}/overlay?show=now,next,top,code"),
        visitor.get(f"{at}/overlay?show=x"),
    ]
    token, _text = make_api_token(user=host)
    mine = [
        "/account/tokens",
        f"/account/tokens/{token.pk}/revoke",
        "/host",
        "/jams/new",
        "/venues/new",
        f"{at}/host?find=song",
        f"{at}/edit",
        f"{at}/duplicate",
        f"{at}/delete",
    ]
    mine += [f"{at}/host/end", f"{at}/host/people/{attendee.pk}/remove"]
    guest_of_host = add_person(jam=jam, host=host, display_name="Bob")
    make_vote(jam_song=jam.songs.get(status="open"), attendee=guest_of_host)
    slot = jam.songs.get(status="open").slots.get()
    make_sign_up(slot=slot, attendee=guest_of_host, state="waiting")
    mine += [f"{at}/host/slots/{slot.pk}", f"{at}/host/songs/{slot.jam_song_id}/slots", f"{at}/print"]
    mine += [f"{at}/host/people/{path}" for path in (attendee.pk, guest_of_host.pk, "add")]
    token, _text = make_api_token(user=host)
    mine += ["/account/tokens", f"/account/tokens/{token.pk}/revoke"]
    mine += [f"{at}/hosts", f"{at}/screen"]
    parts = ("", "/sessions", "/email", "/password", "/second-factor", "/again")
    found += [client.get(path) for path in (*(f"/account{part}" for part in parts), *mine)]
    found += [client.post("/account/tokens", {"name": name, "days": 7}) for name in ("Lights", "")]
    return found


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(pages):
    for response in pages:
        page = response.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        for script in re.findall(r"<script[^>]*>", page):
            assert 'type="application/json"' in script or 'src="/static/' in script
        for address in re.findall(r'(?:src|<link rel="(?!canonical)[^>]* href)="([^"]*)"', page):
            assert address.startswith(("/static/", "/accent/", "/media/", "/manifest.webmanifest"))


def test_every_icon_exists(pages, settings):
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (settings.BASE_DIR / "static/icons.svg").read_text()))
    for response in pages:
        page = response.content.decode()
        carried = set(re.findall(r'symbol id="([\w-]+)"', page))
        for file, name in re.findall(r'<use href="([^"#]*)#([\w-]+)"', page):
            assert name in (drawn if file else carried), f"{response.request['PATH_INFO']}: {name}"


def of_console(pages):
    return next(page for page in pages if re.fullmatch("/jams/[^/]+/host", page.request["PATH_INFO"]))


def of_overlay(pages):
    return next(page for page in pages if "/overlay" in page.request["PATH_INFO"])


def test_scripts_ask_only_for_icons_and_words_that_are_there(pages, settings):
    for name, page in (
        ("jam", pages[0]),
        ("screen", pages[4]),
        ("overlay", of_overlay(pages)),
        ("console", of_console(pages)),
    ):
        assert f"js/{name}.js" in page.content.decode()
        modules = re.findall(r'modulepreload" href="/static/js/(\w+).js"', page.content.decode())
        source = "".join((settings.BASE_DIR / f"static/js/{module}.js").read_text() for module in modules)
        wanted = {
            word for words in re.findall(r"\btext\(([^)]*?)[,)]", source) for word in re.findall(r'"([\w-]+)"', words)
        }
        assert wanted <= set(page.context["words"]), wanted - set(page.context["words"])
        assert set(re.findall(r'from "\./(\w+)\.js"', source)) < set(modules)


def test_every_page_is_well_formed_and_has_one_first_heading(pages, text):
    for response in pages:
        text(response)  # fails on what is not closed
        assert response.content.count(b"<h1") == 1, response.request["PATH_INFO"]
        assert b'lang="en" dir="ltr"' in response.content


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "500", "403_csrf"])
def test_error_pages_stand_alone(name):
    page = render_to_string(f"{name}.html")

    assert "JamVote" in page
    assert "<h1>" in page


def test_a_failed_token_is_explained():
    response = csrf_failure(RequestFactory().post("/"))

    assert response.status_code == 403
    assert b"This page lay open too long" in response.content


def test_head_is_answered_where_get_is(pages):
    for response in [page for page in pages if page.request["REQUEST_METHOD"] == "GET"]:
        path = response.request["PATH_INFO"]
        query = response.request["QUERY_STRING"]

        head = response.client.head(f"{path}?{query}")

        assert (head.status_code, head.content) == (response.status_code, b""), path
