"""Dashboards of Grafana, made of dashboards.toml, in the form of its dashboard JSON (schema version 39)."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("dashboards.toml")
COLUMNS = 24  # of Grafana's grid
HIGH, FLAT = 8, 4  # rows of it: a chart, a number
SOURCE = {"type": "prometheus", "uid": "prometheus"}  # as provisioned
Json = dict[str, Any]


def dashboards() -> dict[str, Json]:
    """By name."""
    return {name: dashboard(name, said) for name, said in tomllib.loads(FILE.read_text()).items()}


def dashboard(name: str, said: Json) -> Json:
    return {
        "uid": f"jamvote-{name}",
        "title": f"JamVote: {said['title']}",
        "tags": ["jamvote"],
        "schemaVersion": 39,
        "editable": False,
        "timezone": "browser",
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        # The other dashboards, at the top of each, for the same time.
        "links": [{"type": "dashboards", "tags": ["jamvote"], "title": "", "asDropdown": False, "keepTime": True}],
        "panels": list(panels(said["panels"])),
    }


def panels(said: list[Json]) -> Iterator[Json]:
    """Numbers in a row at the top, charts below, two in a row."""
    numbers, charts = [one for one in said if one.get("now")], [one for one in said if not one.get("now")]
    for place, one in enumerate(numbers):
        yield panel(one, "stat", place + 1) | grid(place, len(numbers), FLAT, top=0)
    for place, one in enumerate(charts):
        top = FLAT if numbers else 0
        yield panel(one, "timeseries", len(numbers) + place + 1) | grid(place, 2, HIGH, top=top)


def grid(place: int, columns: int, height: int, *, top: int) -> Json:
    width = COLUMNS // columns
    return {"gridPos": {"x": place % columns * width, "y": top + place // columns * height, "w": width, "h": height}}


def panel(one: Json, kind: str, number: int) -> Json:
    now = kind == "stat"
    return {
        "id": number,
        "type": kind,
        "title": one["title"],
        "datasource": SOURCE,
        "targets": [target(ref, *line, now=now) for ref, line in zip("ABCDEF", one["lines"].items(), strict=False)],
        "fieldConfig": {"defaults": {"unit": one["unit"], "min": 0, **limit(one.get("most"))}, "overrides": []},
        "options": {} if now else {"tooltip": {"mode": "multi", "sort": "desc"}},
    }


def target(ref: str, name: str, expr: str, *, now: bool) -> Json:
    return {"refId": ref, "datasource": SOURCE, "legendFormat": name, "expr": expr, "instant": now, "range": not now}


def limit(most: float | None) -> Json:
    """Red above it, and a line there."""
    above = [] if most is None else [{"color": "red", "value": most or 0.001}]  # a step begins with its value
    steps = [{"color": "green", "value": None}, *above]
    style = "line" if above else "off"
    return {"thresholds": {"mode": "absolute", "steps": steps}, "custom": {"thresholdsStyle": {"mode": style}}}
