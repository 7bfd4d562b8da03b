"""Being remembered at a venue, over HTTP."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.permissions import TokenMay
from apps.core.api import Empty
from apps.jams.auth import BY_ATTENDEE, attendee_of, jam_of
from apps.jams.performers import forget_performer, remember_performer
from apps.jams.serializers import NewPerformer


class MyPerformer(APIView):
    """“Remember me here”: join the venue's next jams with the token, under your name and with what you play. It is not
    shown again; who asks twice gets a new one. DELETE: forgotten at once."""

    permission_classes = (TokenMay,)

    @extend_schema(auth=BY_ATTENDEE, request=None, responses={201: NewPerformer})
    def post(self, request: Request, slug: str) -> Response:
        performer, token = remember_performer(attendee=attendee_of(request, jam_of(request, slug)))
        shown = {"name": performer.name, "instruments": performer.instruments, "token": token}
        return Response(shown, status=201)

    @extend_schema(auth=BY_ATTENDEE, responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        attendee = attendee_of(request, jam_of(request, slug))
        if attendee.performer:
            forget_performer(performer=attendee.performer)
        return Empty()
