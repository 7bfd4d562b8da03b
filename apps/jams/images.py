"""Images that people upload: decoded, made smaller, and written anew without what came along in the file."""

import io
import secrets

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from apps.core.errors import Invalid

LARGEST = (1920, 1080)
FORMATS = ("JPEG", "PNG", "WEBP")


def remade(upload: "File[bytes]") -> "ContentFile[bytes]":
    """A WebP of at most 1920 by 1080 under a name of ours. Raises Invalid for what is not a picture we take."""
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
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80)
    return ContentFile(out.getvalue(), name=f"{secrets.token_hex(8)}.webp")


def refused(message: object) -> Invalid:
    return Invalid(fields={"background": [message]})
