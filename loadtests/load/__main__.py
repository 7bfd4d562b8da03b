"""`./dev load NAME`: people on a night by Locust; prints what came of it, writes a report, exits with 1 when a gate is
missed. Without --host it starts what it measures, with a PostgreSQL and a Redis of its own."""

import argparse
import ipaddress
import json
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from loadtests.bench import table
from loadtests.client import generator
from loadtests.load import bottlenecks, gates
from loadtests.load.outcome import Outcome
from loadtests.load.report import report_of
from loadtests.load.running import ASKED, FailedError, Receiver, ask, differing, go, plan_of, votes_at
from loadtests.load.scenarios import Scenario, scenarios
from loadtests.machine import about
from loadtests.mix import CONNECTIONS
from loadtests.sockets import FarRoom, other_process

REPORTS = Path("var/load")
FLUSH_IF_SHORT = 1.0  # seconds after which processes write what they measured: else nothing is there to be found
Said = dict[str, list[str]]


def main(args: list[str]) -> int:
    options = arguments(args)
    scenario, begun = scenarios(short=options.short)[options.name], time.monotonic()
    if options.seconds:
        scenario = scenario.within(options.seconds)
    print(f"{scenario.name}: {scenario.about}; {scenario.seconds:,.0f} s, {about()}", flush=True)
    try:
        outcome, said = on_host(scenario, options.host, options.jam) if options.host else on_own_house(scenario)
    except FailedError as error:
        raise SystemExit(f"dev: {error}") from None
    rows = gates.rows(outcome)
    print("\n" + "\n".join(table(rows)))
    where = f"At {options.host}" if options.host else f"Server on one core, stores and generator on another: {about()}"
    report = report_of(outcome, rows, f"{where}. {datetime.now().astimezone():%Y-%m-%d %H:%M %Z}", said)
    folder = options.report or REPORTS / f"{scenario.name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    report.write(folder)
    if options.json:
        options.json.write_text(json.dumps([row.as_dict() for row in rows], indent=1))
    for heading, lines in said.items():
        print(f"\n{heading}", *(f"- {line}" for line in lines), sep="\n")
    print(f"\n{report.verdict}; {time.monotonic() - begun:.0f} s; {folder}/report.html and report.md")
    return any(row.met is False for row in rows)


def arguments(args: list[str]) -> argparse.Namespace:
    names = "\n".join(f"{name:10} {one.about}: {duration(one.seconds)}" for name, one in scenarios().items())
    parser = argparse.ArgumentParser(
        prog="./dev load", description=__doc__, epilog=names, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=scenarios(), metavar="NAME")
    parser.add_argument("--short", action="store_true", help="fewer people, and seconds; tells more than it judges")
    parser.add_argument("--seconds", type=float, help="as many people in less time, or more")
    parser.add_argument("--host", metavar="URL", help="a service that there is, over HTTP alone, instead of an own one")
    parser.add_argument("--jam", default="", metavar="SLUG", help="with --host: which; else one that is live or open")
    parser.add_argument("--allow-remote", action="store_true", help="--host may be another machine, which is yours")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help=f"instead of {REPORTS}/NAME-TIME")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes the table there too")
    options = parser.parse_args(args)
    if options.seconds is not None and options.seconds <= 0:
        parser.error("--seconds is above 0")
    if not options.host and (options.jam or options.allow_remote):
        parser.error("--jam and --allow-remote are for --host")
    if options.host:
        options.host = options.host.rstrip("/")
        if not options.allow_remote and not is_loopback(options.host):
            parser.error(f"{options.host} is not this machine. Load goes to no other without --allow-remote")
    return options


def duration(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 7200 else f"{seconds / 60:.0f} min"


def is_loopback(url: str) -> bool:
    """Whether every address of the URL's host is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return False
    try:
        found = socket.getaddrinfo(parts.hostname, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(str(one[4][0]).partition("%")[0]).is_loopback for one in found)


def on_own_house(scenario: Scenario) -> tuple[Outcome, Said]:
    from loadtests.bench_http import SLUG
    from loadtests.load.house import House, throughput

    house = House(flush_seconds=FLUSH_IF_SHORT if scenario.is_short else None)
    from django.conf import settings

    from apps.voting.corrections import differences

    with generator() as load, other_process() as pool:
        at_rest = house.settle(load)
        web, live = (f"http://127.0.0.1:{server.port}" for server in (house.web, house.live))
        receiver = Receiver(FarRoom(pool, house.live.port, []), SLUG)
        outcome = go(scenario, plan_of(scenario, web, live, SLUG, connections=CONNECTIONS), receiver, house)
        outcome.at_rest, outcome.statements = at_rest, house.statements()
        outcome.checked = len(outcome.people)
        outcome.differing = differing(outcome.people, house.votes(outcome.people))
        time.sleep(1 + (FLUSH_IF_SHORT if scenario.is_short else settings.INSIGHT_FLUSH_SECONDS))
        findings = bottlenecks.finding_lines()
        if "throughput" in scenario.judged:
            outcome.throughput = throughput(house, load, short=scenario.is_short)
        outcome.drift = len(differences())
    fits = bottlenecks.capacity_of(outcome)
    return outcome, {
        "Capacity": bottlenecks.capacity_lines(fits) if fits else ["Too little was asked for to say."],
        "What takes the database's time": bottlenecks.statement_lines(outcome.statements),
        "What Insight found in the last minutes": findings or ["Nothing."],
    }


def on_host(scenario: Scenario, host: str, jam: str) -> tuple[Outcome, Said]:
    slug, parts = jam or find_jam(host), urlsplit(host)
    with other_process() as pool:
        receives = parts.scheme == "http" and is_loopback(host)  # what large rooms are received by knows no more
        receiver = Receiver(FarRoom(pool, parts.port or 80, []), slug) if receives else None
        outcome = go(scenario, plan_of(scenario, host, host, slug), receiver, None)
    people = outcome.people[:ASKED]
    outcome.checked, outcome.differing = len(people), differing(people, votes_at(host, slug, people))
    return outcome, {}


def find_jam(host: str) -> str:
    """The first that is live, else the next that takes votes. Raises FailedError."""
    for when in ("now", "upcoming"):
        if found := ask(f"{host}/api/v1/jams?when={when}&ordering=starts_at")["results"]:
            return str(found[0]["slug"])
    raise FailedError("no jam there takes votes. Open one, or name one with --jam.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
