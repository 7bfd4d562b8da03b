"""Webhooks over HTTP: where events go, and how they went. What comes in: in_api.py."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from apps.catalog.models import Venue
from apps.core.api import Empty, valid
from apps.core.errors import Invalid
from apps.core.formats import FewPages
from apps.jams.models import Jam
from apps.webhooks import endpoints
from apps.webhooks import serializers as s
from apps.webhooks.errors import NotYours
from apps.webhooks.models import Delivery, Endpoint

SCOPE = ApiToken.Scope.WEBHOOKS


class Paged(GenericAPIView):
    permission_classes = (TokenMay, IsAuthenticated)
    pagination_class = FewPages
    filter_backends = ()
    scope = SCOPE

    def paged(self, rows: QuerySet[Any], output: Any) -> Response:
        return self.get_paginated_response(output(self.paginate_queryset(rows), many=True).data)


@extend_schema(tags=["webhooks"])
class Webhooks(Paged):
    """Those of the venues and jams that one may change, or of one of them."""

    queryset = Endpoint.objects.none()  # the browsable API asks for one
    serializer_class = s.EndpointOutput

    @extend_schema(operation_id="webhooks_list", parameters=[s.EndpointQuery], responses=s.EndpointOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = Endpoint.objects.letting(user_of(request)).with_owner().order_by("pk")
        for name in ("venue", "jam"):
            if slug := request.query_params.get(name):
                rows = rows.filter(**{f"{name}__slug": slug})
        return self.paged(rows, s.EndpointOutput)

    @extend_schema(request=s.EndpointInput, responses={201: s.NewEndpoint})
    def post(self, request: Request) -> Response:
        wanted = valid(s.EndpointInput, request)
        owner = owner_of(request, venue=wanted.pop("venue", ""), jam=wanted.pop("jam", ""))
        endpoint, secret = endpoints.add_endpoint(by=user_of(request), **owner, **wanted)
        endpoint.secret = secret  # for this answer
        headers = {"Location": f"/api/v1/webhooks/{endpoint.pk}"}
        return Response(s.NewEndpoint(endpoint).data, status=201, headers=headers)


@extend_schema(tags=["webhooks"])
class WebhookDetail(APIView):
    """DELETE takes its log along. What is switched off gives up what waits."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(responses=s.EndpointOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(s.EndpointOutput(endpoint_of(request, pk)).data)

    @extend_schema(request=s.EndpointChange, responses=s.EndpointOutput)
    def patch(self, request: Request, pk: int) -> Response:
        endpoint, wanted = endpoint_of(request, pk), valid(s.EndpointChange, request, partial=True)
        endpoint = endpoints.change_endpoint(endpoint=endpoint, by=user_of(request), **wanted)
        return Response(s.EndpointOutput(endpoint).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        endpoints.delete_endpoint(endpoint=endpoint_of(request, pk), by=user_of(request))
        return Empty()


@extend_schema(tags=["webhooks"])
class WebhookRotate(APIView):
    """A new secret. For `hours` everything is signed with both."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(request=s.RotationInput, responses=s.NewSecret)
    def post(self, request: Request, pk: int) -> Response:
        endpoint, wanted = endpoint_of(request, pk), valid(s.RotationInput, request)
        secret = endpoints.rotate_secret(endpoint=endpoint, by=user_of(request), **wanted)
        until = endpoint_of(request, pk).old_secret_until
        return Response(s.NewSecret({"secret": secret, "old_secret_until": until}).data)


@extend_schema(tags=["webhooks"])
class WebhookTest(APIView):
    """Sends a `ping` at once, and answers what came back."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(request=None, responses=s.TestOutput)
    def post(self, request: Request, pk: int) -> Response:
        attempt = endpoints.ping(endpoint=endpoint_of(request, pk), by=user_of(request))
        return Response(s.TestOutput(attempt).data)


@extend_schema(tags=["webhooks"])
class Deliveries(Paged):
    """What was sent there and how that went, the last first."""

    queryset = Delivery.objects.none()
    serializer_class = s.DeliveryOutput

    @extend_schema(operation_id="webhooks_deliveries_list", responses=s.DeliveryOutput(many=True))
    def get(self, request: Request, pk: int) -> Response:
        return self.paged(endpoint_of(request, pk).deliveries.log(), s.DeliveryOutput)


@extend_schema(tags=["webhooks"])
class SendAgain(APIView):
    """At once, before what waits behind it; the event keeps its id."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(request=None, responses={202: s.SentAgain})
    def post(self, request: Request, pk: int, delivery: int) -> Response:
        rows = endpoint_of(request, pk).deliveries.select_related("event", "endpoint")
        row = endpoints.send_again(delivery=get_object_or_404(rows, pk=delivery), by=user_of(request))
        return Response(s.SentAgain(row).data, status=202)


def endpoint_of(request: Request, pk: int) -> Endpoint:
    """One that the user may change; raises Http404."""
    return get_object_or_404(Endpoint.objects.letting(user_of(request)).with_owner(), pk=pk)


def owner_of(request: Request, *, venue: str, jam: str) -> dict[str, Any]:
    """Raises Invalid, Http404, NotYours."""
    if bool(venue) == bool(jam):
        raise Invalid(fields={"venue": [_("Say either the venue or the jam.")]})
    rows: Any = Jam.objects.visible_to(request.user).select_related("venue") if jam else Venue.objects.all()
    owner = get_object_or_404(rows, slug=jam or venue)
    if not Endpoint(**{"jam" if jam else "venue": owner}).lets(request.user):
        raise NotYours
    return {"jam" if jam else "venue": owner}
