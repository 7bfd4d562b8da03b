"""From what came of a scenario to rows that are met or not: the gates that hold for each, and what else is judged.

Targets of times are those of apps/insight/slo.toml. Where a scenario goes on until it breaks, the gates hold for its
first stage, and always: no fault, and no vote that is lost. A short form foretells nothing: what needs its time, or a
machine of its own, is told there and not judged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean, median

from apps.insight.slo import EndpointClass, class_of
from loadtests.bench import Row
from loadtests.bench_soak import HOUR, growth_row
from loadtests.client import GENERATOR_FULL
from loadtests.load.outcome import OURS, Outcome
from loadtests.load.windows import Tally, rate, together, whole

TIMES = 1.5  # of the p95 that is promised
FEW = 20  # requests of a class: fewer say nothing of a p95
ERRORS = 1  # per cent
QUERY, MEMORY = 500, 2_048  # milliseconds, of a statement at its slowest; MB, of a process
AVERAGE, P95, P99 = 50, 150, 250  # milliseconds, of all requests on a normal night
BUSY, AT_REST = 70, 512  # per cent of the server's core; MB of all our processes
A_MINUTE, AN_HOUR, A_SECOND, OF_FLOOR = 1_000, 100_000, 500, 0.4  # requests; F
RECOVERY = 30  # seconds
WARM_UP = 4  # the part of a long run that is not judged yet
MORE, SLOWER = 4, 1.1  # descriptors; times
OTHERS = 0.1  # of the server's core
LIMIT = "THE GENERATOR WAS THE LIMIT"
MB = 2**20


def rows(outcome: Outcome) -> list[Row]:
    found = [*gates(outcome), *votes(outcome), *sockets(outcome), *validity(outcome)]
    for name, judge in JUDGES.items():
        if name in outcome.scenario.judged:
            found += judge(outcome)
    return found


def breaks(outcome: Outcome) -> bool:
    return "breaking" in outcome.scenario.judged


def unless_short(outcome: Outcome, limit: float) -> float | None:
    return None if outcome.scenario.is_short else limit


# The gates ------------------------------------------------------------------------------------------------


def gates(outcome: Outcome) -> Iterator[Row]:
    judged = outcome.stage(0) if breaks(outcome) else outcome.windows
    tallies = together(judged)
    for promised, tally in sorted(by_class(tallies).items(), key=lambda one: one[0].name):
        target, enough = 1000 * promised.p95, tally.count >= FEW
        note = (
            f"{TIMES:g} × {target:g}; p50 {tally.percentile(50):.1f}, p99 {tally.percentile(99):.1f}, {tally.count:,}"
        )
        most = TIMES * target if enough else None
        yield Row(f"p95 of {promised.name}", tally.percentile(95), "ms", most=most, note=note)
    every = whole(tallies)
    yield Row("errors", every.failed_percent, "%", most=ERRORS, note=statuses(every))
    after = whole(together(outcome.windows))
    yield Row("faults", after.faults, "answers", most=0, note="of 5xx, but for 503")
    houses = [window.house for window in outcome.windows if window.house]
    if houses:
        yield Row("largest process", max(house.largest for house in houses) / MB, "MB", most=MEMORY)
    if outcome.statements:
        slowest = max(outcome.statements, key=lambda one: one["max_ms"])
        most = None if breaks(outcome) else QUERY
        yield Row("slowest query", slowest["max_ms"], "ms", most=most, note=slowest["query"][:60].replace("|", "¦"))
        calls = sum(one["calls"] for one in outcome.statements)
        note = "with those of background work"
        yield Row("statements a request", calls / whole(together(outcome.windows)).count, "statements", note=note)


def by_class(tallies: dict[str, Tally]) -> dict[EndpointClass, Tally]:
    found: dict[EndpointClass, Tally] = defaultdict(Tally)
    for name, tally in tallies.items():
        found[class_of(*name.split(" ", 1))].merge(tally)
    return found


def statuses(tally: Tally) -> str:
    parts = [f"{count:,} × {status or 'no answer'}" for status, count in sorted(tally.statuses.items())]
    return ", ".join(parts)


def votes(outcome: Outcome) -> Iterator[Row]:
    cast = sum(len(person["songs"]) for person in outcome.people)
    yield Row("votes acknowledged", cast, "votes", least=1, note=f"of {len(outcome.people):,} people")
    note = f"beside what {outcome.checked:,} people were told"
    yield Row("votes lost, or made up", outcome.differing, "votes", most=0, note=note)
    if outcome.drift is not None:
        yield Row("counts that differ from the votes", outcome.drift, "songs", most=0)


def sockets(outcome: Outcome) -> Iterator[Row]:
    most = max(window.sockets for window in outcome.windows)
    yield Row("sockets at once", most, "sockets", note=f"{sum(w.frames for w in outcome.windows):,} frames")
    gone = sum(window.gone for window in outcome.windows)
    yield Row("sockets closed, or never opened", gone, "sockets", most=None if breaks(outcome) else 0)
    seen = Tally()
    for window in outcome.windows:
        seen.times.merge(window.seen)
    if seen.times.count:
        note = f"from the tap; p50 {seen.percentile(50):.0f}, {seen.times.count:,} votes"
        yield Row("a vote on one's own board, p95", seen.percentile(95), "ms", note=note)


def validity(outcome: Outcome) -> Iterator[Row]:
    """Whether it was the product that was measured."""
    yield Row(
        "errors of the generator", sum(outcome.errors.values()), "errors", most=0, note=next(iter(outcome.errors), "")
    )
    busiest, core = max(
        (generators(outcome, stage) for stage in range(len(outcome.scenario.stages))), default=(0.0, 0.0)
    )
    note = LIMIT if max(busiest, core) > GENERATOR_FULL else ""
    most = None if breaks(outcome) else 100 * GENERATOR_FULL
    yield Row("generator", 100 * busiest, "% busy", most=most, note=note or f"with the stores {core:.0%} of their core")
    if houses := [window.house for window in outcome.holding if window.house]:
        others = mean(house.others for house in houses)
        note = "IT WAS NOT THE PRODUCT ALONE" if others > OTHERS else ""
        yield Row("others on the server's core", 100 * others, "% busy", note=note)


def generators(outcome: Outcome, stage: int) -> tuple[float, float]:
    """Shares of their core: of the generators, and together with the stores that stand there too."""
    held = [window for window in outcome.stage(stage) if window.holding] or outcome.stage(stage)
    if not held:
        return 0.0, 0.0
    stores = [w.house.used["database"] + w.house.used["redis"] if w.house else 0.0 for w in held]
    own = mean(window.generator for window in held)
    return own, own + mean(stores)


# What else is judged --------------------------------------------------------------------------------------


def budgets(outcome: Outcome) -> Iterator[Row]:
    every = whole(together(outcome.holding))
    for name, value, most in (
        ("average", every.average, AVERAGE),
        ("p95", every.percentile(95), P95),
        ("p99", every.percentile(99), P99),
    ):
        yield Row(f"{name} of all requests", value, "ms", most=unless_short(outcome, most))
    yield Row("failed requests", whole(together(outcome.windows)).failed, "requests", most=0)
    yield Row("requests a minute", 60 * rate(outcome.holding), "requests", least=unless_short(outcome, A_MINUTE))
    if houses := [window.house for window in outcome.holding if window.house]:
        busy = 100 * mean(house.used["server"] for house in houses)
        note = ", ".join(f"{name} {mean(house.used[name] for house in houses):.0%}" for name in OURS)
        yield Row("server's core", busy, "% busy", most=unless_short(outcome, BUSY), note=note)
    if outcome.at_rest:
        ours = sum(outcome.at_rest[name] for name in OURS)
        note = ", ".join(f"{name} {size / MB:.0f}" for name, size in outcome.at_rest.items())
        yield Row("our processes at rest", ours / MB, "MB", most=AT_REST, note=note)


def throughput(outcome: Outcome) -> Iterator[Row]:
    if not (found := outcome.throughput):
        return
    note = f"average {found.average:.1f} ms, p95 {found.p95:.1f}, p99 {found.p99:.1f}"
    note += f"; {LIMIT}" if found.generator_full else ""
    yield Row("as fast as it is answered", found.rate, "requests/s", least=unless_short(outcome, A_SECOND), note=note)
    least = unless_short(outcome, OF_FLOOR)
    yield Row("the same, beside F", found.rate, "requests/s", floor=found.floor, ratio=found.ratio, least=least)


@dataclass(frozen=True)
class Step:
    """What a stage came to while nobody came or went. `broken`: why it is past what is promised; empty: it is not.
    `generator`: the most of its core that the generator, with what else is on it, had."""

    users: int
    rate: float
    tally: Tally
    broken: str
    generator: float


def steps(outcome: Outcome) -> list[Step]:
    found = []
    for number, stage in enumerate(outcome.scenario.stages):
        if held := [window for window in outcome.stage(number) if window.holding]:
            tallies = together(held)
            full = max(generators(outcome, number))
            found.append(Step(stage.users, rate(held), whole(tallies), broken(tallies), full))
    return found


def broken(tallies: dict[str, Tally]) -> str:
    """Which gate is missed first; empty: none."""
    every = whole(tallies)
    if every.count < FEW:
        return f"{every.count} answers"
    if every.failed_percent > ERRORS:
        return f"{every.failed_percent:.1f} % errors"
    for promised, tally in by_class(tallies).items():
        if tally.count >= FEW and tally.percentile(95) > TIMES * 1000 * promised.p95:
            return f"p95 of {promised.name} {tally.percentile(95):,.0f} ms"
    return f"p95 of all {every.percentile(95):,.0f} ms" if suffers(every) else ""


def breaking(outcome: Outcome) -> Iterator[Row]:
    found = steps(outcome)
    for step in found:
        refused = f", {step.tally.refused:,} refused" if step.tally.refused else ""
        note = f"p95 {step.tally.percentile(95):,.0f} ms, {step.tally.failed_percent:.2g} % errors{refused}"
        note += f"; {step.broken or 'holds'}" + (f"; {LIMIT}" if step.generator > GENERATOR_FULL else "")
        yield Row(f"{step.users:,} users", step.rate, "requests/s", note=note)
    point = next((step for step in found if step.broken), None)
    held = [step for step in found if not step.broken]
    note = f"{point.broken}, at {point.rate:,.0f} requests/s" if point else "not reached"
    yield Row("breaking point", point.users if point else max(step.users for step in held), "users", note=note)
    yield Row("most requests a second", max(step.rate for step in found), "requests/s")


def recovery(outcome: Outcome) -> Iterator[Row]:
    """After the spike, which is the last stage but one."""
    last = len(outcome.scenario.stages) - 1
    before, after = outcome.stage(last - 1), outcome.stage(last)
    if not before or not after:
        return
    ended = before[-1].at
    bad = [window for window in after if suffers(window.whole)]
    took = bad[-1].at - ended if bad else 0.0
    still = bool(bad) and bad[-1] is after[-1]
    note = (
        "not yet at the end" if still else f"of a spike whose p95 was {whole(together(before)).percentile(95):,.0f} ms"
    )
    yield Row("recovered after", max(took, RECOVERY + 1) if still else took, "s", most=RECOVERY, note=note)


def suffers(tally: Tally) -> bool:
    """Whether people notice, in a moment that has too few requests of a class."""
    return tally.failed_percent > ERRORS or tally.percentile(95) > TIMES * P95


def steadiness(outcome: Outcome) -> Iterator[Row]:
    windows = [window for window in outcome.holding if window.house]
    windows = windows[len(windows) // WARM_UP :]
    third = len(windows) // 3
    if not third:
        return
    long = outcome.scenario.seconds >= HOUR / 2
    for name in OURS:
        samples = [{"at": w.at, name: w.house.memory[name]} for w in windows if w.house]
        yield growth_row(name, samples, judged=long)
        begun, ended = (
            median(w.house.descriptors[name] for w in part if w.house) for part in (windows[:third], windows[-third:])
        )
        note = f"{ended:.0f} instead of {begun:.0f}"
        yield Row(f"descriptors of {name}", ended - begun, "more", most=MORE if long else None, note=note)
    first, last = (whole(together(part)).percentile(95) for part in (windows[:third], windows[-third:]))
    most = SLOWER if long else None
    yield Row("p95 at the end", last, "ms", floor=first, ratio=last / first, most=most, of="× the start")


def volume(outcome: Outcome) -> Iterator[Row]:
    yield Row("requests an hour", 3600 * rate(outcome.holding), "requests", least=AN_HOUR)


def connected(outcome: Outcome) -> Iterator[Row]:
    most = max(window.sockets for window in outcome.windows)
    yield Row("connected at once", most, "sockets", least=outcome.scenario.most)


JUDGES: dict[str, Callable[[Outcome], Iterator[Row]]] = {
    "budgets": budgets,
    "throughput": throughput,
    "breaking": breaking,
    "recovery": recovery,
    "steadiness": steadiness,
    "volume": volume,
    "connected": connected,
}
