"""Rows that a new release wants otherwise, changed while people go on: in batches, by several streams, from where it
was stopped, and back. An app declares its own in `backfills.py`; `manage.py backfill` runs them.

A batch may be done twice: one that was killed has not said so. So it finds by the rows what is still to be done.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from apps.core.models import BackfillRun

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Backfill:
    """`left(back)`: how many are to be done, or undone. `after(id, most, back)`: ids of the next ones, in order.
    `change(ids, back)`: does them, or undoes them. `ended(back)`: what comes when all are."""

    name: str
    left: Callable[[bool], int]
    after: Callable[[int, int, bool], Sequence[int]]
    change: Callable[[Sequence[int], bool], None]
    ended: Callable[[bool], None] = lambda back: None


BACKFILLS: dict[str, Backfill] = {}


def declare(one: Backfill) -> Backfill:
    BACKFILLS[one.name] = one
    return one


def backfill(
    which: Backfill,
    *,
    rollback: bool = False,
    batch: int = 20,
    streams: int = 1,
    pause: float = 0,
    told: Told = lambda done, of: None,
) -> int:
    """Answers how many it changed. After each batch a stream rests for `pause` seconds. Whatever stops it, the next run
    goes on behind the batches that are done. `told(done, of)` hears how far it is."""
    run = begun(which, rollback)
    of, done = which.left(rollback), 0
    for ids in in_order(which, run, batch=batch, streams=streams, pause=pause):
        done += len(ids)
        BackfillRun.objects.filter(pk=run.pk).update(position=ids[-1], done=run.done + done)
        told(done, of)
    which.ended(rollback)
    BackfillRun.objects.filter(pk=run.pk).update(position=0, ended_at=timezone.now())
    return done


def begun(which: Backfill, rollback: bool) -> BackfillRun:
    """Where the last one was stopped, if it went the same way; else from the start."""
    with transaction.atomic():
        run, _new = BackfillRun.objects.select_for_update().get_or_create(name=which.name)
        if run.ended_at or run.rollback != rollback:
            run.rollback, run.position, run.done, run.ended_at = rollback, 0, 0, None
            run.started_at = timezone.now()
            run.save()
    return run


def in_order(which: Backfill, run: BackfillRun, *, batch: int, streams: int, pause: float) -> Iterator[Sequence[int]]:
    """Batches that are done, in their order, so that all before one are done too."""
    if streams == 1:
        for ids in batches(which, run, batch):
            which.change(ids, run.rollback)
            yield ids
            time.sleep(pause)
        return
    with ThreadPoolExecutor(streams) as pool:
        under_way: deque[tuple[Sequence[int], Future[None]]] = deque()
        try:
            for ids in batches(which, run, batch):
                under_way.append((ids, pool.submit(in_a_stream, partial(which.change, ids, run.rollback), pause)))
                if len(under_way) > streams:
                    yield ended(under_way)
            while under_way:
                yield ended(under_way)
        finally:
            pool.shutdown(cancel_futures=True)


def batches(which: Backfill, run: BackfillRun, size: int) -> Iterator[Sequence[int]]:
    last = run.position
    while ids := which.after(last, size, run.rollback):
        yield ids
        last = ids[-1]


def in_a_stream(change: Callable[[], None], pause: float) -> None:
    try:
        change()
    finally:
        connection.close()  # the thread's own
    time.sleep(pause)


def ended(under_way: deque[tuple[Sequence[int], Future[None]]]) -> Sequence[int]:
    ids, future = under_way.popleft()
    future.result()
    return ids
