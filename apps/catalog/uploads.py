"""Files of songs that people import: uploaded, begun with what their columns are, gone on with.

`by` is the acting user. A run is its owner's; staff may go on with any (ImportRun.objects.visible_to).
"""

import secrets
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.accounts.audit import record
from apps.accounts.models import User
from apps.accounts.roles import Right, may, roles_of
from apps.catalog import tasks
from apps.catalog.csv_records import Record, read_records
from apps.catalog.errors import StaffOnly
from apps.catalog.files import digest_of, opened, raw
from apps.catalog.import_runs import State, forget_old_imports, held
from apps.catalog.reader import Columns, checked, columns_of, is_heading
from apps.catalog.rows import show
from apps.catalog.run_models import ImportRun
from apps.core.errors import Invalid, NotAllowed
from apps.core.text import clean
from apps.tasks.enqueue import enqueue
from apps.tasks.models import Task

SAMPLES = 3


def start_import(*, by: User, file: "File[bytes]") -> ImportRun:
    """Keeps the file, with what its headings say that its columns are. Raises NotAllowed, Invalid, Unreadable."""
    if not may(Right.ADD_SONG, roles_of(by)):
        raise NotAllowed
    forget_old_imports()
    check_room(by)
    check(file)
    run = ImportRun(owner=by, name=clean(file.name or "")[-200:] or "songs.csv", size=file.size)
    run.columns, run.digest = columns_of(first_records(raw(file))[0]), digest_of(raw(file))
    file.seek(0)
    run.file.save(f"imports/{secrets.token_hex(16)}.csv", file, save=False)
    run.save()
    return run


def begin_import(
    *, run: ImportRun, by: User, columns: Columns, update: bool = False, near: str = "", dry_run: bool = False
) -> ImportRun:
    """A task takes it to its end, from the first row, also where the run was a dry one. What runs goes on as it is.
    Raises NotAllowed, StaffOnly, Unreadable."""
    if not may(Right.ADD_SONG, roles_of(by)):
        raise NotAllowed
    if update and not may(Right.CHANGE_SONG, roles_of(by)):
        raise StaffOnly
    with opened(run) as file:
        columns = checked(columns, first_records(file)[0])
    with transaction.atomic():
        run = held(run)
        if run.state == State.RUNNING or (run.state == State.DONE and not run.dry_run):
            return run
        run.batches.all().delete()
        run.columns, run.update, run.near, run.dry_run = columns, update, near, dry_run
        run.state, run.position, run.read, run.counts, run.ended_at = State.RUNNING, 0, 0, {}, None
        run.task = queued(run, by)
        run.save()
        if not dry_run:
            record(actor=by, verb="import", about=run, after={"file": run.name, "update": update, "near": near})
    return run


def resume_import(*, run: ImportRun, by: User) -> ImportRun:
    """One whose task has failed goes on where it was. Raises NotAllowed, NotThere."""
    if not may(Right.ADD_SONG, roles_of(by)):
        raise NotAllowed
    with transaction.atomic():
        run = held(run)
        if run.is_stopped:
            run.task = queued(run, by)
            run.save(update_fields=["task"])
    return run


def queued(run: ImportRun, by: User) -> Task:
    """What is said of its rows is said in the language of whoever asks."""
    return enqueue(tasks.import_songs, by=by, about=f"import:{run.pk}", run=run.pk, language=get_language() or "en")


def check_room(by: User) -> None:
    """Or who may sign up could fill the disk."""
    if ImportRun.objects.filter(owner=by).count() >= settings.MAX_IMPORTS:
        text = _("You keep %(n)d imports, as many as you may. Discard one, then upload the file again.")
        raise Invalid(fields={"file": [text % {"n": settings.MAX_IMPORTS}]})


def check(file: "File[bytes]") -> None:
    if file.size > settings.MAX_IMPORT_BYTES:
        text = _("The file is too large: at most %(mb)d MB. Split it, or use manage.py import_songs.")
        raise Invalid(fields={"file": [text % {"mb": settings.MAX_IMPORT_BYTES // 2**20}]})
    if rows_in(file) > settings.MAX_IMPORT_ROWS:
        text = _("The file has too many rows: at most %(rows)d. Split it, or use manage.py import_songs.")
        raise Invalid(fields={"file": [text % {"rows": settings.MAX_IMPORT_ROWS}]})


def rows_in(file: "File[bytes]") -> int:
    """Its lines but the header, the last one also where nothing ends it."""
    ends = {b"\n": 0, b"\r": 0}
    last = b""
    for chunk in file.chunks():
        ends = {end: count + chunk.count(end) for end, count in ends.items()}
        last = chunk[-1:]
    return max(ends.values()) - (last in ends)


def sample_of(run: ImportRun) -> list[tuple[str, list[str]]]:
    """The columns of its file: each heading, with what the first rows have under it."""
    with opened(run) as file:
        header, *rows = first_records(file)
    return [
        (show(heading), [show(row.fields[place]) for row in rows if place < len(row.fields)])
        for place, heading in enumerate(header.fields)
    ]


def first_records(file: BinaryIO) -> list[Record]:
    """The header and a few rows."""
    file.seek(0)
    return list(islice(read_records(file, is_heading=is_heading), 1 + SAMPLES))
