"""Background work by a real worker and a real beat: how soon many tasks at once are done, how long reports and set
lists take, and whether anything is lost or done twice when processes of the worker are killed on the way. At the end
come the events of bench_webhooks.py.

Times are of the rows: from when a task was queued, or begun, to when it had ended.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any

import psutil

from loadtests import bench_reports, bench_webhooks
from loadtests.bench import Row
from loadtests.machine import CORES, about, set_up
from tests import servers

AT_ONCE = 50
LAST = 5  # seconds until the last of them has ended
REPORTS, VOTES, A_REPORT = 20, 10_000, 1  # at once, of a night with so many votes; seconds that each may take
SET_LISTS = {500: (10, 2), 1_000: (1, 30)}  # songs: so many at once, seconds that each may take
INSTRUMENTS = ("vocals", "guitar", "bass", "drums")
KILLS = 2


def run(*, short: bool) -> list[Row]:
    set_up()
    if CORES:
        os.sched_setaffinity(0, set(CORES))  # the worker has them all
    worker = start("worker", "--without-gossip", "--without-mingle")
    start("beat", TASK_SWEEP_SECONDS="0.5")
    from apps.tasks.broker import app

    while not app.control.ping(timeout=0.5):
        pass
    print(about())
    rows = [*many_at_once(3 if short else 20), reports()]
    for songs, (times, most) in SET_LISTS.items():
        if songs == max(SET_LISTS) and short:
            continue
        rows.append(set_lists(songs, times, most))
    rows += killed(worker)
    if short:  # ./dev bench webhooks --short has them
        return rows
    os.kill(worker, signal.SIGTERM)
    return [*rows, *bench_webhooks.measured(bench_webhooks.RATE * 120)]


def start(*words: str, **env: str) -> int:
    """A process of Celery's, which ends with this one."""
    command = [sys.executable, "-m", "celery", "-A", "loadtests.tasks_app", *words, "--loglevel=error"]
    options: dict[str, Any] = {"env": os.environ | {"CELERY_SKIP_CHECKS": "true"} | env}
    return servers.start(command, servers.private_directory(), lambda: True, options).pid


def many_at_once(rounds: int) -> Iterator[Row]:
    """Tasks that do next to nothing; the first round warms."""
    firsts, lasts = [], []
    for turn in range(-1, rounds):
        tasks = ended(queue_notes(f"turn {turn}"))
        if turn >= 0:
            begun = min(task.created_at for task in tasks)
            firsts.append(1000 * (min(task.ended_at for task in tasks) - begun).total_seconds())
            lasts.append((max(task.ended_at for task in tasks) - begun).total_seconds())
    yield Row(f"{AT_ONCE} at once, the first one done", median(firsts), "ms", note=f"{rounds} rounds")
    yield Row(f"{AT_ONCE} at once, the last one done", median(lasts), "s", most=LAST, note=f"worst {max(lasts):.2f} s")


def queue_notes(name: str, **options: Any) -> list[Any]:
    """In a transaction each, as requests do."""
    from apps.tasks.enqueue import enqueue
    from loadtests.tasks_app import note

    return [enqueue(note, text=f"{name} {n}", **options) for n in range(AT_ONCE)]


def reports() -> Row:
    """Each of a night that nobody has summed up, ordered by somebody else: votes are counted, a file is written and a
    link mailed."""
    from apps.accounts.models import User
    from apps.jams.models import Jam, JamHost
    from apps.reports.operations import order_report
    from apps.reports.subjects import OfJam

    bench_reports.fill(REPORTS, VOTES)
    ordered = []
    for jam in Jam.objects.select_related("venue").filter(slug__startswith="night-"):
        reader = User.objects.create_user(f"{jam.slug}@example.com", name=jam.name)
        JamHost.objects.create(jam=jam, user=reader, role="co_host")
        ordered.append(order_report(subject=OfJam(jam), by=reader))
    took = seconds(ended([report.task for report in ordered]))
    return Row(
        f"{REPORTS} reports at once", max(took), "s", most=A_REPORT, note=f"the longest; median {median(took):.2f} s"
    )


