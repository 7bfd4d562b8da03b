"""Uploaded files where no balancer serves them: the embedded default."""

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.static import serve


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)  # names are random and never used again
def media(request: HttpRequest, path: str) -> FileResponse | HttpResponseBase:
    """As deploy/nginx.conf does it: a picture of ours, or bytes that nothing opens; and neither can do anything."""
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError, SuspiciousFileOperation) as error:  # a name that no file can have
        raise Http404 from error
    response.headers["Content-Type"] = "image/webp" if path.endswith(".webp") else "application/octet-stream"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
