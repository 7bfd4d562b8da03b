"""The door, the hosts and the links that let somebody in, over HTTP."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.core.api import Empty, valid
from apps.jams import invitations, serializers
from apps.jams.api import output
from apps.jams.auth import hosted_jam
from apps.jams.door import door_of, set_door
from apps.jams.errors import NotAHost
from apps.jams.models import Invitation, Jam, JamHost


class JamDoor(APIView):
    """How the door stands, and the room code where one is needed: for hosts and for screens that a link has opened."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses=serializers.Door)
    def get(self, request: Request, slug: str) -> Response:
        jam = get_object_or_404(Jam.objects.visible_to(request.user).with_door(), slug=slug)
        if not invitations.sees_door(request.user, request.COOKIES, jam):
            raise NotAHost
        return Response(door_of(jam))

    @extend_schema(request=serializers.DoorInput, responses=serializers.Door)
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        set_door(jam=jam, host=user_of(request), **valid(serializers.DoorInput, request))
        return Response(door_of(jam))


class JamHosts(GenericAPIView):
    """Who runs the jam: for its hosts. Managers of the venue may too, and are not listed."""

    queryset = JamHost.objects.none()  # the browsable API asks for one
    serializer_class = serializers.HostOutput
    filter_backends = ()

    @extend_schema(operation_id="jam_hosts_list", responses=serializers.HostOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        hosts = JamHost.objects.filter(jam=hosted_jam(request, slug)).select_related("user").order_by("pk")
        page = self.paginate_queryset(hosts)
        return self.get_paginated_response(serializers.HostOutput(page, many=True).data)


class JamHostDetail(APIView):
    """The owner takes a co-host off; a co-host may go by themselves."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        jam_host = get_object_or_404(JamHost, jam=hosted_jam(request, slug), pk=pk)
        invitations.remove_host(jam_host=jam_host, by=user_of(request))
        return Empty()


class Invitations(GenericAPIView):
    """Links that are out. POST makes one: `co_host` holds for some days and once, `display` until it is taken back."""

    scope = ApiToken.Scope.JAMS
    queryset = Invitation.objects.none()
    serializer_class = serializers.InvitationOutput
    filter_backends = ()

    @extend_schema(operation_id="jam_invitations_list", responses=serializers.InvitationOutput(many=True))
    def get(self, request: Request, slug: str) -> Response:
        page = self.paginate_queryset(hosted_jam(request, slug).invitations.out())
        return self.get_paginated_response(serializers.InvitationOutput(page, many=True).data)

    @extend_schema(request=serializers.InvitationInput, responses={201: serializers.NewInvitation})
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(serializers.InvitationInput, request)
        invitation, token = invitations.invite(jam=jam, host=user_of(request), **wanted)
        body = serializers.InvitationOutput(invitation).data
        return Response({**body, "url": invitations.address_of(invitation, token), "token": token}, status=201)


class InvitationDetail(APIView):
    """Takes a link back: it opens nothing any more."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        invitation = get_object_or_404(Invitation, jam=hosted_jam(request, slug), pk=pk)
        invitations.take_back(invitation=invitation, host=user_of(request))
        return Empty()


class AcceptInvitation(APIView):
    """Whoever is logged in becomes a co-host. 404 `invitation_gone`: used up, taken back or too old."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=serializers.AcceptInput, responses=serializers.JamOutput)
    def post(self, request: Request) -> Response:
        jam = invitations.accept(user=user_of(request), **valid(serializers.AcceptInput, request))
        return Response(output(jam))
