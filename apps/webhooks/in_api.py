"""What comes in, and the inboxes where it comes in."""

from typing import Any

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.permissions import TokenMay
from apps.catalog.models import Venue
from apps.core.api import Empty, valid
from apps.webhooks import inboxes, said, signatures
from apps.webhooks import serializers as s
from apps.webhooks.api import SCOPE, Paged
from apps.webhooks.errors import BodyTooLarge
from apps.webhooks.models import Inbox, Received


@extend_schema(exclude=True)  # signed byte by byte: docs/webhooks.md
class Inbound(APIView):
    """An event, signed as Standard Webhooks says. 202: it is written down and will be done; said again, it is the same
    answer. How it went, the inbox tells."""

    permission_classes = (TokenMay,)
    says_nothing_twice = True  # by its own id

    def post(self, request: Request, key: str) -> Response:
        body = request._request.body
        if len(body) > settings.WEBHOOK_IN_BYTES:
            raise BodyTooLarge(settings.WEBHOOK_IN_BYTES)
        inbox = Inbox.objects.filter(key=key).first()
        if inbox is None:
            raise Http404
        event = signatures.verify(inbox.keys(), headers_of(request), body)
        inboxes.accept(inbox=inbox, event=event, said=said.read(body), body=body)
        return Response({"id": event}, status=202)


def headers_of(request: Request) -> dict[str, str]:
    return {name: request.headers.get(name, "") for name in (signatures.ID, signatures.TIMESTAMP, signatures.SIGNATURE)}


@extend_schema(tags=["webhooks"])
class Inboxes(Paged):
    """Of the venues that one manages, or of one of them."""

    queryset = Inbox.objects.none()
    serializer_class = s.InboxOutput

    @extend_schema(operation_id="webhooks_inboxes_list", parameters=[s.InboxQuery], responses=s.InboxOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = Inbox.objects.letting(user_of(request)).order_by("pk")
        if slug := request.query_params.get("venue"):
            rows = rows.filter(venue__slug=slug)
        return self.paged(rows, s.InboxOutput)

    @extend_schema(request=s.InboxInput, responses={201: s.NewInbox})
    def post(self, request: Request) -> Response:
        """What comes in is done as whoever makes it."""
        wanted = valid(s.InboxInput, request)
        venue = get_object_or_404(Venue, slug=wanted["venue"])
        inbox, secret = inboxes.add_inbox(venue=venue, by=user_of(request), name=wanted["name"])
        inbox.secret = secret  # for this answer
        headers = {"Location": f"/api/v1/webhooks/inboxes/{inbox.pk}"}
        return Response(s.NewInbox(inbox).data, status=201, headers=headers)


@extend_schema(tags=["webhooks"])
class InboxDetail(APIView):
    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(responses=s.InboxOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(s.InboxOutput(inbox_of(request, pk)).data)

    @extend_schema(request=s.InboxChange, responses=s.InboxOutput)
    def patch(self, request: Request, pk: int) -> Response:
        inbox, wanted = inbox_of(request, pk), valid(s.InboxChange, request)
        return Response(s.InboxOutput(inboxes.change_inbox(inbox=inbox, by=user_of(request), **wanted)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        inboxes.delete_inbox(inbox=inbox_of(request, pk), by=user_of(request))
        return Empty()


@extend_schema(tags=["webhooks"])
class InboxRotate(APIView):
    """A new secret. For `hours` the old one is taken too; what comes in is done as whoever asks for it."""

    permission_classes = (TokenMay, IsAuthenticated)
    scope = SCOPE

    @extend_schema(request=s.RotationInput, responses=s.NewSecret)
    def post(self, request: Request, pk: int) -> Response:
        inbox, wanted = inbox_of(request, pk), valid(s.RotationInput, request)
        secret = inboxes.rotate_inbox(inbox=inbox, by=user_of(request), **wanted)
        until = inbox_of(request, pk).old_secret_until
        return Response(s.NewSecret({"secret": secret, "old_secret_until": until}).data)


@extend_schema(tags=["webhooks"])
class InboxEvents(Paged):
    """What came in and what became of it, the last first."""

    queryset = Received.objects.none()
    serializer_class = s.ReceivedOutput

    @extend_schema(operation_id="webhooks_inboxes_events_list", responses=s.ReceivedOutput(many=True))
    def get(self, request: Request, pk: int) -> Response:
        return self.paged(inbox_of(request, pk).received.log(), s.ReceivedOutput)


def inbox_of(request: Request, pk: int) -> Any:
    """One of a venue that the user manages; raises Http404."""
    return get_object_or_404(Inbox.objects.letting(user_of(request)), pk=pk)
