"""What was uploaded and made: the folders `media` and `private` of DATA_DIR, as one file. A bucket keeps itself."""

import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

from django.conf import settings

from apps.core.backups.kept import BackupError


def folders() -> dict[str, Path]:
    if settings.S3_BUCKET:
        return {}
    return {"media": Path(settings.MEDIA_ROOT), "private": Path(settings.STORAGES["private"]["OPTIONS"]["location"])}


def pack(to: Path) -> None:
    """One that is erased meanwhile is left out."""
    with tarfile.open(to, "w", dereference=True) as packed:
        for kind, folder in folders().items():
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                with suppress(FileNotFoundError):
                    packed.add(file, f"{kind}/{file.relative_to(folder)}", recursive=False)


@contextmanager
def unpacked(packed: Path) -> Iterator[dict[str, Path]]:
    """By folder, beside the files that are there: for put_in_place. Raises BackupError."""
    with ExitStack() as stack:
        beside = {}
        for kind, folder in folders().items():
            folder.mkdir(parents=True, exist_ok=True)
            beside[kind] = Path(stack.enter_context(TemporaryDirectory(prefix=".restored-", dir=folder)))
        try:
            with tarfile.open(packed) as files:
                for member in files:
                    kind, _, name = member.name.partition("/")
                    take_out(files, member, beside[kind], name)
        except (tarfile.TarError, KeyError) as error:
            raise BackupError(f"{packed} holds what no backup has: {error}. Nothing was changed.") from error
        yield beside


def take_out(files: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, name: str) -> None:
    """A file, into that folder. Without `filter="data"`, which Debian 12's Python (3.11.2) does not know."""
    to = folder / name
    if not member.isfile() or folder.resolve() not in to.resolve().parents:
        raise tarfile.ExtractError(member.name)
    to.parent.mkdir(parents=True, exist_ok=True)
    with to.open("wb") as out:
        shutil.copyfileobj(cast("IO[bytes]", files.extractfile(member)), out)
    to.chmod(member.mode & 0o755 | 0o600)
    os.utime(to, (member.mtime, member.mtime))


def put_in_place(beside: dict[str, Path]) -> None:
    """Each at once, instead of one of its name. Files that are in no backup stay: nothing speaks of them."""
    for kind, folder in folders().items():
        for file in sorted(path for path in beside[kind].rglob("*") if path.is_file()):
            to = folder / file.relative_to(beside[kind])
            to.parent.mkdir(parents=True, exist_ok=True)
            file.replace(to)
