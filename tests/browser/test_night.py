"""A whole night as those who are there live it: a host, a co-host, six performers, twenty voters and the big screen."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count
from django.utils import timezone
from playwright.sync_api import expect

from apps.jams.models import Attendee, Performer
from apps.stage.models import SignUp
from apps.voting.corrections import differences
from tests.browser.night import (
    LAPTOP,
    TABLET,
    WIDE,
    Night,
    all_see,
    back_to_the_jam,
    be_remembered,
    candidate,
    chip,
    figures_are,
    hears,
    is_not_called,
    join,
    join_by_api,
    link_for,
    make_the_jam,
    open_console,
    place,
    press_start,
    queued,
    ranking_is,
    row,
    say_what_one_plays,
    set_list_is,
    sign_up,
    snapshot_of,
    start,
    step,
    suggest,
    take_the_second_desk,
    tap,
    to_the_stage,
    told,
    vote_by_api,
    votes_are,
)
from tests.factories import make_song, make_user, make_venue

PARTS = {"Yellow": ["keys"], "Zombie": ["bass", "drums"], "Valerie": ["vocals"], "Dreams": ["vocals"],
         "Hallelujah": ["vocals"], "Wonderwall": ["guitar", "vocals"]}  # fmt: skip
LIBRARY = [
    ("Creep", "Radiohead"), ("Dreams", "Fleetwood Mac"), ("Zombie", "The Cranberries"), ("Valerie", "Amy Winehouse"),
    ("Yellow", "Coldplay"), ("Toxic", "Britney Spears"), ("Hallelujah", "Leonard Cohen"),
    ("Hallelujah", "Jeff Buckley"), ("Wonderwall", "Oasis"),
]  # fmt: skip
TONIGHT = [pair for pair in LIBRARY if pair[0] != "Wonderwall"]  # which somebody suggests
# Which of the sixteen who vote by the API want what: from, to.
WANTED = {"The Cranberries": (0, 12), "Amy Winehouse": (6, 16), "Fleetwood Mac": (0, 9), "Coldplay": (9, 16),
          "Radiohead": (3, 8), "Britney Spears": (14, 16), "Leonard Cohen": (0, 4), "Jeff Buckley": (2, 6)}  # fmt: skip
SET_LIST = ["Yellow", "Zombie", "Valerie", "Dreams", "Wonderwall", "Hallelujah", "Creep", "Toxic"]
PLAYED = {"Yellow": 7, "Zombie": 13, "Valerie": 11, "Wonderwall": 3, "Hallelujah": 6}  # with their votes
LEFT = {"Dreams": 10, "Creep": 5, "Toxic": 2}


@pytest.fixture
def night(transactional_db, new_page, asgi_server, playwright):
    """Everybody is on the way; nobody has done anything yet."""
    host, co_host = make_user(name="Hanna"), make_user(name="Carl")
    venue = make_venue(name="The Copper Room", manager=host)
    for title, artist in LIBRARY:
        parts = [{"instrument": one, "count": 1, "required": True} for one in PARTS.get(title, [])]
        make_song(title=title, artist=artist, duration=200, parts=parts)
    room = playwright.request.new_context(base_url=asgi_server)
    yield Night(
        server=asgi_server, host=host, co_host=co_host, venue=venue, room=room,
        hanna=new_page(viewport=LAPTOP), carl=new_page(viewport=TABLET), screen=new_page(viewport=WIDE),
        performers={name: new_page() for name in ("Ana", "Ben", "Cleo", "Dan", "Eva", "Finn")},
        voters={name: new_page() for name in ("Vera", "Will", "Xena")}, kazoo=new_page(expected=["403"]),
    )  # fmt: skip
    room.dispose()


def test_a_night_from_the_first_song_to_the_report(night):
    the_hosts_open_the_house(night)
    the_room_fills(night)
    the_room_votes(night)
    a_suggestion_is_approved_while_another_song_is_queued(night)
    they_sign_up_wait_in_line_and_move_up(night)
    two_songs_that_are_one_become_one(night)
    whoever_spoils_it_goes_with_their_votes(night)
    the_set_list_is_filled_locked_and_moved(night)
    they_play_and_a_mistake_is_undone(night)
    one_song_is_skipped_and_the_last_ones_are_played(night)
    the_night_ends_and_everybody_sees_how_it_was(night)
    its_figures_are_those_of_the_rows(night)


def the_hosts_open_the_house(night):
    now = timezone.localtime(timezone.now(), ZoneInfo(night.venue.time_zone))
    make_the_jam(night, name="Thursday Jam", starts=now - timedelta(minutes=30), ends=now + timedelta(hours=3))
    take_the_second_desk(night, link_for(night, "Make a link for a co-host"))
    open_console(night, night.hanna)

    night.hanna.get_by_role("button", name="Open the jam").click()
    told(night.hanna, "The jam is open")
    night.hanna.locator("#add > summary").click()
    night.hanna.locator("#lines").fill("\n".join(" - ".join(pair) for pair in TONIGHT))
    with snapshot_of(night.hanna):
        night.hanna.get_by_role("button", name="Add them").click()

    for desk in night.desks:
        expect(desk.locator("[data-cand-rows] > *")).to_have_count(len(TONIGHT))
    link = link_for(night, "Make a link for a screen")
    with snapshot_of(night.screen):
        night.screen.goto(link)
    ranking_is(night.screen, ["Creep", "Dreams", "Zombie"])
    open_console(night, night.hanna)
    night.songs = dict(night.jam.songs.values_list("song__artist", "pk"))


def the_room_fills(night):
    for name, page in night.performers.items():
        join(night, page, name)
    for page in night.voters.values():
        join(night, page)
    join(night, night.kazoo, "Neon Kazoo")
    night.tokens = [join_by_api(night, number) for number in range(16)]

    ana, ben = night.performers["Ana"], night.performers["Ben"]
    to_the_stage(ana)
    say_what_one_plays(ana, "vocals", more="guitar")
    back_to_the_jam(ana)
    be_remembered(ben)

    for page in [*night.phones, night.screen]:
        expect(page.locator("[data-present]")).to_have_text("26 here")
    assert Attendee.objects.get(display_name="Ana").instruments == ["vocals", "guitar"]
    assert [one.name for one in Performer.objects.all()] == ["Ben"]


def the_room_votes(night):
    for artist, (first, last) in WANTED.items():
        for token in night.tokens[first:last]:
            vote_by_api(night, token, night.songs[artist])
    for name, title in (("Vera", "Zombie"), ("Will", "Valerie"), ("Xena", "Dreams")):
        tap(night.voters[name], title)
    for title in ("Zombie", "Toxic"):
        tap(night.kazoo, title)

    for page in night.boards:
        ranking_is(page, ["Zombie", "Valerie", "Dreams", "Yellow", "Creep"])
        votes_are(page, "Zombie", 14)
        votes_are(page, "Dreams", 10)


def a_suggestion_is_approved_while_another_song_is_queued(night):
    hanna, carl, ana = night.hanna, night.carl, night.performers["Ana"]
    suggest(ana, "Wonderwall", plays="guitar")
    expect(ana.locator("[data-suggest-told]")).to_contain_text("You are signed up for it.")
    asked = [desk.locator("[data-ask-rows] > *").filter(has_text="Wonderwall") for desk in night.desks]
    for one in asked:
        expect(one).to_contain_text("from \u2068Ana\u2069")
    expect(row(night.voters["Vera"], "Wonderwall")).to_have_count(0)

    candidate(hanna, "Yellow").locator("[data-act=queue]").click()
    asked[1].locator("[data-act=approve]").click()

    told(hanna, "Queued “Yellow”.")
    told(carl, "Approved “Wonderwall”.")
    for desk, one in zip(night.desks, asked, strict=True):
        set_list_is(desk, ["Yellow"])
        expect(candidate(desk, "Wonderwall")).to_be_visible()
        expect(one).to_have_count(0)
    for page in night.boards:
        expect(row(page, "Wonderwall")).to_be_visible()
        expect(row(page, "Yellow")).to_have_count(0)
    for name in ("Ben", "Cleo"):
        tap(night.performers[name], "Wonderwall")
    expect(row(ana, "Wonderwall").locator(".vote-word")).to_have_text("Voted")
    for page in night.boards:
        votes_are(page, "Wonderwall", 3)


def they_sign_up_wait_in_line_and_move_up(night):
    _ana, ben, cleo, dan, eva, finn = night.performers.values()
    for page in (ben, cleo, dan, eva, finn):
        to_the_stage(page)
    sign_up(finn, "Yellow", "keys")
    sign_up(ben, "Zombie", "bass")
    sign_up(dan, "Zombie", "bass", then="you are number 1 in line")
    sign_up(eva, "Zombie", "bass", then="you are number 2 in line")
    sign_up(eva, "Jeff Buckley", "vocals")
    sign_up(cleo, "Zombie", "drums")
    for page in (cleo, dan, eva):
        back_to_the_jam(page)
    finn.get_by_role("button", name="I’m here").click()
    expect(place(finn, "Yellow", "keys")).to_contain_text("You, here")

    ben.get_by_role("button", name="Withdraw").click()

    hears(dan, "You have the slot now: “bass” in “Zombie”.")
    expect(place(finn, "Zombie", "bass")).to_contain_text("Dan · 1 waits")
    night.carl.click("[data-side=lineup]")
    expect(chip(night.carl, "Zombie", "Bass")).to_contain_text("In line: Eva", use_inner_text=True)
    expect(chip(night.carl, "Yellow", "Keys")).to_contain_text("Finn, here", use_inner_text=True)
    for page in (ben, finn):
        back_to_the_jam(page)
    studs = row(night.voters["Vera"], "Zombie").locator("[data-studs]")
    expect(studs).to_have_attribute("aria-label", "Line-up 2 of 2")
    nobody_shares_a_slot()


def two_songs_that_are_one_become_one(night):
    page = night.hanna
    candidate(page, "Jeff Buckley").locator("summary").click()
    candidate(page, "Jeff Buckley").get_by_role("link", name="Merge into…").click()
    with snapshot_of(page):
        page.locator(".people li").filter(has_text="Leonard Cohen").get_by_role("button").click()
    expect(page.locator(".told")).to_contain_text("is merged into")

    for board in night.boards:
        expect(row(board, "Jeff Buckley")).to_have_count(0)
        votes_are(board, "Leonard Cohen", 6)  # two of the eight voted for both
    expect(night.screen.locator("[data-votes-cast]")).to_have_text("59 votes")
    for desk in night.desks:
        expect(candidate(desk, "Hallelujah").locator("[data-votes]")).to_have_text("6")
    expect(chip(night.carl, "Hallelujah", "Vocals")).to_contain_text("Eva", use_inner_text=True)


def whoever_spoils_it_goes_with_their_votes(night):
    page = night.hanna
    page.click("[data-side=people]")
    page.locator("[data-person-rows] > *").filter(has_text="Neon Kazoo").locator("a").click()
    page.click("[data-sheet-dialog] [data-confirm]")
    page.click("[data-yes]")

    told(page, "“Neon Kazoo” is off the jam, with all votes.")
    expect(night.kazoo.get_by_text("You were taken off this jam")).to_be_visible()
    for board in night.boards:
        votes_are(board, "Zombie", 13)
        votes_are(board, "Toxic", 2)
        expect(board.locator("[data-present]")).to_have_text("25 here")
    for desk in night.desks:
        expect(candidate(desk, "Zombie").locator("[data-votes]")).to_have_text("13")


def the_set_list_is_filled_locked_and_moved(night):
    page = night.hanna
    page.get_by_text("By votes").click()
    page.get_by_role("button", name="Fill up").click()
    told(page, "Queued the next songs of the plan.")
    set_list_is(page, ["Yellow", "Zombie", "Valerie", "Dreams", "Hallelujah", "Creep", "Wonderwall", "Toxic"])

    queued(page, "Yellow").locator("[data-act=unqueue]").focus()
    page.keyboard.press("l")
    expect(queued(page, "Yellow").locator("[data-lock]")).to_have_attribute("aria-pressed", "true")
    queued(page, "Wonderwall").locator("[data-act=unqueue]").focus()
    for to in ("6", "5"):
        page.keyboard.press("Alt+ArrowUp")
        expect(queued(page, "Wonderwall").locator("[data-place]")).to_have_text(to)

    for desk in night.desks:
        set_list_is(desk, SET_LIST)
    expect(queued(night.carl, "Yellow").locator("[data-lock]")).to_have_attribute("aria-pressed", "true")
    for board in night.boards:
        expect(board.locator("[data-next] [data-title]")).to_have_text("Yellow")
        expect(board.locator("[data-none]")).to_be_visible()
    expect(night.screen.locator("[data-none]")).to_be_in_viewport(ratio=1)


def they_play_and_a_mistake_is_undone(night):
    _ana, ben, cleo, dan, eva, finn = night.performers.values()
    step(night.hanna, "start")
    hears(finn, "You are on next: “keys” in “Yellow”. Come to the stage.")

    start(night, "Yellow")
    hears(finn, "Your song is up: “keys” in “Yellow”. Go on stage.")
    for page, instrument in ((dan, "bass"), (cleo, "drums")):
        hears(page, f"You are on next: “{instrument}” in “Zombie”.")
    for page in (ben, eva, *night.voters.values()):
        is_not_called(page)
    expect(night.screen.locator("[data-players=next]")).to_have_text("Dan bassCleo drums")

    start(night, "Zombie")
    hears(dan, "Your song is up: “bass” in “Zombie”.")
    is_not_called(finn)
    press_start(night.hanna, "Valerie")  # too early
    is_not_called(dan)
    night.hanna.keyboard.press("Control+z")
    told(night.hanna, "Undone: Started “Valerie”.")
    all_see(night, "Zombie")
    hears(dan, "Your song is up: “bass” in “Zombie”.")
    assert [title for title, _votes in performances(night)] == ["Yellow"]
    start(night, "Valerie")


def one_song_is_skipped_and_the_last_ones_are_played(night):
    hanna, carl, ana, eva = night.hanna, night.carl, night.performers["Ana"], night.performers["Eva"]
    start(night, "Dreams")
    hears(ana, "You are on next: “guitar” in “Wonderwall”.")
    hanna.locator("[data-act=skip]").click()
    told(hanna, "Skipped “Dreams”. It is open to votes again.")
    for board in night.boards:
        votes_are(board, "Dreams", LEFT["Dreams"])
    expect(candidate(carl, "Dreams")).to_be_visible()

    start(night, "Wonderwall")
    hears(ana, "Your song is up: “guitar” in “Wonderwall”.")
    step(hanna, "last-call")
    hears(night.voters["Vera"], "Last call: no more suggestions. Your votes still count.")
    for phone in night.phones:
        expect(phone.locator("[data-pill=last_call]")).to_be_visible()
        expect(phone.get_by_text("Suggestions are closed for tonight.")).to_be_visible()
    expect(night.screen.locator("[data-last-call]")).to_be_visible()
    start(night, "Hallelujah")
    hears(eva, "Your song is up: “vocals” in “Hallelujah”.")
    carl.locator("[data-act=finish]").click()
    told(carl, "Marked “Hallelujah” as played.")
    expect(hanna.locator("[data-played] [data-title]")).to_contain_text([*reversed(PLAYED)])


def the_night_ends_and_everybody_sees_how_it_was(night):
    hanna, screen = night.hanna, night.screen
    hanna.locator("[data-step=ended]").click()
    hanna.locator("[data-yes]").click()

    for page in night.phones:
        expect(page.get_by_text("That was the night")).to_be_visible()
        expect(page.locator("#setlist [data-title]")).to_have_text([*PLAYED])
        expect(page.locator("section:has(#h-left) [data-title]")).to_have_text([*LEFT])
        expect(page.locator("#h-on-stage")).to_have_count(0)  # names are for hosts
        figures_are(page, {"Songs played": 5, "Performers": 5, "People": 25, "Votes": sum({**PLAYED, **LEFT}.values())})
    expect(screen.locator(".screen-best")).to_have_text("Zombie")
    expect(screen.locator(".screen-end")).to_contain_text("5 songs · 57 votes")
    for desk in night.desks:
        expect(desk.locator("[data-over]")).to_be_visible()
    hanna.get_by_role("link", name="What was played").click()
    figures_are(hanna, {"Songs played": 5, "Performers": 5})
    on_stage = hanna.locator("section:has(#h-on-stage) tbody tr")
    assert sorted(one.split("\t")[:3] for one in on_stage.all_inner_texts()) == [
        ["Ana", "guitar", "1"], ["Cleo", "drums", "1"], ["Dan", "bass", "1"], ["Eva", "vocals", "1"],
        ["Finn", "keys", "1"],
    ]  # fmt: skip


def its_figures_are_those_of_the_rows(night):
    page = night.hanna
    page.goto(f"{night.server}/venues/{night.venue.slug}/report")
    figures_are(
        page, {"Nights": 1, "People": 25, "Performers": 5, "Songs played": 5, "Votes": sum({**PLAYED, **LEFT}.values())}
    )
    assert sorted(page.locator("section:has(#h-played) .tops-name a").all_inner_texts()) == sorted(PLAYED)

    assert performances(night) == [*PLAYED.items()]
    assert dict(night.jam.songs.exclude(status="removed").values_list("song__title", "votes")) == PLAYED | LEFT
    assert differences() == []
    nobody_shares_a_slot()


def performances(night):
    """What was played, as the API tells it: titles and votes."""
    answer = night.room.get("/api/v1/performances", params={"jam": night.slug}).json()["results"]
    return [(one["title"], one["votes"]) for one in reversed(answer)]


def nobody_shares_a_slot():
    held = SignUp.objects.holding().order_by().values("slot").annotate(holders=Count("pk"))
    assert not held.filter(holders__gt=1)
