"""Uploaded files where no balancer serves them: the embedded default, and files of a bucket."""

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve

if TYPE_CHECKING:
    from apps.core.bucket import Bucket  # and with it boto3, which needs 25 MB: only where there is a bucket


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)  # names are random and never used again
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """As deploy/nginx.conf does it: a picture of ours, or bytes that nothing opens; and neither can do anything."""
    try:
        response = from_bucket(path) if settings.S3_BUCKET else serve(request, path, str(settings.MEDIA_ROOT))
    except (OSError, ValueError, SuspiciousOperation) as error:  # a name that no file can have
        raise Http404 from error
    response.headers["Content-Type"] = "image/webp" if path.endswith(".webp") else "application/octet-stream"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def from_bucket(path: str) -> HttpResponse:
    return HttpResponse(cast("Bucket", default_storage).read(path))
