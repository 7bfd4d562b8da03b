"""Several instances on this machine, as on several: nginx, two web, two live, two workers, beat, PostgreSQL with two
streaming replicas, Redis, and one folder of files for all. What was done is gone with it.

front.py      nginx, and what it has answered
instances.py  one process: begun, ready, drained
house.py      all of them, and what they share
releases.py   another release in place of the one that runs
"""

import argparse
import contextlib
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

from deploy.cluster.house import House
from deploy.cluster.instances import Release
from deploy.cluster.releases import STEP_SECONDS, STEPS, roll, roll_out, switch, tell
from deploy.local import ENDINGS, MANAGE, leave
from tests.servers import ServiceError

PORT = 8100
COMMANDS = """
Commands, one a line:
  status                              what runs
  roll [RELEASE] [NAME=VALUE …]       one instance after the other anew; of another release, with other settings
  switch RELEASE [NAME=VALUE …]       a second set beside the first, then all at once
  rollout RELEASE [NAME=VALUE …]      by 5, 25, 50 and 100 % of people; back by itself when the error budget burns
  end                                 or Ctrl-C
"""


def main() -> int:
    options = parsed(sys.argv[1:])
    for ending in ENDINGS:
        signal.signal(ending, leave)
    try:
        house = House(options.port, Release("1"))
        subprocess.run([*MANAGE, "seed_demo", "--if-empty"], check=True)
        subprocess.run([*MANAGE, "addresses"], check=True)
        tell(COMMANDS)
        follow(house, options)
    except ServiceError as error:
        raise SystemExit(f"dev: {error}") from None
    return 0


def parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev cluster", description=__doc__, epilog=COMMANDS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drill", action="store_true", help="while people vote: ./dev cluster --drill --help")
    parser.add_argument("--port", type=int, default=PORT, help=f"of nginx; {PORT} by default")
    parser.add_argument("--step-seconds", type=float, default=STEP_SECONDS, metavar="N", help="of rollout's steps")
    options = parser.parse_args(words)
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except (OSError, OverflowError) as error:
            parser.error(f"127.0.0.1:{options.port}: {getattr(error, 'strerror', error)}. Choose another with --port.")
    return options


def follow(house: House, options: argparse.Namespace) -> None:
    """Until somebody ends it. An instance that ends by itself is begun anew, as systemd does it."""
    typed = open(0, "rb", buffering=0)  # what is typed ahead is not taken out of sight of select  # noqa: SIM115
    waited_for = [typed]
    while True:
        if select.select(waited_for, [], [], 0.5)[0]:
            line = typed.readline().decode(errors="replace")
            waited_for = [typed] if line else []  # nobody types any more
            if line.split() == ["end"]:
                return
            obey(house, line, options)
        for name in house.begin_ended():
            tell(f"{name} had ended; another is there")


def obey(house: House, line: str, options: argparse.Namespace) -> None:
    """Where one fails, what served before serves on."""
    commands: dict[str, Callable[[Release], object]] = {
        "status": lambda _release: status(house),
        "roll": lambda release: roll(house, release),
        "switch": lambda release: switch(house, release),
        "rollout": lambda release: roll_out(house, release, steps=STEPS, seconds=options.step_seconds),
    }
    name, *words = line.split() or [""]
    if name not in commands:
        tell(COMMANDS if name else "")
        return
    try:
        commands[name](release_of(words, house.instances[-1].release))
    except ServiceError as error:
        tell(f"{error}")


def release_of(words: list[str], running: Release) -> Release:
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    names = [word for word in words if "=" not in word]
    return Release(names[0] if names else running.name, env={**running.env, **settings})


def status(house: House) -> None:
    for one in house.instances:
        tell(f"{one.name:10}  release {one.release.name:10}  pid {one.process.pid:7}  log {one.home}/log")
    tell(f"{'nginx':10}  port {house.front.port}  log {house.front.log}")


if __name__ == "__main__":
    sys.exit(main())
