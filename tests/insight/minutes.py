"""Made-up minutes, as processes write them."""

from datetime import UTC, datetime, timedelta

from apps.insight.measuring.facts import REQUESTS
from apps.insight.measuring.histogram import Histogram
from apps.insight.models import Rollup

NOW = datetime(2026, 11, 28, 21, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def requests(count=60, errors=0, seconds=0.01, endpoint="PUT api:vote"):
    """All of them take as long."""
    histogram = Histogram()
    histogram.add(seconds)
    counts = dict.fromkeys(histogram.as_json(), count)
    one = {"count": count, "errors": errors, "seconds": count * seconds, "longest": seconds, "histogram": counts}
    whole = {"count": count, "errors": errors}
    return {"requests": {endpoint: {**REQUESTS, "faults": {}, **one}}, "all": whole}


def machine(**shares):
    return {"machines": {"a": {"looks": 4, **{name: 4 * share for name, share in shares.items()}}}}


def make_minute(at, facts, *, span=60, process="web-a-1", release=""):
    return Rollup.objects.create(span=span, at=at, process="" if span > 60 else process, release=release, facts=facts)


def make_minutes(facts, *, last=1, until=NOW, process="web-a-1"):
    """The same in each of the `last` minutes before."""
    for back in range(last, 0, -1):
        make_minute(until - back * MINUTE, facts, process=process)
