"""The examination: does Insight name what is wrong, and nothing where nothing is?

Twelve faults and six changes that harm nobody (faults/), each on servers of its own, on an empty memory, under the same
mix of requests. A fault is named when Insight ranks its kind first at two looks in a row, so that a chance does not
count, within LONGEST; a harmless change is accused by whatever is found at any look.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from loadtests.bench import Row
from loadtests.faults.cases import FAULTS, HARMLESS, Case
from loadtests.faults.mix import Mix, joined, running
from loadtests.faults.outside import dropped_index, slow_line
from loadtests.machine import LIVE, WEB, about, serve, set_up

SIZES = {
    "users": 60, "venues": 45, "songs": 5_000, "jams": 100, "attendees": 6_011, "jam_songs": 6_000, "votes": 300_000,
    "full_jams": 20,
}  # fmt: skip
PEOPLE = 30
LONGEST, HARMLESS_LASTS = 120.0, 90.0  # seconds of a case
LOOK = 5.0  # seconds from one look to the next
NAMED, ACCUSED = 11, 0
SHORT = ("error_burst", "large_payload", "clients_faults")
ENV = {
    "INSIGHT_FLUSH_SECONDS": "5", "MAX_IMPORTS": "100000", "RELEASE": "1", "LIMIT_PARTICIPANT": "9999/1",
    "LIMIT_READS": "9999/1", "LIMIT_USER": "9999/1", "LIMIT_ADDRESS": "99999/1", "LIMIT_CODE": "9999/1",
}  # fmt: skip


def run(*, short: bool, cases: tuple[str, ...] = ()) -> list[Row]:
    set_up()
    os.environ |= ENV
    fill()
    wanted = cases or (SHORT if short else ())
    chosen = [case for case in (*FAULTS, *HARMLESS) if not wanted or case.name in wanted]
    print(f"{about()}; {len(chosen)} cases of {LONGEST:.0f} s at most")
    results = [(case, *examined(case)) for case in chosen]
    return [*(row(*result) for result in results), *judged(results)]


def judged(results: list[tuple[Case, str, float, str]]) -> Iterator[Row]:
    faults = [case.kind == first for case, first, *_ in results if case.kind]
    harmless = [bool(first) for case, first, *_ in results if not case.kind]
    missing = len(FAULTS) - NAMED if len(faults) == len(FAULTS) else 0
    yield Row("faults named first", sum(faults), f"of {len(faults)}", least=len(faults) - missing)
    yield Row("harmless changes accused", sum(harmless), f"of {len(harmless)}", most=ACCUSED)


def row(case: Case, first: str, seconds: float, note: str) -> Row:
    told = f"named first: {first or 'nothing'}" + (f", wanted {case.kind}" if case.kind not in {"", first} else "")
    return Row(case.name, round(seconds), "s", note=f"{told}; {note}")


def fill() -> None:
    from tests.volume import fill

    fill(**SIZES)


class Servers:
    """Web and live of a case."""

    def __init__(self, case: Case) -> None:
        env = {"JAMVOTE_FAULT": case.name, **case.env}
        self.web = serve("loadtests.faults.wsgi", *WEB, **env)
        self.live = serve("loadtests.faults.asgi", *LIVE, **env)

    def ports(self) -> tuple[int, int]:
        return self.web.port, self.live.port

    def kill(self) -> None:
        for server in (self.web, self.live):
            server.kill()


def examined(case: Case) -> tuple[str, float, str]:
    """What was named first, after how many seconds, and what people met meanwhile."""
    forget()
    with ExitStack() as stack:
        if case.name == "dropped_index":
            stack.enter_context(dropped_index())
        if case.name == "slow_redis":
            line = stack.enter_context(slow_line(os.environ["REDIS_URL"]))
            case = replace(case, env=case.env | {"REDIS_URL": line})
        servers = [Servers(case)]
        stack.callback(lambda: servers[-1].kill())  # noqa: PLW0108 — the last one then
        mix = Mix(joined(servers[0].web.port, PEOPLE), *of_the_night())
        ports = lambda: servers[-1].ports()  # noqa: E731, PLW0108 — the last ones then
        statuses = stack.enter_context(running(mix, ports, case.rate, case.wrong))
        first, seconds, named = watched(case, servers)
    met = ", ".join(f"{n} × {status or 'nothing'}" for status, n in sorted(statuses.items()))
    print(f"  {case.name}: {first or 'nothing'} after {seconds:.0f} s; {named}; {met}", flush=True)
    return first, seconds, f"{named}; {met}"


def watched(case: Case, servers: list[Servers]) -> tuple[str, float, str]:
    begun, before = time.monotonic(), ""
    seen: list[str] = []
    for seconds in looks(LONGEST if case.kind else HARMLESS_LASTS, begun):
        if case.again is not None and len(servers) == 1 and seconds > HARMLESS_LASTS / 2:
            servers[0].kill()
            servers.append(Servers(replace(case, env=case.env | case.again)))
        seen = found()
        print(f"    {case.name}, {seconds:.0f} s: {', '.join(seen) or 'nothing'}", flush=True)
        first = seen[0] if seen else ""
        if (case.kind == first == before) if case.kind else first:
            return first, seconds, ", ".join(seen)
        before = first
    return before if before != case.kind else "", time.monotonic() - begun, ", ".join(seen)


def looks(longest: float, begun: float) -> Iterator[float]:
    while (seconds := time.monotonic() - begun) < longest:
        time.sleep(LOOK)
        yield seconds + LOOK


def found() -> list[str]:
    from django.db import connection

    from apps.insight.findings import current

    try:
        return [one.kind for one in current()]
    finally:
        connection.close()


def forget() -> None:
    """What was measured of the case before, what the cache holds, and who came in by the door."""
    from django.core.cache import cache
    from django.db import connection

    from apps.insight.models import Finding, Rollup
    from apps.jams.models import JoinBucket

    JoinBucket.objects.all().delete()
    Rollup.objects.all().delete()
    Finding.objects.all().delete()
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def of_the_night() -> tuple[list[int], str, str]:
    """Songs of jam-1 that take votes, the API token of its host, and their session."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from apps.accounts.models import ApiToken, User
    from apps.accounts.tokens import make_token
    from apps.jams.models import Jam

    host = User.objects.get(pk=2)  # as tests/volume.py has it
    songs = list(Jam.objects.get(slug="jam-1").songs.filter(status="open").values_list("pk", flat=True))
    ApiToken.objects.filter(user=host).delete()
    _token, text = make_token(user=host, name="mix", scopes=[])
    client: Any = Client()
    client.force_login(host, backend="django.contrib.auth.backends.ModelBackend")
    connection.close()
    return songs, text, client.cookies[settings.SESSION_COOKIE_NAME].value
