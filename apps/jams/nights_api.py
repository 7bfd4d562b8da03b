"""Recurring nights over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.core.api import Empty, valid
from apps.jams import nights, serializers
from apps.jams.auth import hosted_jam
from apps.jams.models import Jam, Recurrence

SHOWN = 5


class JamRecurrence(APIView):
    """PUT makes the jam the template of nights to come: settings, hosts and the hosts' songs. DELETE ends that; nights
    that were made stay."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(responses=serializers.RecurrenceOutput)
    def get(self, request: Request, slug: str) -> Response:
        return Response(output(hosted_jam(request, slug)))

    @extend_schema(request=serializers.RecurrenceInput, responses=serializers.RecurrenceOutput)
    def put(self, request: Request, slug: str) -> Response:
        jam = hosted_jam(request, slug)
        nights.repeat_jam(jam=jam, host=user_of(request), **valid(serializers.RecurrenceInput, request))
        return Response(output(jam))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        nights.end_repeating(jam=hosted_jam(request, slug), host=user_of(request))
        return Empty()


def output(jam: Jam) -> Any:
    recurrence = Recurrence.objects.filter(jam=jam).select_related("jam__venue").first()
    if recurrence is None:
        return {"rule": "", "until": None, "opens": False, "next": []}
    following = [at.isoformat() for at in nights.next_dates(recurrence, SHOWN)]
    return {"rule": recurrence.rule, "until": recurrence.until, "opens": recurrence.opens, "next": following}
