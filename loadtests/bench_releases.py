"""Whether a slower release is told from the same one (apps/insight/changes/releases.py), in a replay of real durations.

Durations are recorded while a web process has now little to do and now much (recording.py). A release is drawn from
those of one endpoint, in blocks of requests that follow each other, because requests of the same moment are slow
together (the moving block bootstrap: Künsch 1989). The same release is drawn twice; one that is 20 % slower takes that
much longer for each request. All are stretched to the same 95th percentile, so that it is never the 20 ms that decide.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from loadtests.bench import Row
from loadtests.bench_reports import SHORT_NIGHTS, SHORT_VOTES, fill
from loadtests.machine import WEB, about, serve, set_up
from loadtests.recording import Taken, recorded

SECONDS, SHORT_SECONDS = 120, 20
COMPARISONS, BLOCK = 500, 25  # requests
P95 = 1.0  # seconds
FALSE, FOUND = 1, 90  # per cent
MANY, SOME, FEW = 10_000, 1_000, 300  # requests before and after
SLOWER = 1.2


def run(*, short: bool) -> list[Row]:
    set_up()
    fill(SHORT_NIGHTS, SHORT_VOTES)
    web = serve("jamvote.wsgi", *WEB, LIMIT_USER="999999/60", LIMIT_ADDRESS="999999/60")
    taken = recorded(web, host_token(), SHORT_SECONDS if short else SECONDS)
    web.kill()
    series = stretched(taken)
    print(f"{about()}; {len(taken):,} requests to {len(series)} endpoints")
    return list(rows(series, 100 if short else COMPARISONS))


def host_token() -> str:
    from apps.accounts.models import ApiToken, User
    from apps.accounts.tokens import make_token
    from apps.catalog.models import Venue
    from apps.jams.models import Jam
    from apps.reports.nights import summed_up

    summed_up(list(Jam.objects.select_related("venue")))
    host = User.objects.get()
    Venue.objects.get().managers.add(host)
    return make_token(user=host, name="Bench", scopes=[ApiToken.Scope.JAMS])[1]


def stretched(taken: Sequence[Taken]) -> list[list[float]]:
    """Seconds by endpoint, as they followed each other."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in taken:
        found[one.endpoint].append(one.seconds)
    return [[seconds * P95 / sorted(each)[int(len(each) * 0.95)] for seconds in each] for each in found.values()]


def rows(series: list[list[float]], comparisons: int) -> Iterator[Row]:
    for requests in (FEW, SOME, MANY):
        alarms = alarmed(series, comparisons, requests, 1)
        yield Row(f"the same release, {requests:,} requests", alarms, "% called slower", most=FALSE)
    for requests, times in ((FEW, 2.0), (SOME, 1.5), (MANY, SLOWER)):
        found = alarmed(series, comparisons, requests, times)
        target = FOUND if times == SLOWER else None
        yield Row(f"{times - 1:.0%} slower, {requests:,} requests", found, "% called slower", least=target)


def alarmed(series: list[list[float]], comparisons: int, requests: int, times: float) -> float:
    """Per cent of the comparisons that call the second release slower."""
    rng = random.Random(1)
    return 100 * sum(alarm(rng, series[n % len(series)], requests, times) for n in range(comparisons)) / comparisons


def alarm(rng: random.Random, durations: list[float], requests: int, times: float) -> bool:
    from apps.insight.changes.releases import comparison

    found = comparison(drawn(rng, durations, requests, 1), drawn(rng, durations, requests, times))
    assert found is not None
    return found.slower


def drawn(rng: random.Random, durations: list[float], requests: int, times: float) -> Any:
    """A histogram."""
    from apps.insight.measuring.histogram import Histogram

    histogram, block = Histogram(), min(BLOCK, len(durations) // 4)
    for _block in range(requests // block):
        first = rng.randrange(len(durations) - block + 1)
        for seconds in durations[first : first + block]:
            histogram.add(seconds * times)
    return histogram