def set_lists(songs: int, times: int, most: float) -> Row:
    """Each of another jam, all queued at once; from when it was begun, beside as many others as there are processes."""
    from apps.stage.tasks import arrange_set_list, put_off

    nights = [night(f"{songs}-{n}", songs) for n in range(times)]
    tasks = ended([put_off(arrange_set_list, jam=jam, host=host, algorithm="balanced") for jam, host in nights])
    took = seconds(tasks)
    all_done = (max(task.ended_at for task in tasks) - min(task.created_at for task in tasks)).total_seconds()
    note = f"the longest; median {median(took):.1f} s, all done after {all_done:.1f} s"
    return Row(f"{times} set lists of {songs:,} songs", max(took), "s", most=most, note=note)


def night(name: str, songs: int) -> tuple[Any, Any]:
    """A jam whose queue has so many songs, each played by four of a third as many people."""
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.catalog.models import Song, Venue
    from apps.jams.models import Attendee, Jam, JamHost, JamSong
    from apps.stage.models import SignUp, Slot

    dice, starts = random.Random(name), timezone.now()
    host = User.objects.create(email=f"{name}@jamvote.example", name=name)
    venue = Venue.objects.create(name=name)
    jam = Jam.objects.create(venue=venue, name=name, slug=name, starts_at=starts, ends_at=starts + timedelta(hours=9))
    JamHost.objects.create(jam=jam, user=host, role="owner")
    people = Attendee.objects.bulk_create(
        Attendee(jam=jam, display_name=f"{n}", folded_name=f"{n}", secret_hash=f"{name} {n}") for n in range(songs // 3)
    )
    titles = Song.objects.bulk_create(
        Song(
            title=f"{name} {n}", artist=f"Artist {dice.randint(0, 60)}", duration=dice.randint(120, 400),
            tempo=dice.randint(60, 180), folded_title=f"{name} {n}", folded_artist=f"artist {n % 60}",
        )
        for n in range(songs)
    )  # fmt: skip
    queued = JamSong.objects.bulk_create(
        JamSong(jam=jam, song=song, status="queued", position=n) for n, song in enumerate(titles, start=1)
    )
    slots = Slot.objects.bulk_create(
        Slot(jam_song=song, instrument=name, number=1, required=True) for song in queued for name in INSTRUMENTS
    )
    eager = [dice.paretovariate(1.2) for _ in people]
    SignUp.objects.bulk_create(
        SignUp(slot=slot, attendee=dice.choices(people, eager)[0], state="claimed") for slot in slots
    )
    return jam, host


def killed(worker: int) -> Iterator[Row]:
    """Processes of the worker are killed while they work."""
    from apps.accounts.models import AuditEvent

    tasks = queue_notes("killed", seconds=0.2)
    for kill in range(1, KILLS + 1):
        wait_until(lambda kill=kill: notes() >= kill * AT_ONCE // (KILLS + 1))
        for process in psutil.Process(worker).children():
            process.kill()
    done = ended(tasks)
    again = sum(task.attempts > 1 for task in done)
    lost = sum(task.state != "done" for task in done)
    texts = list(AuditEvent.objects.filter(about__startswith="killed").values_list("about", flat=True))
    yield Row(f"lost of {AT_ONCE}, killed {KILLS} times", lost + AT_ONCE - len(set(texts)), "tasks", most=0,
              note=f"{again} were begun again")  # fmt: skip
    yield Row("and done twice", len(texts) - len(set(texts)), "tasks", most=0)


def notes() -> int:
    from apps.accounts.models import AuditEvent

    return AuditEvent.objects.filter(about__startswith="killed").count()


def seconds(tasks: list[Any]) -> list[float]:
    return [(task.ended_at - task.started_at).total_seconds() for task in tasks]


def ended(tasks: list[Any]) -> list[Any]:
    from apps.tasks.models import Task

    mine = Task.objects.filter(pk__in=[task.pk for task in tasks])
    wait_until(lambda: not mine.unfinished().exists())
    return list(mine)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("bench: tasks do not end")
        time.sleep(0.02)
