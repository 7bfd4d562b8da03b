"""The process of Locust: reads a plan from stdin, tells what comes of it in lines of JSON, a window each.

The last line is `{"people": […], "errors": {…}}`: what everybody was told of their votes, and what went wrong here.
Locust makes all of Python's waiting gevent's, therefore it has a process of its own.
"""

import json
import logging
import sys
import time

import gevent
import locust  # before all that waits: it patches it
from geventhttpclient.client import HTTPClientPool
from locust.env import Environment

from loadtests.load.people import Night, Person
from loadtests.load.windows import PATIENCE

STOP = 5  # seconds for answers that are on their way at the end


def main() -> None:
    plan = json.load(sys.stdin)
    logging.getLogger("locust").setLevel(logging.ERROR)
    night = Night(**plan["night"])
    if plan["connections"]:
        Person.client_pool = HTTPClientPool(
            concurrency=plan["connections"], network_timeout=PATIENCE, connection_timeout=PATIENCE
        )
    environment = Environment(user_classes=[Person], host=plan["host"], stop_timeout=STOP)
    environment.night = night
    environment.events.request.add_listener(night.answered)
    environment.events.user_error.add_listener(night.failed)
    runner = environment.create_local_runner()
    teller = Teller(night, runner)
    telling = gevent.spawn(teller.keep_telling, plan["window"])
    for night.stage, stage in enumerate(plan["stages"]):
        night.holding = False
        more = abs(stage["users"] - runner.user_count)
        runner.start(stage["users"], spawn_rate=max(more, 1) / stage["ramp"])
        gevent.sleep(stage["ramp"])
        night.holding = True
        gevent.sleep(stage["hold"])
    telling.kill()
    teller.tell()  # before they stop: what is over then is not of the scenario
    ballots = list(night.ballots)
    runner.quit()
    say({"people": [ballot.as_json() for ballot in ballots], "errors": dict(night.errors.most_common(10))})


class Teller:
    def __init__(self, night: Night, runner: locust.runners.Runner) -> None:
        self.night, self.runner = night, runner
        self.begun = self.told = time.monotonic()
        self.cpu = time.process_time()

    def keep_telling(self, every: float) -> None:
        while True:
            gevent.sleep(max(0.0, self.told + every - time.monotonic()))
            self.tell()

    def tell(self) -> None:
        now, cpu, night = time.monotonic(), time.process_time(), self.night
        window, tokens = night.window, night.tokens
        night.fresh()
        window.holding &= night.holding and window.stage == night.stage  # it may have begun in the stage before
        window.at, window.seconds = now - self.begun, now - self.told
        window.generator = (cpu - self.cpu) / window.seconds
        window.users, window.sockets = self.runner.user_count, night.open
        self.told, self.cpu = now, cpu
        say(window.as_json() | {"tokens": tokens})


def say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
