"""What is promised, by class of endpoints: slo.toml, read once."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("slo.toml")
READING = ("GET", "HEAD")
OTHER = "other"


@dataclass(frozen=True)
class EndpointClass:
    """Endpoints with the same targets, in seconds. Of names of routes, `*` stands for any text."""

    name: str
    p95: float
    p99: float
    timeout: float
    average: float | None = None
    routes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promise:
    """`availability`: the share of requests that end without a fault of ours. `live_p95`: seconds from the commit of a
    change to its frame. `tasks_waiting`: so many of a queue at most."""

    availability: float
    live_p95: float
    tasks_waiting: int
    classes: tuple[EndpointClass, ...]


@lru_cache
def promise() -> Promise:
    """Raises TypeError for a target that there is not."""
    said = tomllib.loads(FILE.read_text())
    classes = [EndpointClass(name=name, **as_tuples(targets)) for name, targets in said.pop("class").items()]
    return Promise(classes=tuple(sorted(classes, key=lambda one: one.name == OTHER)), **said)


def as_tuples(targets: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in targets.items()}


def pattern(routes: tuple[str, ...]) -> str:
    """A regular expression, of Python and of Prometheus (RE2), for names of routes; of none, one that nothing fits."""
    return "|".join(re.escape(route).replace(r"\*", ".*").replace(r"\-", "-") for route in routes) or "-"


@lru_cache(maxsize=4096)
def class_of(method: str, route: str) -> EndpointClass:
    """The class whose targets a request has."""
    *named, other = promise().classes
    for one in named:
        of_method = one.reads if method in READING else one.writes
        if re.fullmatch(pattern((*one.routes, *of_method)), route):
            return one
    return other
