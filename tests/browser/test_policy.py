"""What the headers forbid is nothing that a page needs: whatever a browser refuses is an error on its console."""

import pytest

from apps.jams.models import Jam
from tests.browser.conftest import open_live
from tests.factories import PASSWORD, make_attendee, make_staff

DESK = {"width": 1280, "height": 800}


@pytest.fixture
def staff(new_page, asgi_server):
    """Somebody of the staff, who has logged in at the page."""

    def log_in(**options):
        make_staff(email="staff@example.com")
        page = new_page(viewport=DESK, **options)
        page.goto(f"{asgi_server}/login")
        page.fill("[name=login]", "staff@example.com")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/host")
        return page

    return log_in


def test_the_pages_work_under_their_policy(staff, asgi_server, jam):
    page = staff(expected=["404 (Not Found)", "requires 'TrustedHTML'"])
    open_live(page, f"{asgi_server}/jams/{jam.slug}/screen")
    for path in ("/", "/jams", "/songs", f"/jams/{jam.slug}/edit", "/jams/nothing"):
        answer = page.goto(asgi_server + path)
        assert "'none'" in answer.headers["content-security-policy"]

    assert refuses_markup(page)


def test_the_screen_shows_the_room_code_that_has_come_since(console, asgi_server, jam):
    page = console()
    page.clock.install()
    open_live(page, f"{asgi_server}/jams/{jam.slug}/screen")
    Jam.objects.filter(pk=jam.pk).update(door=Jam.Door.CODE)

    page.clock.run_for(11_000)

    page.locator(".screen-room .code").wait_for()


def refuses_markup(page):
    """Whether a script that makes markup from text is stopped."""
    return page.evaluate(
        """() => {
            try { document.body.innerHTML = "<p>"; } catch (error) { return error instanceof TypeError; }
            return false;
        }"""
    )


@pytest.mark.parametrize("path", ["/", "/api/docs", "/api/venues"])
def test_what_somebody_slips_into_a_page_does_not_run(new_page, asgi_server, path):
    page = new_page(expected=["Content Security Policy", "This document requires"])
    page.goto(asgi_server + path)

    tried = page.evaluate(
        """() => ["script", "button", "a"].map(name => {
            const slipped = document.createElement(name);
            try {
                if (name === "script") slipped.append("window.ran = true");
                if (name === "button") slipped.setAttribute("onclick", "window.ran = true");
                if (name === "a") slipped.href = "javascript:window.ran = true";
                document.body.append(slipped);
                slipped.click();
            } catch (error) { return String(error); }
            return "appended";
        })"""
    )

    assert len(tried) == 3
    assert page.evaluate("() => window.ran") is None


def test_the_admin_works_under_its_policy(staff, asgi_server, jam):
    page = staff()
    make_attendee(jam=jam)
    for path in ("/admin/", "/admin/jams/jam/", f"/admin/jams/jam/{jam.pk}/change/", "/admin/accounts/user/add/"):
        page.goto(asgi_server + path)
        page.wait_for_function("() => window.Alpine && !document.documentElement.hasAttribute('x-cloak')")

    page.goto(f"{asgi_server}/admin/catalog/song/")
    page.locator("[name=q]").fill("Creep")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Creep**")
    assert page.locator("#result_list").inner_text().count("Creep") == 1


def test_the_api_can_be_tried_in_its_documentation(staff, asgi_server):
    page = staff()
    page.goto(f"{asgi_server}/api/docs")
    venues = page.locator("#operations-venues-venues_list")
    venues.locator("button").first.click()
    venues.get_by_role("button", name="Try it out").click()

    with page.expect_response("**/api/v1/venues*") as answered:
        venues.get_by_role("button", name="Execute").click()

    assert answered.value.status == 200
    venues.get_by_text('"count"').first.wait_for()


def test_the_browsable_api_works(staff, asgi_server):
    page = staff()
    page.goto(f"{asgi_server}/api/v1/venues")
    page.locator("textarea[name=_content]").first.fill('{"name": "The Anchor"}')
    page.locator("#post-generic-content-form button, [id^=post] button").last.click()

    page.get_by_text("HTTP 201 Created").wait_for()
    page.goto(f"{asgi_server}/api/v1/jams")
    page.get_by_role("button", name="Filters").click()
    page.locator("#filtersModal .modal-content").wait_for()
