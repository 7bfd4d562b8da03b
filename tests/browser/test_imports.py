"""The page of an import shows what a worker does, and is not needed for it."""

import pytest
from playwright.sync_api import expect

from apps.catalog import import_runs
from apps.catalog.models import Song
from apps.catalog.uploads import begin_import
from apps.tasks.embedded import run_next
from apps.tasks.models import Task
from tests.browser.conftest import logged_in
from tests.factories import make_import
from tests.tasks.running import run_tasks


@pytest.fixture
def run(host, settings, monkeypatch):
    """One that is begun, of four batches, and a step is a batch."""
    settings.IMPORT_STEP_SECONDS, settings.TASK_BROKER_URL = 0, ""
    monkeypatch.setattr(import_runs, "BATCH", 10)
    monkeypatch.setattr("apps.tasks.embedded.run_here", lambda tasks: None)
    run = make_import(*(f"Song {n},{'x' * 3000}" for n in range(40)), by=host, header="title,artist")
    return begin_import(run=run, by=host, columns=run.columns)


@pytest.fixture
def page(new_page, asgi_server, run, host):
    page = new_page()
    page.context.add_cookies([{"name": n, "value": value, "url": asgi_server} for n, value in logged_in(host)])
    page.goto(f"{asgi_server}{run.get_absolute_url()}")
    return page


def test_it_follows_the_worker_to_the_end(page):
    taken = page.locator("[data-count=rejected]")
    expect(taken).to_have_text("0")
    expect(page.get_by_role("link", name="Look again")).to_be_hidden()

    run_next()
    expect(taken).to_have_text("10")
    expect(page.get_by_role("progressbar")).not_to_have_attribute("value", "0")
    run_tasks()

    expect(page.get_by_text("Imported.")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()


def test_it_says_that_the_task_has_failed(page):
    Task.objects.update(state="failed", error="ValueError (cells.py:12)")

    expect(page.get_by_text("ValueError (cells.py:12)")).to_be_visible()
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_text("It goes on without this page too.")).to_be_visible()
    assert Task.objects.filter(state="waiting").count() == 1


def test_without_the_page_it_goes_on(page, run):
    page.close()

    run_tasks()

    run.refresh_from_db()
    assert (run.state, sum(run.counts.values()), Song.objects.count()) == ("done", 40, 0)
