"""Who calls the API with an API token, and what the description of the API says of it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.accounts.models import ApiToken, User
from apps.accounts.tokens import api_token_of


class TokenAuthentication(BaseAuthentication):
    """`request.user` is the token's user and `request.auth` the token. A token does not come along by itself as a
    cookie does, so there is no forgery to be feared."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        token = api_token_of(request._request)
        return (token.user, token) if token else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        text = "Of a host or staff member: it begins with jvt_. What it changes needs the scope that is named."
        return {"type": "http", "scheme": "bearer", "description": text}

    def get_security_requirement(self, auto_schema: Any) -> Any:
        view, scope = auto_schema.view, getattr(auto_schema.view, "scope", "")
        if getattr(view, "sessions_only", False):
            return None
        if auto_schema.method in SAFE_METHODS:
            return {"apiToken": []}
        return {"apiToken": [str(scope)]} if scope else None
