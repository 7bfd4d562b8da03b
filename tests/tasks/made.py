"""Tasks of the tests. What they do, they write into the audit log, which counts: who runs twice is seen."""

import time
from pathlib import Path

from apps.accounts.audit import record
from apps.accounts.models import AuditEvent
from apps.core.errors import DomainError
from apps.tasks.declared import task
from apps.tasks.errors import Later, Unfinished
from apps.tasks.running import progress


def written(text):
    return AuditEvent.objects.filter(verb=text).count()


@task()
def write_down(*, text):
    record(actor=None, verb=text)
    return {"written": text}


@task(queue="now")
def write_now(*, text):
    record(actor=None, verb=text)


@task(queue="later")
def write_sometime(*, text):
    record(actor=None, verb=text)


@task(attempts=2, backoff=0)
def break_down(*, text):
    record(actor=None, verb=text)
    raise ValueError(f"password=hunter2 of {text}")


@task(attempts=5)
def refuse(*, text):
    record(actor=None, verb=text)
    raise DomainError("Not tonight.")


@task(attempts=2)
def put_off(*, seconds):
    raise Later(seconds, "The receiver is busy.")


@task(attempts=2, backoff=0, soft=1, hard=20)
def last_too_long(*, text):
    record(actor=None, verb=text)
    time.sleep(60)


@task(attempts=2, backoff=0, soft=1, hard=2)
def hear_nothing(*, text):
    record(actor=None, verb=text)
    try:
        time.sleep(60)
    except Exception:
        time.sleep(60)


@task(attempts=50, soft=200, hard=240)
def wait_and_write(*, text, gate):
    """Begins, waits for the gate, and writes once however often it is begun."""
    record(actor=None, verb=f"begin {text}")
    progress(1, 2)
    while not Path(gate).exists():
        time.sleep(0.02)
    if not written(text):
        record(actor=None, verb=text)
    progress(2, 2)


@task()
def write_in_parts(*, text, parts):
    record(actor=None, verb=text)
    if written(text) < parts:
        raise Unfinished


@task(atomic=True)
def write_atomically(*, text):
    record(actor=None, verb=text)
