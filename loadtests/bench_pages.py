"""Pages in a real Chromium on lines and processors that are slowed down, beside a bare page from the same server.

fast    20 ms round trip, 30 Mbit/s, the processor as it is
slow    150 ms, 1.6 Mbit/s, a processor a quarter as fast: "slow 4G" of Lighthouse
bad     400 ms, 64 kbit/s. The protocol can lose packets of WebRTC alone, so nothing is lost here: what a loss of 5 %
        adds is not in these figures.

Each visit is a first one: an empty cache, no service worker. `interactive` is the moment at which a script listens to
what is tapped in the list.
"""

import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests.bench import Row
from loadtests.machine import LIVE, about, command, serve, set_up
from loadtests.visits import Visit

LINES = {"fast": (20, 30_000, 1), "slow": (150, 1_600, 4), "bad": (400, 64, 1)}  # ms, kbit/s, times slower
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
OF_OTHERS = ("account", "admin", "drf_spectacular_sidecar", "mfa", "rest_framework", "unfold")
BARE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Bare</title><p>Nothing but this.</p>'
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
LISTENING = """
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...more) {
    const list = this === document || this.matches?.("[data-board]");
    if (type === "click" && list) measured.interactive ??= performance.now();
    return listen.call(this, type, ...more);
  };
"""
FIGURES = """() => {
  const of = (name) => performance.getEntriesByName(name)[0]?.startTime ?? 0;
  return {
    "first paint": of("first-paint"), FCP: of("first-contentful-paint"), LCP: measured.largest,
    interactive: measured.interactive ?? 0, load: performance.getEntriesByType("navigation")[0].loadEventEnd,
    CLS: measured.shift,
  };
}"""
VOTE = """(place) => new Promise((done) => {
  const button = [...document.querySelectorAll('.vote[data-state="idle"]')][place];
  const begun = performance.now();
  let shown = 0;
  new MutationObserver((_, watch) => {
    if (!shown) requestAnimationFrame(() => { shown ||= performance.now() - begun; });
    if (button.dataset.state !== "voted") return;
    watch.disconnect();
    setTimeout(() => done([shown, performance.now() - begun]), 50);
  }).observe(button, { attributes: true });
  button.click();
})"""
WHERE = """(() => {
  const { x, y, width, height } = document.querySelectorAll(".vote")[%d].getBoundingClientRect();
  return [x + width / 2, y + height / 2];
})()"""
MOST = {
    "fast": {"first paint": 500, "FCP": 800, "interactive": 1200, "load": 900},
    "slow": {"FCP": 1200, "LCP": 1800, "CLS": 0.02},
}


def run(*, short: bool, seconds: float | None = None) -> list[Row]:
    set_up()
    static = Path(os.environ["DATA_DIR"], "static")
    command("collectstatic", "--noinput", "-v0", *(word for name in OF_OTHERS for word in ("--ignore", name)))
    static.joinpath("bare.html").write_text(BARE)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop is in this thread
    night = Night()
    server = serve("jamvote.asgi", *LIVE)
    rounds = 1 if short else 5
    print(f"{about()}; {rounds} rounds; " + "; ".join(f"{name} {line}" for name, line in LINES.items()))
    with browser() as chromium:
        pages = Pages(chromium, f"http://127.0.0.1:{server.port}", night)
        rows = [*pages.shown(rounds)]
        rows += [pages.moving(3 if short else 20), *pages.bad_line(1 if short else 3, 3 if short else 20)]
        rows += [*pages.open_for(seconds or (3 if short else 60))]
    return rows


class Night:
    """A jam with forty songs to vote for, people who do, and somebody who plays what is on."""

    def __init__(self) -> None:
        from tests import factories as make

        self.host = make.make_user()
        self.jam = make.make_jam(host=self.host, venue=make.make_venue(accent="#c8763a"))
        for n, status in enumerate(["playing", "queued", "queued", *["open"] * 40]):
            place = n if status == "queued" else None
            make.make_jam_song(jam=self.jam, title=f"Song of the evening, number {n}", status=status, position=place)
        self.songs = list(self.jam.songs.filter(status="open"))
        self.voters = [make.make_attendee(jam=self.jam) for _ in range(60)]
        self.make = make

    def cookies(self, who: str) -> list[tuple[str, str]]:
        from django.test import Client

        from apps.jams.identity import cookie_name

        if who == "host":
            client = Client()
            client.force_login(self.host)
            return [(name, cookie.value) for name, cookie in client.cookies.items()]
        return [(cookie_name(self.jam), self.make.make_attendee_with_token(jam=self.jam)[1])] if who else []

    @contextmanager
    def moves(self, a_second: int = 5) -> Iterator[None]:
        """Meanwhile so many songs go up or down the ranking each second."""
        from django.db import connection

        over = threading.Event()

        def vote() -> None:
            self.vote(a_second, over)
            connection.close()

        thread = threading.Thread(target=vote)
        thread.start()
        yield
        over.set()
        thread.join()

    def vote(self, a_second: int, over: Any) -> None:
        from apps.voting.operations import cast_vote

        turns = ((song, voter) for voter in self.voters for song in reversed(self.songs))
        for song, voter in turns:
            if over.wait(1 / a_second):
                break
            cast_vote(jam_song=song, attendee=voter)


