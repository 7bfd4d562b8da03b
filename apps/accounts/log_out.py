from typing import Any

from django.contrib.auth.views import LogoutView
from django.http import HttpRequest


class LogOut(LogoutView):
    """What the browser has kept of a host's pages goes, too: `Back` would show it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response
