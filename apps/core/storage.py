from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage, storages
from whitenoise.storage import CompressedManifestStaticFilesStorage

from apps.core.bundles import module, style_sheet

MADE = {"css": style_sheet, "js": module}
Paths = dict[str, tuple[Storage, str]]


class StaticFiles(CompressedManifestStaticFilesStorage):
    """What we wrote is put together for each page and minified (bundles.py); everything has its hash in its name, and
    is compressed."""

    bundled = True

    def post_process(self, paths: Paths, *args: Any, **options: Any) -> Iterator[Any]:
        return super().post_process(paths | bundles(paths), *args, **options)


def bundles(paths: Paths) -> Paths:
    """Of the style sheets and modules that pages name, instead of the sources."""

    def source(path: str) -> str:
        storage, name = paths[path]
        with storage.open(name) as file:
            return str(file.read().decode())

    made = InMemoryStorage()
    for path in paths:
        if make := MADE.get(path.partition("/")[0]):
            made.save(path, ContentFile(make(path, source).encode()))
    return {path: (made, path) for path in paths if made.exists(path)}


def private_storage() -> Storage:
    """For files that no address leads to."""
    return storages["private"]
