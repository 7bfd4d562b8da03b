"""Events that come in, through a real web process, and done by a real worker that is killed twice on the way: how soon
each is taken, and whether any is lost or done twice.

Half of them start the next song of a jam, half bring a song into the library; each is signed as its sender would, and
one in ten is sent once more. Times are of the sender: from the first byte sent to the answer.
"""

import hashlib
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

from loadtests.bench import Row
from loadtests.machine import CORES, SERVED_BY, WEB, Server, about, serve, set_up
from tests import servers

RATE, SENDERS = 10, 4  # events a second; connections
QUEUE = 20  # songs of a jam's set list
P95, A_MINUTE = 50, 500
REPEATED = 10  # of so many events one is sent twice
KILLS = 2
WORKER = ("worker", "--concurrency=4", "--without-gossip", "--without-mingle")


def run(*, short: bool) -> list[Row]:
    set_up()
    if CORES:
        os.sched_setaffinity(0, set(CORES))
    return measured(RATE * (30 if short else 120))


def measured(events: int) -> list[Row]:
    inbox, secret, jams = prepare(events // 2)
    web, worker = serve("jamvote.wsgi", *WEB), start(*WORKER)
    start("beat", TASK_SWEEP_SECONDS="0.5")
    print(f"{about()}; {events} events, {RATE} a second")
    urlopen(f"http://127.0.0.1:{web.port}/api/v1/").close()  # it has started then
    sender = Sender(web, inbox, secret, jams, events)
    sender.start()
    for kill in range(1, KILLS + 1):
        wait_until(lambda kill=kill: sender.sent() >= kill * events // (KILLS + 1))
        os.killpg(worker, signal.SIGKILL)  # with all its processes
        worker = start(*WORKER)
    took = sorted(sender.join())
    wait_until(lambda: not waiting())
    late = time.monotonic() - sender.begun - sender.seconds
    return rows(took, sender, events, late)


def rows(took: list[float], sender: "Sender", events: int, late: float) -> list[Row]:
    from apps.accounts.models import AuditEvent
    from apps.catalog.models import Song
    from apps.jams.models import JamSong
    from apps.webhooks.models import Received

    done = Received.objects.filter(state="done").count()
    audited = AuditEvent.objects.filter(verb="inbox_event").count()
    started = JamSong.objects.filter(jam__slug__startswith="bench-", status__in=["playing", "played"]).count()
    brought = Song.objects.filter(artist="The Bench").count()
    wrong = abs(started - events // 2) + abs(brought - (events - events // 2)) + abs(audited - events)
    p95 = took[int(len(took) * 0.95)]
    others = ", ".join(map(str, sorted(set(sender.others))))
    all_done = f"all done {late:.1f} s after the last was sent"
    note = f"p50 {took[len(took) // 2]:.1f} ms, worst {took[-1]:.0f} ms, {len(took)} calls"
    return [
        Row("taken in, p95", p95, "ms", most=P95, note=note),
        Row("taken in a minute", 60 * len(took) / sender.seconds, "events", least=A_MINUTE),
        Row("answered otherwise", len(sender.others), "calls", most=0, note=others),
        Row(f"lost, worker killed {KILLS} times", events - done, "events", most=0, note=all_done),
        Row("lost or done twice, by what they did", wrong, "events", most=0,
            note=f"{started} songs started, {brought} brought in, {audited} in the audit log"),
    ]  # fmt: skip


class Sender:
    """Sends them in turn, each at its time, and some of them again."""

    def __init__(self, server: Server, inbox: Any, secret: str, jams: list[str], events: int) -> None:
        self.server, self.path, self.secret, self.events = server, f"/api/v1/webhooks/in/{inbox.key}", secret, events
        self.jams, self.took, self.others = jams, [], []  # type: ignore[var-annotated]
        self.lock, self.next, self.begun = threading.Lock(), 0, 0.0
        self.seconds = 0.0
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(SENDERS)]

    def start(self) -> None:
        self.begun = time.monotonic()
        for thread in self.threads:
            thread.start()

    def sent(self) -> int:
        return self.next

    def join(self) -> list[float]:
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.begun
        return [1000 * took for took in self.took]

    def work(self) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        while (number := self.take()) is not None:
            time.sleep(max(0.0, self.begun + number / RATE - time.monotonic()))
            body = self.event(number)
            for _time in range(2 if number % REPEATED == 0 else 1):
                self.send(line, f"evt_{number}", body)

    def take(self) -> int | None:
        with self.lock:
            if self.next >= self.events:
                return None
            self.next += 1
            return self.next - 1

    def event(self, number: int) -> bytes:
        kind, data = "song.upserted", {"title": hashlib.sha256(b"%d" % number).hexdigest(), "artist": "The Bench"}
        if number % 2 == 0:
            kind, data = "play.started", {"jam": self.jams[number // 2 % len(self.jams)]}
        return json.dumps({"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": data}).encode()

    def send(self, line: http.client.HTTPConnection, event: str, body: bytes) -> None:
        from standardwebhooks.webhooks import Webhook

        at = datetime.now(UTC)
        signature = Webhook(self.secret).sign(event, at, body.decode())
        headers = {"webhook-id": event, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature,
                   "Content-Type": "application/json"}  # fmt: skip
        begun = time.monotonic()
        line.request("POST", self.path, body, headers)
        answer = line.getresponse()
        answer.read()
        self.took.append(time.monotonic() - begun)
        if answer.status != 202:
            self.others.append(answer.status)


def prepare(songs: int) -> tuple[Any, str, list[str]]:
    """An inbox, and jams whose set lists have so many songs together."""
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.catalog.models import Song, Venue
    from apps.jams.models import Jam, JamSong
    from apps.webhooks.inboxes import add_inbox

    host, venue, now = (
        User.objects.create(email="bench@jamvote.example", name="B"),
        Venue.objects.create(name="B"),
        timezone.now(),
    )
    venue.managers.add(host)
    titles = Song.objects.bulk_create(
        Song(title=f"Queued {n}", artist="A", folded_title=f"queued {n}", folded_artist="a") for n in range(QUEUE)
    )
    jams = Jam.objects.bulk_create(
        Jam(
            venue=venue, name="Bench", slug=f"bench-{n}", status="live", starts_at=now, ends_at=now + timedelta(hours=9)
        )
        for n in range(-(-songs // QUEUE))
    )
    JamSong.objects.bulk_create(
        JamSong(jam=jam, song=song, status="queued", position=n)
        for jam in jams
        for n, song in enumerate(titles, start=1)
    )
    inbox, secret = add_inbox(venue=venue, by=host, name="Stage")
    return inbox, secret, [jam.slug for jam in jams]


def start(*words: str, **env: str) -> int:
    """A process of Celery's, and a group of its own."""
    command = [SERVED_BY, "-m", "celery", "-A", "jamvote", *words, "--loglevel=error"]
    options: dict[str, Any] = {"env": os.environ | {"CELERY_SKIP_CHECKS": "true"} | env}
    return servers.start(command, servers.private_directory(), lambda: True, options).pid


def waiting() -> int:
    from apps.webhooks.models import Received

    return Received.objects.filter(state="waiting").count()


def wait_until(done: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 300
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("bench: events are not done")
        time.sleep(0.05)
