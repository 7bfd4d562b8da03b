"""What a tap and a move cost the phone, counted: nothing that the frame which shows them need not wait for."""

import pytest
from playwright.sync_api import expect

from apps.voting.operations import cast_vote, take_back_vote
from tests.browser.test_live import first, row
from tests.factories import make_attendee, make_jam_song, make_vote

# What a tap changes before its frame is drawn, beside its own row, and how many requests it waits for.
TAP = """(button) => {
  const own = button.closest("[data-key]");
  const seen = new MutationObserver(() => {});
  const what = { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true };
  seen.observe(document.body, what);
  let asked = 0;
  const ask = window.fetch;
  window.fetch = (...all) => { asked += 1; return ask(...all); };
  button.click();
  window.fetch = ask;
  const changed = (one) => one.type !== "attributes" || one.target.getAttribute(one.attributeName) !== one.oldValue;
  const elsewhere = seen.takeRecords().filter((one) => changed(one) && !own.contains(one.target));
  return [button.dataset.state, elsewhere.map((one) => one.target.outerHTML ?? one.target.textContent), asked];
}"""
# Counts rows that are put in, animations, and places that are read after something was written in the same go.
COUNT = """() => {
  window.counted = { put: 0, slid: 0, late: 0 };
  const list = document.querySelector("[data-board]");
  const take = (records) => {
    for (const { addedNodes } of records) counted.put += addedNodes.length;
  };
  const rows = new MutationObserver(take);
  rows.observe(list, { childList: true });
  const written = new MutationObserver(() => {});
  written.observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
  const read = Element.prototype.getBoundingClientRect;
  Element.prototype.getBoundingClientRect = function () {
    if (this.parentElement === list) counted.late += written.takeRecords().length;
    return read.call(this);
  };
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...all) {
    counted.slid += 1;
    return animate.apply(this, all);
  };
}"""
MOST = 20


@pytest.fixture
def jam(jam):
    """Sixty songs more, each with a vote but the last."""
    somebody = make_attendee(jam=jam)
    for number in range(60):
        make_vote(jam_song=make_jam_song(jam=jam, title=f"Song {number}"), attendee=somebody)
    return jam


def test_a_tap_is_shown_before_anything_else_is_done(phone):
    mine = phone()
    button = row(mine, "Song 3").first.locator(".vote")

    state, elsewhere, asked = button.evaluate(TAP)

    assert (state, elsewhere, asked) == ("pending", [], 0)
    expect(button).to_have_attribute("data-state", "voted")
    expect(mine.locator("[data-mine]")).to_contain_text("Song 3")


def test_a_row_that_rises_is_put_in_once_and_read_before_it_is_written(phone, jam):
    mine = phone()
    mine.emulate_media(reduced_motion="no-preference")
    mine.evaluate(COUNT)

    for _ in range(2):
        cast_vote(jam_song=jam.songs.get(song__title="Zombie"), attendee=make_attendee(jam=jam))

    first(mine, "Zombie")
    mine.wait_for_function("counted.slid > 0")
    told = mine.evaluate("counted")
    assert told["put"] <= 2  # once for each of two votes, should they come apart
    assert told["late"] == 0
    assert told["slid"] <= 2 * MOST


def test_a_row_that_falls_leaves_the_others_in_their_place(phone, jam):
    mine = phone()
    falls, voter = jam.songs.get(song__title="Song 59"), make_attendee(jam=jam)
    cast_vote(jam_song=falls, attendee=voter)
    first(mine, "Song 59")
    mine.evaluate(COUNT)

    take_back_vote(jam_song=falls, attendee=voter)

    first(mine, "Song 0")
    assert mine.evaluate("counted.put") <= 2
