"""Imports that go on where they were, whatever ends the process that takes rows of one.

A batch of rows, what was said of them and where the run is are written in one transaction. So a run that was killed
goes on after the last batch, and two that take rows of it at once do each batch once.
"""

import time
from collections.abc import Callable
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.catalog.files import opened
from apps.catalog.imports import BATCH, Batch, Options, store
from apps.catalog.reader import DIGEST, Reader
from apps.catalog.rows import Problem, Row
from apps.catalog.run_models import ImportBatch, ImportQuestion, ImportRun
from apps.catalog.upkeep import rank_songs
from apps.core.errors import NotThere

NEAR_BATCH = 500  # looking for other names takes longer
LINE = 5  # bytes of a line's number beside its digest
State = ImportRun.State
Told = Callable[[int, int], Any]  # how many bytes of the file are taken, of how many


def step(*, run: ImportRun, told: Told = lambda done, of: None) -> ImportRun:
    """Takes rows for about IMPORT_STEP_SECONDS; the run as it is then. Raises NotThere, Unreadable."""
    if run.state != State.RUNNING:
        return run
    until = time.monotonic() + settings.IMPORT_STEP_SECONDS
    with opened(run) as file:
        return go_on(run, file, until=until, on_batch=lambda: told(file.tell(), run.size))


def go_on(
    run: ImportRun,
    file: BinaryIO,
    *,
    until: float | None = None,
    on_problem: Callable[[Problem], Any] = lambda problem: None,
    on_batch: Callable[[], Any] = lambda: None,
) -> ImportRun:
    """As `step` does, from a file that is open; to its end, unless it is to stop at some time of the clock."""
    reader = Reader(file, columns=run.columns, after=run.position, lines=lines_of(run))
    while run.state == State.RUNNING:
        with transaction.atomic():
            at, run = run.position, held(run)
            if run.position != at or run.state != State.RUNNING:
                return run  # somebody else goes on with it
            batch = Batch(reader.batch(NEAR_BATCH if run.near else BATCH))
            if batch.rows:
                take(run, batch, reader)
            else:
                end(run)
            run.read = run.size if run.state == State.DONE else file.tell()
            run.save(update_fields=["position", "read", "counts", "state", "ended_at"])
        for problem in batch.problems:
            on_problem(problem)
        on_batch()
        if until is not None and time.monotonic() >= until:
            break
    return run


def held(run: ImportRun) -> ImportRun:
    found = ImportRun.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    if found is None:
        raise NotThere
    return found


def take(run: ImportRun, batch: Batch, reader: Reader) -> None:
    store(batch, reader.used, Options(update=run.update, dry_run=run.dry_run, near=run.near))
    problems = [[p.line, p.outcome, p.column, p.value, p.reason] for p in batch.problems]
    ImportBatch.objects.create(run=run, line=reader.line, seen=seen(batch.rows), problems=problems)
    if not run.dry_run:
        ImportQuestion.objects.bulk_create(
            ImportQuestion(run=run, line=one.row.line, values=one.row.values, song_id=one.song) for one in batch.asked
        )
    run.position = reader.line
    run.counts = {name: run.counts.get(name, 0) + count for name, count in batch.report.counts.items()}


def end(run: ImportRun) -> None:
    run.state, run.ended_at = State.DONE, timezone.now()
    run.batches.update(seen=b"")
    if not run.dry_run:
        rank_songs()


def seen(rows: list[Row]) -> bytes:
    """The songs of a batch and their lines, for a later step to find those that are repeated."""
    return b"".join(row.digest + row.line.to_bytes(LINE, "big") for row in rows if row.digest)


def lines_of(run: ImportRun) -> dict[bytes, int]:
    lines: dict[bytes, int] = {}
    for part in map(bytes, run.batches.order_by("line").values_list("seen", flat=True)):
        for start in range(0, len(part), DIGEST + LINE):
            middle, end = start + DIGEST, start + DIGEST + LINE
            lines.setdefault(part[start:middle], int.from_bytes(part[middle:end], "big"))
    return lines


def forget_old_imports() -> int:
    """Files and reports of imports of IMPORT_DAYS ago; says how many."""
    _rows, gone = ImportRun.objects.old().delete()
    return gone.get("catalog.ImportRun", 0)


def problems_of(run: ImportRun) -> Any:
    """All that was said of its rows so far, in their order."""
    for problems in run.batches.order_by("line").values_list("problems", flat=True).iterator(20):
        yield from (Problem(*problem) for problem in problems)
