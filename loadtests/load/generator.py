"""The process of Locust: reads a plan from stdin, tells what comes of it in lines of JSON, a window each.

The last line is `{"people": […], "errors": {…}, "checked": …, "differing": …}`: what everybody was told of their votes.
Locust makes all of Python's waiting gevent's, therefore it has a process of its own.
"""

import json
import logging
import sys
import time

import gevent
import locust  # before all that waits: it patches it
from gevent.pool import Pool
from locust.env import Environment

from loadtests.load.people import PATIENCE, Ballot, Night, Person

STOP = 5  # seconds for answers that are on their way at the end
CHECKED, AT_ONCE = 1_000, 16  # people whose own votes are looked at, requests


def main() -> None:
    plan = json.load(sys.stdin)
    logging.getLogger("locust").setLevel(logging.ERROR)
    night = Night(**plan["night"])
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
    differing = check(plan["host"], night.slug, ballots[:CHECKED]) if plan["check"] else []
    say(
        {
            "people": [ballot.as_json() for ballot in ballots],
            "errors": dict(night.errors.most_common(10)),
            "checked": len(differing),
            "differing": sum(differing),
        }
    )


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
        window.at, window.seconds = now - self.begun, now - self.told
        window.generator = (cpu - self.cpu) / window.seconds
        window.users, window.sockets = self.runner.user_count, night.open
        self.told, self.cpu = now, cpu
        say(window.as_json() | {"tokens": tokens})


def check(host: str, slug: str, ballots: list[Ballot]) -> list[bool]:
    """Of each of them, whether `me` says other votes than were acknowledged; as far as it is answered."""
    from urllib.request import Request, urlopen

    def differs(ballot: Ballot) -> bool | None:
        headers = {"Authorization": f"Bearer {ballot.token}", "Accept": "application/json"}
        try:
            with urlopen(Request(f"{host}/api/v1/jams/{slug}/me", headers=headers), timeout=PATIENCE) as answer:
                said = set(json.load(answer)["votes"])
        except OSError:
            return None
        acknowledged = {song for song, voted in ballot.votes.items() if voted}
        return bool((said ^ acknowledged) - ballot.unsure)

    return [found for found in Pool(AT_ONCE).map(differs, ballots) if found is not None]


def say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
