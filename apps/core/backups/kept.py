"""A backup is a folder: the database, the files, and a manifest that says what they must be.

It is written as NAME.part and renamed when all of it is on the disk, so that half of one is never taken for a whole
one. Only its owner reads it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files.tar"
STAMP = "jamvote-%Y%m%dT%H%M%SZ"
LEFT_OVER = timedelta(days=1)  # what was not finished by then belongs to a backup that was killed


class BackupError(Exception):
    """What is in the way, and what to do about it."""


@dataclass(frozen=True)
class Backup:
    """`bytes` of all files; `migrations` by app; everything that was committed before `made_at` is in it."""

    folder: Path
    made_at: datetime
    release: str
    vendor: str
    migrations: Mapping[str, list[str]]
    bytes: int

    @property
    def database(self) -> Path:
        return self.folder / DATABASE

    @property
    def files(self) -> Path:
        return self.folder / FILES


# Writing ----------------------------------------------------------------------------------------------


@contextmanager
def new_backup(whole: Path, facts: Mapping[str, Any]) -> Iterator[Path]:
    """Where to put database and files; afterwards they are the backup `whole`, with these facts. Raises BackupError."""
    part = whole.with_name(f"{whole.name}.part")
    whole.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        part.mkdir(mode=0o700)
    except FileExistsError as error:
        raise BackupError(f"Another backup is being made: {part} is there. Try again in a second.") from error
    try:
        yield part
        manifest = {"format": FORMAT, **facts, "files": described(part)}
        (part / MANIFEST).write_text(json.dumps(manifest, indent=1))
        for file in part.iterdir():
            file.chmod(0o600)
            write_out(file)
        write_out(part)
        part.rename(whole)
        write_out(whole.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def described(folder: Path) -> dict[str, Any]:
    return {file.name: {"bytes": file.stat().st_size, "sha256": digest(file)} for file in sorted(folder.iterdir())}


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_out(path: Path) -> None:
    """Onto the disk: fsync(2), of a folder too."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# Reading ----------------------------------------------------------------------------------------------


def read_backup(folder: Path) -> Backup:
    """Every byte of it is looked at. Raises BackupError."""
    try:
        said = json.loads((folder / MANIFEST).read_text())
        if said["format"] > FORMAT:
            raise BackupError(f"{folder} was made by a newer JamVote ({said['release']}). Restore it with that one.")
        if said["files"].keys() != {DATABASE, FILES}:
            raise ValueError(said["files"])
        for name, file in said["files"].items():
            check(folder / name, file)
        return Backup(
            folder,
            datetime.fromisoformat(said["made_at"]),
            said["release"],
            said["vendor"],
            said["migrations"],
            sum(file["bytes"] for file in said["files"].values()),
        )
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no whole backup: {error.filename} is missing.") from error
    except OSError as error:
        raise BackupError(f"{error.filename}: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder} is no backup: its {MANIFEST} cannot be read.") from error


def check(file: Path, said: Mapping[str, Any]) -> None:
    if file.stat().st_size != said["bytes"] or digest(file) != said["sha256"]:
        raise BackupError(f"{file} is not what was written: its size or its SHA-256 differs. Take another backup.")


def backups_in(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(path.parent for path in folder.glob(f"jamvote-*/{MANIFEST}") if made_at(path.parent))


def newest_in(folder: Path) -> Path:
    if not (found := backups_in(folder)):
        raise BackupError(f"There is no backup in {folder}. Name one, or set BACKUP_DIR.")
    return found[-1]


def made_at(folder: Path) -> datetime | None:
    """What its name says; None: it is no backup of ours."""
    try:
        return datetime.strptime(folder.name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def erase_old(folder: Path, *, now: datetime, days: int, keep: int) -> int:
    """Erases those that are older, but never one of the newest so many; and what was left of killed ones."""
    until = now - timedelta(days=days)
    old = [path for path in backups_in(folder)[:-keep] if (at := made_at(path)) and at < until]
    for path in old:
        shutil.rmtree(path)
    for part in folder.glob("jamvote-*.part"):
        if datetime.fromtimestamp(part.stat().st_mtime, UTC) < now - LEFT_OVER:
            shutil.rmtree(part, ignore_errors=True)
    return len(old)
