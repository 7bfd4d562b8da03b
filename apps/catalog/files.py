"""Files as bytes, whatever Django has wrapped around them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from django.core.files.base import File

from apps.catalog.run_models import ImportRun


@contextmanager
def opened(run: ImportRun) -> Iterator[BinaryIO]:
    """The file of an import."""
    with run.file.storage.open(str(run.file.name)) as file:
        yield raw(file)


def raw(file: Any) -> BinaryIO:
    while isinstance(file, File):
        file = file.file
    return cast("BinaryIO", file)


def digest_of(file: BinaryIO) -> str:
    """Of all its bytes; the file stands at its end then."""
    file.seek(0)
    found = hashlib.sha256()
    while part := file.read(2**18):
        found.update(part)
    return found.hexdigest()
