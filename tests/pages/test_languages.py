"""Pages in the language of whoever reads them, from every cache too; and the switch at their foot."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.trans_real import translation as catalogue

from tests.factories import make_jam, make_jam_song, make_user
from tests.page_routes import PAGES, address
from tests.routes import make_world

pytestmark = pytest.mark.django_db
COMMITTED = pytest.mark.django_db(transaction=True)  # what is finished is kept
ARABIC, ENGLISH = "ar-EG,ar;q=0.9,en;q=0.5", "en-GB,en;q=0.7"


def language_of(answer):
    found = re.search(r'<html lang="(\w+)" dir="(\w+)"', answer.content.decode())
    assert found.groups() in {("en", "ltr"), ("ar", "rtl")}
    return found[1]


def get(path="/", accept="", cookie="", **headers):
    given = {"Accept-Language": accept, "Cookie": cookie, **headers}
    return Client().get(path, headers={name: value for name, value in given.items() if value})


# Which language ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"), ("ar", "ar"), ("AR-eg", "ar"), (ARABIC, "ar"), (ENGLISH, "en"), ("de,fr;q=0.9", "en"), ("*", "en"),
        ("de,ar;q=0.3", "ar"), ("en;q=0.1,ar", "ar"), ("en;q=0.2,ar;q=0.8", "ar"), ("ar;q=0", "en"), ("arz", "en"),
        ("ar;q=x", "en"), (";;;", "en"), ("ar" * 4000, "en"), ("\u0627", "en"),
    ],
)  # fmt: skip
def test_a_browser_asks_for_its_language(accept, language):
    assert language_of(get(accept=accept)) == language


@pytest.mark.parametrize(
    ("cookie", "language"),
    [
        ("language=ar", "ar"), ("a=b; language=ar", "ar"), ("language=en", "en"), ("language=de", "en"),
        ("language=", "en"), ("language=AR", "en"), ("language=ar ar", "en"), ("language=<script>", "en"),
        ("xlanguage=ar", "en"), ("language=ar;", "ar"),
    ],
)  # fmt: skip
def test_what_somebody_chose_counts_more_than_what_the_browser_asks_for(cookie, language):
    assert language_of(get(cookie=cookie, accept=ENGLISH)) == language
    assert language_of(get(cookie="language=en", accept=ARABIC)) == "en"


@pytest.mark.parametrize("page", ["screen", "overlay"])
def test_an_address_can_say_the_language_of_a_screen(page):
    path = reverse(f"pages:{page}", args=[make_jam().slug])

    assert language_of(get(f"{path}?lang=ar", accept=ENGLISH)) == "ar"
    assert language_of(get(f"{path}?lang=en", accept=ARABIC, cookie="language=ar; a=b")) == "en"
    assert language_of(get(f"{path}?lang=xx", accept=ARABIC)) == "ar"


def test_no_language_stays_with_the_thread():
    get(accept=ARABIC)
    get("/nothing", accept=ARABIC, cookie="a=b")

    assert translation.get_language() == "en"


# Caches -----------------------------------------------------------------------------------------------


@COMMITTED
@pytest.mark.parametrize("first", [ARABIC, ENGLISH])
def test_each_language_has_its_own_finished_pages(first, django_assert_num_queries):
    make_jam(name="Blue Night")
    second = ENGLISH if first == ARABIC else ARABIC

    pages = {accept: get(accept=accept) for accept in (first, second)}
    with django_assert_num_queries(0):
        again = {accept: get(accept=accept) for accept in (second, first)}
        chosen = get(accept=ENGLISH, cookie="language=ar")

    assert {accept: language_of(page) for accept, page in again.items()} == {ARABIC: "ar", ENGLISH: "en"}
    assert {accept: page.content for accept, page in pages.items()} == {a: page.content for a, page in again.items()}
    assert pages[ARABIC]["ETag"] != pages[ENGLISH]["ETag"]
    assert "Accept-Language" in pages[first]["Vary"]
    assert chosen.content == pages[ARABIC].content
    assert chosen["Cache-Control"].startswith("public")
    assert get(accept=ARABIC, **{"If-None-Match": pages[ENGLISH]["ETag"]}).status_code == 200
    assert get(accept=ARABIC, **{"If-None-Match": pages[ARABIC]["ETag"]}).status_code == 304


@COMMITTED
def test_what_browsers_ask_for_does_not_fill_the_cache(django_assert_num_queries):
    get(accept=ENGLISH)
    get(accept=ARABIC)

    with django_assert_num_queries(0):
        assert {language_of(get(accept=f"fr,ar;q=0.{n}")) for n in range(1, 10)} == {"ar"}
        assert {language_of(get(accept=f"de;q=0.{n}")) for n in range(1, 10)} == {"en"}


@COMMITTED
@pytest.mark.parametrize("first", [ARABIC, ENGLISH])
def test_programs_read_the_same_in_every_language(first, django_assert_num_queries):
    jam = make_jam()
    make_jam_song(jam=jam)
    of_jam = (f"/api/v1/jams/{jam.slug}{part}" for part in ("", "/snapshot", "/slots"))
    paths = ["/api/v1/jams", "/api/v1/songs", *of_jam]
    answers = {path: get(path, accept=first, Accept="application/json") for path in paths}

    with django_assert_num_queries(0):
        for path, answer in answers.items():
            again = get(path, accept=ENGLISH if first == ARABIC else ARABIC, Accept="application/json")
            assert (again.content, again["ETag"]) == (answer.content, answer["ETag"])
            assert "Language" not in again["Vary"]


def test_what_is_wrong_is_said_in_the_language_of_whoever_calls():
    jam_song = make_jam_song()
    path = f"/api/v1/jams/{jam_song.jam.slug}/songs/{jam_song.pk}/vote"

    said = {accept: Client().put(path, headers={"Accept-Language": accept}).json() for accept in (ENGLISH, ARABIC)}
    unknown = Client().get("/api/v1/jams", headers={"Accept-Language": ARABIC, "Authorization": "Bearer jvt_x"}).json()

    assert said[ENGLISH]["code"] == said[ARABIC]["code"] == "not_in_jam"
    assert said[ENGLISH]["detail"] == "Join the jam first: scan the code on the screen."
    assert said[ARABIC]["detail"].startswith("انضم إلى الجلسة أولًا")
    assert "مفتاح" in unknown["detail"]


# The switch -------------------------------------------------------------------------------------------


def choose(language, to="/jams"):
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    answer = client.post("/language", {"language": language, "next": to})
    assert answer.status_code == 303
    return client, answer


def test_the_switch_is_remembered_and_leads_back():
    client, answer = choose("ar", "/jams?when=past&lang=en")

    cookie = answer.cookies["language"]
    assert answer["Location"] == "/jams?when=past"
    assert (cookie["samesite"], bool(cookie["httponly"]), cookie["path"]) == ("Lax", True, "/")
    assert cookie["max-age"] == settings.LANGUAGE_COOKIE_AGE
    assert language_of(client.get(answer["Location"])) == "ar"


ELSEWHERE = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:x", "jams", "",
]  # fmt: skip


@pytest.mark.parametrize("to", ELSEWHERE)
def test_it_leads_nowhere_else(to):
    _client, answer = choose("en", to)

    assert answer["Location"] == "/"


@pytest.mark.parametrize("language", ["", "de", "AR", "ar; path=/x", "\n"])
def test_it_knows_no_other_language(language):
    _client, answer = choose(language)

    assert not answer.cookies


def test_each_page_offers_the_other_language_in_its_own_name():
    offered = r'name="language" value="(\w+)" lang="\1">([^<]+)<'
    jam = make_jam()
    paths = ["/", "/login", "/j/zzzzzz", f"/j/{jam.code}", f"/jams/{jam.slug}", f"/jams/{jam.slug}/stage"]

    for path in paths:
        assert re.findall(offered, get(path).content.decode()) == [("ar", "العربيّة")], path
        assert re.findall(offered, get(path, accept=ARABIC).content.decode()) == [("en", "English")], path


# Words ------------------------------------------------------------------------------------------------


def visible(html):
    """Its text, and what attributes say."""
    html = re.sub(r"<(script|style|template|code|svg|kbd)\b.*?</\1>", " ", html, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|placeholder|title|alt|data-say|data-do|data-title|data-confirm)="([^"]*)"', html)
    return unescape(" \n ".join([re.sub(r"<[^>]+>", " ", html), *said]))


THE_SAME = {"JamVote", "English", "Valerie - Amy Winehouse"}


def english_in(html):
    """Sentences of ours in it that have a translation."""
    known = [text for texts in catalogue("ar")._catalog._catalogs for text in texts]
    texts = {text for text in known if isinstance(text, str) and len(text) > 5 and "%" not in text}
    html = re.sub(r"<pre.*?</pre>", " ", html, flags=re.DOTALL)  # what machines say
    shown = re.sub(r"https?://\S+|Standard Webhooks|X-Profile", " ", visible(html))  # addresses and names
    left = {text for text in texts if text in shown and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", shown)}
    return left - THE_SAME


def test_this_test_sees_what_is_left_in_english():
    assert {"Log in", "Coming up", "Six characters. No account, no app."} <= english_in(get().content.decode())


def test_every_page_is_whole_in_arabic():
    world, left = make_world(), {}
    for row in PAGES:
        if row.method != "GET" or row.status != 200 or row.name == "accent" or is_file(row.name):
            continue
        client = world.callers["staff" if row.name != "join" else "anonymous"].client
        client.cookies["language"] = "ar"
        answer = client.get(address(world, row.name, "own"))
        if answer.status_code == 200:
            assert b"<html" not in answer.content or language_of(answer) == "ar"
            said = answer.json()["description"] if row.name == "manifest" else answer.content.decode()
            left[row.name] = english_in(said)

    assert len(left) > 35
    assert {name: texts for name, texts in left.items() if texts} == {}


def is_file(name):
    return name.endswith(("report_file", "report_link", "sla_file", "profile_stacks"))


def test_mails_are_in_the_language_of_whoever_asked():
    make_user(email="ana@example.com")

    browser = Client(headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": ARABIC})
    browser.post(reverse("account_reset_password"), {"email": "ana@example.com"})

    assert mail.outbox[0].subject == "كلمة مرورك الجديدة"
    assert "مرحبًا،" in mail.outbox[0].body
