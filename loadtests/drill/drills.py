"""What is done while people vote. Each is a fault of loadtests/chaos: what may be answered meanwhile, and how soon all
is well again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.budget import BURNS
from deploy.cluster.instances import Release, kill
from deploy.cluster.releases import roll, roll_out, switch
from loadtests.chaos.faults import AT_ONCE, Fault
from loadtests.chaos.ledger import Violation

if TYPE_CHECKING:
    from loadtests.drill.night import Drill

AWAY = (5.0, 5.0)  # seconds
TASKS = "loadtests.tasks_app"
BROKEN = {"JAMVOTE_FAULT": "error_burst"}  # of venues, most are answered 500: loadtests/faults/code.py


@contextmanager
def rolling_restart(drill: "Drill") -> Iterator[None]:
    roll(drill.house, Release("2", tasks=TASKS))
    yield


@contextmanager
def blue_green_switch(drill: "Drill") -> Iterator[None]:
    switch(drill.house, Release("3", tasks=TASKS))
    yield


@contextmanager
def gradual_rollout(drill: "Drill") -> Iterator[None]:
    outcome = roll_out(drill.house, Release("4", tasks=TASKS), seconds=drill.step)
    if outcome.why:
        drill.violations.append(Violation("release", f"a good one was taken back: {outcome.why}"))
    yield


@contextmanager
def broken_release(drill: "Drill") -> Iterator[None]:
    broken = Release("5", application="loadtests.faults", tasks=TASKS, env=BROKEN)
    drill.outcome = roll_out(drill.house, broken, seconds=drill.step)
    if drill.outcome.why != BURNS:
        drill.violations.append(Violation("release", f"a broken one was not taken back: {drill.outcome}"))
    yield


@contextmanager
def a_replica_is_lost(drill: "Drill") -> Iterator[None]:
    drill.house.replicas[0].kill()
    try:
        yield
    finally:
        drill.house.replicas[0].begin()


@contextmanager
def redis_is_restarted(drill: "Drill") -> Iterator[None]:
    drill.house.redis.kill()
    time.sleep(1)
    drill.house.redis.begin()
    yield


@contextmanager
def a_web_instance_is_killed(drill: "Drill") -> Iterator[None]:
    kill(drill.house.of_kind("web")[0])
    try:
        yield
    finally:
        drill.house.begin_ended()


@contextmanager
def a_live_instance_is_killed(drill: "Drill") -> Iterator[None]:
    kill(drill.house.of_kind("live")[0])
    try:
        yield
    finally:
        drill.house.begin_ended()


FAULTY = frozenset({500})
DRILLS = [
    Fault(rolling_restart, AT_ONCE),
    Fault(blue_green_switch, AT_ONCE),
    Fault(gradual_rollout, AT_ONCE),
    Fault(broken_release, AT_ONCE, FAULTY),
    Fault(a_replica_is_lost, AWAY),
    Fault(redis_is_restarted, AT_ONCE),
    Fault(a_web_instance_is_killed, AWAY),
    Fault(a_live_instance_is_killed, AWAY),
]
SHORT = [rolling_restart]
