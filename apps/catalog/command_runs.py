"""Imports of a command: the file stays where it is, and is known again by what is in it."""

from typing import BinaryIO

from apps.catalog.errors import NothingToResume
from apps.catalog.files import digest_of
from apps.catalog.import_runs import State, forget_old_imports
from apps.catalog.imports import Report
from apps.catalog.reader import Reader
from apps.catalog.run_models import ImportRun


def run_of(file: BinaryIO, *, resume: bool, mapping: dict[str, str], update: bool, near: str) -> ImportRun:
    """A new run for the file, or the one that was stopped. Raises Unreadable, NothingToResume."""
    forget_old_imports()
    digest = digest_of(file)
    size = file.tell()
    file.seek(0)
    reader = Reader(file, mapping=mapping)
    file.seek(0)
    how = {"columns": reader.columns, "update": update, "near": near}
    if not resume:
        name = str(file.name)[-200:]
        return ImportRun.objects.create(digest=digest, name=name, size=size, state=State.RUNNING, **how)
    stopped = ImportRun.objects.filter(owner=None, digest=digest, state=State.RUNNING, **how)
    if run := stopped.order_by("-pk").first():
        return run
    raise NothingToResume


def report_of(run: ImportRun, file: BinaryIO) -> Report:
    file.seek(0)
    reader = Reader(file, columns=run.columns)
    return Report(used=reader.used, ignored=reader.ignored, **run.counts)
