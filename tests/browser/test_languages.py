"""No page breaks where words are longer, or read from right to left: nothing to scroll sideways, no button cut off."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from apps.jams.identity import cookie_name
from tests.browser.conftest import open_live
from tests.factories import make_attendee_with_token, make_jam_song, make_slot

WIDTHS = 320, 390
# Every word of ours as a language that needs two fifths more would have it; names and codes stay.
LONGER = """() => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!text.parentElement.closest("bdi, code, .code, time, script, style, svg, body [dir=ltr]")) {
      text.data = text.data.replace(/\\p{L}+/gu, (word) => word + word.slice(0, Math.ceil(word.length * 0.4)));
    }
  }
}"""
BROKEN = """() => {
  const found = [];
  const name = (part) => `${part.tagName} ${part.className} ${part.textContent.trim().slice(0, 40)}`;
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) found.push(`scrolls sideways by ${wide}`);
  for (const part of document.querySelectorAll("a, button, label, summary, h1, h2, h3, p, input, select")) {
    const { left, right, width } = part.getBoundingClientRect();
    if (!width || !part.checkVisibility() || part.closest(".vh, .skip")) continue;
    const scrolls = (one) => /auto|scroll/.test(getComputedStyle(one).overflowX);
    const scrolled = (one) => one && (scrolls(one) || scrolled(one.parentElement));
    if ((left < -1 || right > innerWidth + 1) && !scrolled(part)) found.push(`outside: ${name(part)}`);
    if (part.matches("button, .btn") && part.scrollWidth > part.clientWidth + 1) found.push(`cut off: ${name(part)}`);
  }
  return found;
}"""


@pytest.fixture
def night(jam, host):
    jam.venue.managers.add(host)
    for song in jam.songs.all():
        make_slot(jam_song=song, instrument="vocals")
    make_jam_song(jam=jam, title="Nothing Compares 2 U, Live at the Apollo Theatre", status="queued", position=1)
    make_jam_song(jam=jam, title="لما بدا يتثنى", status="playing")
    return jam


def cookies_of(jam, host, server):
    _attendee, token = make_attendee_with_token(jam=jam, name="Sam")
    client = Client()
    client.force_login(host)
    session = client.cookies["session"]
    return [{"name": name, "value": value, "url": server}
            for name, value in ((cookie_name(jam), token), (session.key, session.value))]  # fmt: skip


@pytest.mark.parametrize("language", ["ar", "longer"])
def test_no_page_breaks(language, new_page, asgi_server, night, host):
    jam, broken = f"/jams/{night.slug}", {}
    visitor = new_page(locale="ar" if language == "ar" else "en", viewport={"width": 320, "height": 700})
    known = new_page(locale="ar" if language == "ar" else "en", viewport={"width": 320, "height": 700})
    known.context.add_cookies(cookies_of(night, host, asgi_server))
    pages = {
        visitor: ["/", "/jams", jam, f"/j/{night.code}", "/songs", f"/venues/{night.venue.slug}", "/login", "/signup"],
        known: [jam, f"{jam}/stage", "/host", f"{jam}/host", f"{jam}/host?side=people", f"{jam}/edit", f"{jam}/hosts",
                f"{jam}/print", "/account", f"/venues/{night.venue.slug}/edit"],
    }  # fmt: skip

    for page, paths in pages.items():
        for path in paths:
            page.goto(asgi_server + path)
            if language == "longer":
                page.evaluate(LONGER)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 700})
                if found := page.evaluate(BROKEN):
                    broken[f"{path} {width}"] = found

    assert broken == {}


def test_the_phone_page_is_live_in_arabic(phone, jam, asgi_server):
    page = phone(locale="ar")
    votes = page.locator("[data-board] .vote").first

    votes.click()

    expect(votes).to_contain_text("صوّتَّ")
    expect(page.locator("[data-present]")).to_have_text("شخص هنا")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    open_live(page, f"{asgi_server}/jams/{jam.slug}")
    expect(page.locator("[data-present]")).to_have_text("1 here")
