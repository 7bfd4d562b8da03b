"""What was uploaded and made: the folders `media` and `private` of DATA_DIR, as one file."""

import tarfile
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def folders() -> dict[str, Path]:
    return {"media": Path(settings.MEDIA_ROOT), "private": Path(settings.STORAGES["private"]["OPTIONS"]["location"])}


def pack(to: Path) -> None:
    """One that is erased meanwhile is left out."""
    with tarfile.open(to, "w", dereference=True) as packed:
        for kind, folder in folders().items():
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                with suppress(FileNotFoundError):
                    packed.add(file, f"{kind}/{file.relative_to(folder)}", recursive=False)


def unpack(packed: Path) -> None:
    """Files that are there already and in no backup stay: nothing speaks of them."""
    with tarfile.open(packed) as files:
        for member in files:
            kind, _, name = member.name.partition("/")
            folder = folders()[kind]
            folder.mkdir(parents=True, exist_ok=True)
            files.extract(member.replace(name=name), folder, filter="data")
