"""What is typed letter by letter is one search, and a song that is taken from it says so."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.factories import make_song


def asked(request):
    query = parse_qs(urlsplit(request.url).query)
    return {name: query[name][0] for name in ("q", "after", "venue") if name in query}


@pytest.mark.parametrize("who", ["phone", "console"])
def test_a_search_says_what_it_was_typed_on_from_and_a_choice_by_what_it_was_found(phone, console, jam, who):
    make_song(title="Wichita Lineman", artist="Glen Campbell")
    page = {"phone": phone, "console": console}[who]()
    if who == "console":
        page.locator("#add > summary").click()

    with page.expect_request("**/api/v1/search?*") as first:
        page.fill("#find", "wich")
    with page.expect_request("**/api/v1/search?*") as second:
        page.fill("#find", "wichita")
    with page.expect_request("**/songs") as chosen:
        page.locator("[role=option]").filter(has_text="Wichita").click()
    if who == "phone":  # it empties itself when that is done
        expect(page.locator("#find")).to_have_value("")
    else:
        expect(page.locator(".toast")).to_contain_text("Wichita Lineman")
    with page.expect_request("**/api/v1/search?*") as next_one:
        page.fill("#find", "jolene")

    venue = jam.venue.slug
    assert asked(first.value) == {"q": "wich", "venue": venue}
    assert asked(second.value) == {"q": "wichita", "after": "wich", "venue": venue}
    assert chosen.value.post_data_json["found_by"] == "wichita"
    assert asked(next_one.value) == {"q": "jolene", "venue": venue}