class Pages:
    def __init__(self, chromium: Any, address: str, night: Night) -> None:
        self.chromium, self.address, self.night = chromium, address, night
        at = f"/jams/{night.jam.slug}"
        self.all = {"phone": (at, "attendee", PHONE, 1), "screen": (f"{at}/screen", "", DESK, 2)}
        self.all["console"] = (f"{at}/host", "host", DESK, 2)

    @contextmanager
    def opened(self, who: str, size: dict[str, int], line: str, **device: bool) -> Iterator[Visit]:
        context = self.chromium.new_context(viewport=size, service_workers="block", **device)
        context.add_cookies([{"name": n, "value": v, "url": self.address} for n, v in self.night.cookies(who)])
        page = context.new_page()
        visit = Visit(page)
        page.add_init_script(LISTENING)
        slow_down(visit.line, *LINES[line])
        yield visit
        context.close()

    def shown(self, rounds: int) -> Iterator[Row]:
        for line, most in MOST.items():
            floor = self.figures("/static/bare.html", "", PHONE, line, rounds)
            for name, (path, who, size, times) in self.all.items():
                for figure, value in self.figures(path, who, size, line, rounds).items():
                    if figure in most and (value or figure == "CLS"):  # no script waits for taps on the screen
                        unit = "" if figure == "CLS" else "ms"
                        limit = most[figure] * times
                        yield Row(f"{name}, {line} line, {figure}", value, unit, floor[figure] or None, most=limit)

    def figures(self, path: str, who: str, size: dict[str, int], line: str, rounds: int) -> dict[str, float]:
        """The median of each, of as many first visits; one before them warms the server and the browser."""
        visits = []
        for turn in range(-1, rounds):
            with self.opened(who, size, line) as visit:
                visit.page.goto(self.address + path)
                visit.page.wait_for_load_state("networkidle")
                visit.page.wait_for_timeout(200)  # the largest paint is told late
                if turn >= 0:
                    visits.append(visit.page.evaluate(FIGURES))
        return {figure: statistics.median(told[figure] for told in visits) for figure in visits[0]}

    def moving(self, taps: int) -> Row:
        """The slowest answer to a tap while the list moves, as INP has it for fewer than fifty of them.

        A finger taps a place: what Playwright itself uses to find a button is a script of 300 KB in the page, which
        would be measured along.
        """
        path, who, size, _times = self.all["phone"]
        with self.opened(who, size, "slow", has_touch=True, is_mobile=True) as visit, self.night.moves():
            visit.page.goto(self.address + path)
            visit.page.wait_for_load_state("load")
            for place in range(taps):
                visit.page.wait_for_timeout(300)
                where = {"expression": WHERE % (place % 5), "returnByValue": True}
                visit.page.touchscreen.tap(*visit.line.send("Runtime.evaluate", where)["result"]["value"])
            visit.page.wait_for_timeout(500)
            slowest = max(visit.measured("events"), default=0)
        return Row("phone, slow line, INP, five moves a second", slowest, "ms", most=150, note=f"{taps} taps")

    def bad_line(self, joins: int, votes: int) -> Iterator[Row]:
        took, answers = [], []
        for _ in range(joins):
            with self.opened("", PHONE, "bad") as visit:
                begun = time.monotonic()
                visit.page.goto(self.address + f"/j/{self.night.jam.code}", wait_until="domcontentloaded")
                visit.page.locator("form button.btn-go").last.click()
                visit.page.locator('.vote[data-state="idle"]').first.wait_for()
                took.append(time.monotonic() - begun)
                visit.page.wait_for_load_state("networkidle")
                answers += [visit.page.evaluate(VOTE, place) for place in range(-(-votes // joins))]
        yield Row("joined, bad line", statistics.median(took), "s", most=8, note="from the address to one's own page")
        for place, (what, most) in enumerate({"a tap shows": 100, "a vote is confirmed": 3000}.items()):
            value = sorted(answer[place] for answer in answers)[int(0.95 * (len(answers) - 1))]
            yield Row(f"{what}, bad line", value, "ms", most=most, note=f"p95 of {len(answers)}")

    def open_for(self, seconds: float) -> Iterator[Row]:
        path, who, size, _times = self.all["phone"]
        with self.opened(who, size, "fast") as visit:
            visit.page.goto(self.address + path)
            visit.page.wait_for_timeout(2000)
            heap, traffic = self.heap(visit), visit.traffic
            visit.page.wait_for_timeout(seconds * 1000)
            grown, told = (self.heap(visit) - heap) / 1e6, (visit.traffic - traffic) / 1000
        note = f"open for {seconds:.0f} s, nobody votes"
        yield Row("phone, heap grown", grown, "MB", most=5, note=note)
        yield Row("phone, idle traffic of an hour", told * 3600 / seconds, "KB", most=300, note=note)

    def heap(self, visit: Visit) -> float:
        visit.line.send("HeapProfiler.collectGarbage")
        return float(visit.line.send("Runtime.getHeapUsage")["usedSize"])


def slow_down(line: Any, latency: int, kbits: int, slower: int) -> None:
    speed = {"downloadThroughput": kbits * 125, "uploadThroughput": kbits * 125}
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency, **speed})
    line.send("Emulation.setCPUThrottlingRate", {"rate": slower})


@contextmanager
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("JAMVOTE_BROWSER") or sys.exit("bench pages: needs Chromium: install it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
