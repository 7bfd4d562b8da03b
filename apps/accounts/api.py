"""Who one is, API tokens, and accounts over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import serializers, tokens
from apps.accounts.auth import staff_of, user_of
from apps.accounts.credentials import user_with
from apps.accounts.filters import UserFilter
from apps.accounts.models import ApiToken, User
from apps.accounts.permissions import TokenMay
from apps.accounts.users import change_user
from apps.core.api import Empty, valid

# In the description of the API.
ANYHOW: Any = [{"apiToken": []}, {"cookieAuth": []}, {}]
NO_TOKEN: Any = [{"cookieAuth": []}, {}]


@extend_schema(tags=["auth"])
class Auth(APIView):
    """Who the caller is, and by what: a session, or an API token with its scopes. Also for nobody."""

    permission_classes = (TokenMay,)

    @extend_schema(operation_id="auth_retrieve", auth=ANYHOW, responses=serializers.WhoAmI)
    def get(self, request: Request) -> Response:
        user = request.user if isinstance(request.user, User) else None
        token = request.auth if isinstance(request.auth, ApiToken) else None
        by = "token" if token else "session" if user else None
        return Response(serializers.WhoAmI({"by": by, "user": user, "token": token}).data)


@extend_schema(tags=["auth"])
class Tokens(GenericAPIView):
    """One's own API tokens, the newest first."""

    sessions_only = True
    serializer_class = serializers.TokenOutput
    filter_backends = ()

    def get_permissions(self) -> list[Any]:
        """A program that asks for its first token has no session."""
        return [TokenMay()] if self.request.method == "POST" else [TokenMay(), IsAuthenticated()]

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=user_of(self.request)).order_by("-pk")

    @extend_schema(operation_id="auth_tokens_list", responses=serializers.TokenOutput(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(serializers.TokenOutput(page, many=True).data)

    @extend_schema(
        operation_id="auth_tokens_create",
        summary="Make an API token",
        description="By session, or by e-mail and password (and code). The answer alone has the token.",
        auth=NO_TOKEN,
        request=serializers.TokenInput,
        responses={201: serializers.NewToken},
    )
    def post(self, request: Request) -> Response:
        wanted = valid(serializers.TokenInput, request)
        user = maker(request, **{name: wanted.pop(name, "") for name in ("email", "password", "code")})
        token, text = tokens.make_token(user=user, **wanted)
        token.token = text  # type: ignore[attr-defined] # for this answer
        headers = {"Location": f"/api/v1/auth/tokens/{token.pk}"}
        return Response(serializers.NewToken(token).data, status=201, headers=headers)


def maker(request: Request, *, email: str, password: str, code: str) -> User:
    if email or password:
        return user_with(request=request._request, email=email, password=password, code=code)
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


@extend_schema(tags=["auth"])
class TokenDetail(APIView):
    permission_classes = (TokenMay, IsAuthenticated)
    sessions_only = True

    @extend_schema(summary="Revoke an API token", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        user = user_of(request)
        token = get_object_or_404(ApiToken.objects.select_related("user"), user=user, pk=pk)
        tokens.revoke_token(token=token, by=user)
        return Empty()


@extend_schema(tags=["users"])
class Users(GenericAPIView):
    """Hosts and staff, for staff."""

    permission_classes = (TokenMay, IsAuthenticated)
    queryset = User.objects.all()
    serializer_class = serializers.UserOutput
    filterset_class = UserFilter

    @extend_schema(operation_id="users_list", responses=serializers.UserOutput(many=True))
    def get(self, request: Request) -> Response:
        staff_of(request)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(serializers.UserOutput(page, many=True).data)


@extend_schema(tags=["users"])
class Myself(APIView):
    """One's own account."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = ApiToken.Scope.ACCOUNT

    @extend_schema(operation_id="users_me_retrieve", responses=serializers.UserOutput)
    def get(self, request: Request) -> Response:
        return Response(serializers.UserOutput(user_of(request)).data)

    @extend_schema(operation_id="users_me_update", request=serializers.MyselfInput, responses=serializers.UserOutput)
    def patch(self, request: Request) -> Response:
        user = user_of(request)
        user = change_user(user=user, by=user, **valid(serializers.MyselfInput, request, partial=True))
        return Response(serializers.UserOutput(user).data)


@extend_schema(tags=["users"])
class UserDetail(APIView):
    """An account, for its owner and for staff. Staff change it, by session; e-mail and password are not theirs."""

    permission_classes = (TokenMay, IsAuthenticated)

    @extend_schema(responses=serializers.UserOutput)
    def get(self, request: Request, pk: int) -> Response:
        caller = user_of(request)
        known = User.objects.all() if caller.is_staff else User.objects.filter(pk=caller.pk)
        return Response(serializers.UserOutput(get_object_or_404(known, pk=pk)).data)

    @extend_schema(request=serializers.UserInput, responses=serializers.UserOutput)
    def patch(self, request: Request, pk: int) -> Response:
        staff = staff_of(request)
        user = get_object_or_404(User, pk=pk)
        user = change_user(user=user, by=staff, **valid(serializers.UserInput, request, partial=True))
        return Response(serializers.UserOutput(user).data)
