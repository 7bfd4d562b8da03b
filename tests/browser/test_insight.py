"""The page of tonight draws its figures anew, and nobody who reads it is disturbed."""

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import expect

from apps.insight.models import Rollup
from tests.browser.conftest import PHONE, logged_in
from tests.factories import make_staff
from tests.insight.nights import bad, good

pytestmark = pytest.mark.django_db(transaction=True)
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"  # what its clock does every 15 s


@pytest.fixture
def tonight(page, asgi_server):
    page.set_viewport_size(PHONE)
    page.context.add_cookies(
        [{"name": name, "value": value, "url": asgi_server} for name, value in logged_in(make_staff())]
    )
    good(timezone.now(), 10)
    page.goto(f"{asgi_server}/insight")
    expect(page.locator(".verdict")).to_have_text("All is well.")
    return page


def test_new_figures_come_without_a_new_page_and_leave_focus_and_what_is_open_and_scrolled(tonight):
    tonight.locator("#of-reads-open").click()
    tonight.evaluate("document.getElementById('endpoints').scrollLeft = 120; window.same = true")
    top = tonight.evaluate("scrollY")
    Rollup.objects.all().delete()
    bad(timezone.now(), 10)
    cache.clear()

    tonight.evaluate(LOOK)

    expect(tonight.locator(".verdict")).to_contain_text("All is well, apart from reports")
    assert tonight.evaluate("window.same")
    assert tonight.evaluate("document.activeElement.id") == "of-reads-open"
    assert tonight.locator("#of-reads").get_attribute("open") is not None
    assert tonight.evaluate("document.getElementById('endpoints').scrollLeft") == 120
    assert abs(tonight.evaluate("scrollY") - top) < 100


def test_whoever_has_logged_out_meanwhile_is_led_to_log_in(tonight):
    tonight.context.clear_cookies()

    tonight.evaluate(LOOK)

    tonight.wait_for_url("**/login**")
