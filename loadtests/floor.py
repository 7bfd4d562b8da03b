"""F, the floor: a Django view that says `ok`, without any middleware, on the product's own gunicorn configuration."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def ok(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"ok", headers={"Content-Length": "2"})  # without it gunicorn would send chunks


urlpatterns = [path("", ok)]
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="floor")
application = get_wsgi_application()
