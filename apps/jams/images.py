"""Images that people upload: decoded, made smaller, and written anew without what came along in the file.

An image is kept in several widths. Which, its name says (`jams/0f3a…-1920x1080.webp` has `jams/0f3a…-480.webp` beside
it), so no page asks the storage; one from before has another kind of name, and is shown as it is.
"""

import io
import re
import secrets
from typing import NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from apps.core.edge import edge
from apps.core.errors import Invalid

LARGEST = (1920, 1080)
WIDTHS = (480, 960, 1600)  # beside it, as far as it is wider
FORMATS = ("JPEG", "PNG", "WEBP")
NAME = re.compile(r"(?P<stem>.+-)(?P<width>\d+)x(?P<height>\d+)\.webp")
FOLDER = "jams/"


class Size(NamedTuple):
    name: str
    width: int
    height: int


def remade(upload: "File[bytes]") -> "ContentFile[bytes]":
    """A WebP of at most 1920 by 1080 under a name of ours; the smaller ones are stored already.

    Raises Invalid for what is not a picture we take.
    """
    if upload.size > settings.MAX_IMAGE_BYTES:
        raise refused(_("The image is too large: at most %(mb)d MB.") % {"mb": settings.MAX_IMAGE_BYTES // 2**20})
    try:
        upload.seek(0)
        source = Image.open(upload, formats=FORMATS)  # reads the header only
        if source.width * source.height > settings.MAX_IMAGE_PIXELS:
            raise refused(_("The image has too many pixels. Make it smaller and try again."))
        source.draft("RGB", (max(LARGEST), max(LARGEST)))  # a large JPEG is decoded smaller, in less memory
        image = ImageOps.exif_transpose(source).convert("RGB")
    except Invalid:
        raise
    except Exception as error:  # Pillow raises a dozen kinds for files that lie about themselves
        raise refused(_("This file is not an image that we can read. Use JPEG, PNG or WebP.")) from error
    image.thumbnail(LARGEST)
    name = f"{secrets.token_hex(8)}-{image.width}x{image.height}.webp"
    for size in sizes_of(FOLDER + name)[:-1]:
        smaller = image.resize((size.width, size.height), Image.Resampling.LANCZOS)
        default_storage.save(size.name, webp(smaller, size.name))
    return webp(image, name)


def webp(image: Image.Image, name: str) -> "ContentFile[bytes]":
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80)
    return ContentFile(out.getvalue(), name=name)


def sizes_of(name: str) -> list[Size]:
    """All that there are of an image, the smallest first and itself last; none of one whose name does not tell."""
    told = NAME.fullmatch(name)
    if told is None:
        return []
    width, height = int(told["width"]), int(told["height"])
    smaller = [Size(f"{told['stem']}{w}.webp", w, max(1, round(height * w / width))) for w in WIDTHS if w < width]
    return [*smaller, Size(name, width, height)]


def weights_of(name: str) -> list[int]:
    """Bytes of each size, the smallest first."""
    return [default_storage.size(size.name) for size in sizes_of(name)]


def forget(name: str) -> None:
    files = {name, *(size.name for size in sizes_of(name))}
    for file in files:
        default_storage.delete(file)
    edge.forget(*(f"media/{file}" for file in files))


def refused(message: object) -> Invalid:
    return Invalid(fields={"background": [message]})
