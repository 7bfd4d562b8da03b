"""What fails, for how long, what may be answered meanwhile, and within how many seconds all is well again.

AWAY     503 with Retry-After
SILENCE  no answer: who asked waits in vain, or the connection breaks
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loadtests.chaos.house import standing_still

if TYPE_CHECKING:
    from loadtests.chaos.night import Night

AWAY, SILENCE = 503, 0
STANDS_STILL = (10.0, 30.0)  # seconds
STARTS_ANEW = (1.0, 10.0)
AT_ONCE = (0.0, 0.0)
WELL, BOARD_WELL = 10.0, 5.0  # seconds
CUT_EVERY = 0.01  # seconds between two cuts of the connection that brings frames


@dataclass(frozen=True)
class Fault:
    happens: "Callable[[Night], AbstractContextManager[None]]"
    lasts: tuple[float, float] = AT_ONCE  # seconds, from and to
    allowed: frozenset[int] = frozenset()  # statuses
    votes_go_on: bool = True
    well: float = WELL
    noticed: bool = True  # by phones; a server that stands still tells nobody, and they wait for SILENCE (stream.js)

    @property
    def name(self) -> str:
        return self.happens.__name__.replace("_", " ")


@contextmanager
def redis_is_killed(night: "Night") -> Iterator[None]:
    night.house.redis.kill()
    try:
        yield
    finally:
        night.house.redis.begin()


@contextmanager
def redis_is_emptied(night: "Night") -> Iterator[None]:
    night.house.redis_client().flushall()
    yield


@contextmanager
def redis_stands_still(night: "Night") -> Iterator[None]:
    with standing_still(night.house.redis.all()):
        yield


@contextmanager
def postgresql_is_killed(night: "Night") -> Iterator[None]:
    """All of it; it reads its log when it begins anew."""
    night.house.postgres.kill()
    try:
        yield
    finally:
        night.house.postgres.begin()


@contextmanager
def postgresql_crashes(night: "Night") -> Iterator[None]:
    """A process that serves a connection is killed: all others end, and it begins anew by itself."""
    serving = night.house.rows(
        "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    night.dice.choice([one for one in night.house.postgres.children() if (one.pid,) in serving]).kill()
    yield


@contextmanager
def postgresql_is_away(night: "Night") -> Iterator[None]:
    night.house.postgres.end()
    try:
        yield
    finally:
        night.house.postgres.begin()


@contextmanager
def postgresql_stands_still(night: "Night") -> Iterator[None]:
    with standing_still(night.house.postgres.all()):
        yield


@contextmanager
def a_web_process_is_killed(night: "Night") -> Iterator[None]:
    night.dice.choice(night.house.web.children()).kill()
    yield


@contextmanager
def a_web_process_stands_still(night: "Night") -> Iterator[None]:
    with standing_still([night.dice.choice(night.house.web.children())]):
        yield


@contextmanager
def web_is_killed(night: "Night") -> Iterator[None]:
    night.house.web.kill()
    try:
        yield
    finally:
        night.house.web.begin()


@contextmanager
def a_live_process_is_killed(night: "Night") -> Iterator[None]:
    night.dice.choice(night.house.live.children()).kill()
    yield


@contextmanager
def live_is_killed(night: "Night") -> Iterator[None]:
    night.house.live.kill()
    try:
        yield
    finally:
        night.house.live.begin()


@contextmanager
def live_stands_still(night: "Night") -> Iterator[None]:
    with standing_still(night.house.live.children()):
        yield


@contextmanager
def a_task_process_is_killed(night: "Night") -> Iterator[None]:
    night.dice.choice(night.house.worker.children()).kill()
    yield


@contextmanager
def the_worker_is_killed(night: "Night") -> Iterator[None]:
    night.house.worker.kill()
    try:
        yield
    finally:
        night.house.worker.begin()


@contextmanager
def the_worker_stands_still(night: "Night") -> Iterator[None]:
    with standing_still(night.house.worker.all()):
        yield


@contextmanager
def beat_is_killed(night: "Night") -> Iterator[None]:
    night.house.beat.kill()
    try:
        yield
    finally:
        night.house.beat.begin()


@contextmanager
def frames_are_lost(night: "Night") -> Iterator[None]:
    """The connection that brings them is cut again and again."""
    over, redis = threading.Event(), night.house.redis_client()

    def cut() -> None:
        while not over.wait(CUT_EVERY):
            redis.client_kill_filter(_type="pubsub")

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def all_phones_lose_their_line(night: "Night") -> Iterator[None]:
    night.crowd.ask(night.room.cut())
    yield


UNSERVED, BROKEN = frozenset({AWAY}), frozenset({SILENCE})
FAULTS = [
    Fault(redis_is_killed, STARTS_ANEW),
    Fault(redis_is_emptied, well=BOARD_WELL),
    Fault(redis_stands_still, STANDS_STILL),
    Fault(postgresql_is_killed, STARTS_ANEW, UNSERVED, votes_go_on=False),
    Fault(postgresql_crashes, AT_ONCE, UNSERVED, votes_go_on=False),
    Fault(postgresql_is_away, STANDS_STILL, UNSERVED, votes_go_on=False),
    Fault(postgresql_stands_still, STANDS_STILL, UNSERVED | BROKEN, votes_go_on=False),
    Fault(a_web_process_is_killed, AT_ONCE, BROKEN),
    Fault(a_web_process_stands_still, STANDS_STILL, UNSERVED | BROKEN),  # UNSERVED: what has waited there too long
    Fault(web_is_killed, STARTS_ANEW, BROKEN, votes_go_on=False),
    Fault(a_live_process_is_killed),
    Fault(live_is_killed, STARTS_ANEW),
    Fault(live_stands_still, STANDS_STILL, noticed=False),
    Fault(a_task_process_is_killed),
    Fault(the_worker_is_killed, STARTS_ANEW),
    Fault(the_worker_stands_still, STANDS_STILL),
    Fault(beat_is_killed, STARTS_ANEW),
    Fault(frames_are_lost, STARTS_ANEW),
    Fault(all_phones_lose_their_line),
]
SHORT = [postgresql_is_killed, a_web_process_is_killed]
