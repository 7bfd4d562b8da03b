"""People in the room over HTTP: somebody without a phone, and who is away. Joining: apps/jams/api.py."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.accounts.permissions import TokenMay
from apps.core.api import valid
from apps.jams.auth import BY_ATTENDEE, attendee_of, hosted_jam, jam_of
from apps.jams.models import Attendee, Jam
from apps.jams.people import add_person, set_away, set_away_for
from apps.jams.serializers import AttendeeOutput, PersonInput


class People(APIView):
    """A host adds somebody without a phone, whatever the door says. Hosts vote and sign up for them."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=PersonInput, responses={201: AttendeeOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        person = add_person(jam=jam, host=user_of(request), **valid(PersonInput, request))
        return Response(AttendeeOutput(person).data, status=201)


class MyAbsence(APIView):
    """PUT: I am away for a while, and keep my places. DELETE: I am back. Both may be said again."""

    permission_classes = (TokenMay,)

    @extend_schema(auth=BY_ATTENDEE, request=None, responses=AttendeeOutput)
    def put(self, request: Request, slug: str) -> Response:
        return self.answer(request, slug, away=True)

    @extend_schema(auth=BY_ATTENDEE, request=None, responses={200: AttendeeOutput})
    def delete(self, request: Request, slug: str) -> Response:
        return self.answer(request, slug, away=False)

    def answer(self, request: Request, slug: str, *, away: bool) -> Response:
        attendee = attendee_of(request, jam_of(request, slug))
        return Response(AttendeeOutput(set_away(attendee=attendee, away=away)).data)


class Absence(APIView):
    """A host says that somebody is away, or back."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=None, responses=AttendeeOutput)
    def put(self, request: Request, slug: str, pk: int) -> Response:
        return self.answer(request, slug, pk, away=True)

    @extend_schema(request=None, responses={200: AttendeeOutput})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        return self.answer(request, slug, pk, away=False)

    def answer(self, request: Request, slug: str, pk: int, *, away: bool) -> Response:
        person = person_of(hosted_jam(request, slug), pk)
        return Response(AttendeeOutput(set_away_for(attendee=person, away=away, host=user_of(request))).data)


def person_of(jam: Jam, pk: int) -> Any:
    """An attendee of this jam, with it; raises Http404."""
    return get_object_or_404(Attendee.objects.select_related("jam"), jam=jam, pk=pk)
