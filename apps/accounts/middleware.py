from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.accounts.errors import TokenUnknown
from apps.accounts.tokens import api_token_of
from apps.core.credentials import API_TOKEN
from apps.core.handlers import for_program
from apps.core.languages import spoken_to
from apps.core.problems import problem_response


class ApiTokens:
    """An API token that does not hold is told so, whatever it asks for: before what is the same for everybody is given
    from the cache, where nobody looks at who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if API_TOKEN in request.META.get("HTTP_AUTHORIZATION", "") and for_program(request):
            try:
                api_token_of(request)
            except TokenUnknown as error:
                with spoken_to(request):
                    response = problem_response(request, error.status, error.code, error.message)
                response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750, 3.1
                return response
        return self.get_response(request)
