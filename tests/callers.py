"""Who calls the API: a browser with cookies, or a program with a token. CSRF is checked, as it is for everybody."""

import json

from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from apps.jams import identity


class Caller:
    """`caller("PUT", "/api/v1/…", {…})` → the response. A fault in the view is an answer 500, as in production."""

    def __init__(self, *, user=None, token="", cookies=None, csrf=True):
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        if user:
            self.client.force_login(user)
        for name, value in (cookies or {}).items():
            self.client.cookies[name] = value
        if csrf and (user or cookies):
            self.client.cookies[settings.CSRF_COOKIE_NAME] = self.headers["X-CSRFToken"] = _get_new_csrf_string()

    def __call__(self, method, path, body=None, *, kind="application/json", **headers):
        data = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body)
        # What is not about conditional updates changes whatever is there.
        condition = {"If-Match": "*"} if method in {"PATCH", "DELETE"} else {}
        given = {name: value for name, value in (self.headers | condition | headers).items() if value is not None}
        return self.client.generic(method, path, data, kind, headers=given)


def with_cookie(jam, token, **options):
    """A phone that joined by the page."""
    return Caller(cookies={identity.cookie_name(jam): token}, **options)
