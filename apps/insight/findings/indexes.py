"""Indexes that are missing: those that our models declare and the database has not, and those that a plan asks for.

Proved on a copy, which nobody else sees: a temporary table of the same name, of COPIED rows at most, that is asked
before and after it has the index. Nothing of what people use is locked or changed.
"""

import hashlib
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.core.cache import cache
from django.db import DatabaseError, connection, models, transaction

from apps.core.query_times import FROM
from apps.insight.findings.found import Found
from apps.insight.findings.window import Window

log = logging.getLogger(__name__)

COPIED = 100_000
BETTER = 0.5  # of the cost that must be left, or it is no proof
TIMEOUT_MS = 5_000
PROVED_SECONDS = 3_600
FILTER = re.compile(r"\(\(?\"?(\w+)\"?\)?(?:::\w+)? = ")


def missing_index(window: Window, slow: list[Found]) -> Iterator[Found]:
    """Declared and not there, where its table is asked; else what a slow statement would need."""
    named = set()
    for model, index in declared_and_missing():
        table = model._meta.db_table
        statements = {text: one for text, one in window.group("statements").items() if f'"{table}"' in text}
        seconds = sum(one["seconds"] for one in statements.values())
        if seconds:
            text = max(statements, key=lambda text: statements[text]["seconds"])
            named.add(table)
            evidence = {"index": index.name, "table": table, "statement": text, "declared": True}
            yield Found("missing_index", index.name, window.an_hour(seconds), evidence | proof(text, table, index))
    for found in slow:
        asked = FROM.search(found.evidence["statement"])
        if asked and asked[1] not in named and (candidate := wanted(found.evidence["statement"], asked[1])):
            evidence = found.evidence | candidate
            yield replace(found, kind="missing_index", subject=f"{asked[1]} {candidate['columns']}", evidence=evidence)


def declared_and_missing() -> Iterator[tuple[type[models.Model], models.Index]]:
    there = names_of_indexes()
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            for index in model._meta.indexes:
                if index.name not in there:
                    yield model, index


def names_of_indexes() -> set[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = ANY (current_schemas(false))")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        return {name for (name,) in cursor.fetchall()}


def proof(text: str, table: str, index: models.Index) -> dict[str, Any]:
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    with connection.schema_editor(collect_sql=True) as editor:
        create = str(index.create_sql(model, editor)).replace("%%", "%")
    return costs(text, table, create) or {}


def wanted(text: str, table: str) -> dict[str, Any]:
    """An index on what the statement compares, if the plan reads a large table whole and the index halves its cost."""
    if connection.vendor != "postgresql":
        return {}
    try:
        with transaction.atomic():
            columns = compared(plan(text), table)
    except DatabaseError as error:
        log.info("insight: a statement cannot be planned: %s", error)
        return {}
    if not columns:
        return {}
    listed = ", ".join(f'"{column}"' for column in columns)
    found = costs(text, table, f'CREATE INDEX insight_try ON "{table}" ({listed})')
    if not found or found["after"] > BETTER * found["before"]:
        return {}
    return {"table": table, "columns": ", ".join(columns), "declared": False, **found}


def costs(text: str, table: str, create: str) -> dict[str, Any]:
    """What PostgreSQL reckons a statement to cost on a copy of the table, before and after; empty: it cannot say.

    Tried once an hour: a copy is not free.
    """
    if connection.vendor != "postgresql":
        return {}
    key = "insight:proof:" + hashlib.sha256(f"{text}{create}".encode()).hexdigest()
    return cache.get_or_set(key, lambda: tried(text, table, create), PROVED_SECONDS) or {}


def tried(text: str, table: str, create: str) -> dict[str, Any]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")
            cursor.execute("SET LOCAL search_path = pg_temp, public")
            copied = f'SELECT * FROM public."{table}" LIMIT {COPIED}'  # noqa: S608 — names of our tables
            cursor.execute(f'CREATE TEMPORARY TABLE "{table}" ON COMMIT DROP AS {copied}')
            cursor.execute(f'ANALYZE "{table}"')
            before = plan(text)["Total Cost"]
            cursor.execute(create.replace("CONCURRENTLY ", ""))
            after = plan(text)["Total Cost"]
            cursor.execute(f'DROP TABLE pg_temp."{table}"')
    except DatabaseError as error:
        log.info("insight: an index cannot be tried: %s", error)
        return {}
    return {"before": before, "after": after}


def plan(text: str) -> dict[str, Any]:
    """The generic one: for whatever values. Raises DatabaseError."""
    numbers = iter(range(1, 1_000))
    statement = re.sub(r"%s|\(…\)", lambda found: place(found[0], numbers), text)
    name = f"insight_{uuid4().hex}"  # one that failed leaves its name behind
    nulls = ", ".join(["NULL"] * (next(numbers) - 1))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE {name} AS {statement}")
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE {name}{f'({nulls})' if nulls else ''}")
        said = cursor.fetchone()[0]
        cursor.execute(f"DEALLOCATE {name}")
    found: dict[str, Any] = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return found


def place(found: str, numbers: Iterator[int]) -> str:
    return f"${next(numbers)}" if found == "%s" else f"(${next(numbers)}, ${next(numbers)})"


def compared(node: dict[str, Any], table: str) -> list[str]:
    """Columns that a reading of the whole table is narrowed by."""
    if node["Node Type"].endswith("Seq Scan") and node.get("Relation Name") == table:
        model = next((model for model in apps.get_models() if model._meta.db_table == table), None)
        known = {field.column for field in model._meta.concrete_fields} if model else set()
        return [name for name in dict.fromkeys(FILTER.findall(node.get("Filter", ""))) if name in known]
    return next((found for part in node.get("Plans", []) if (found := compared(part, table))), [])
