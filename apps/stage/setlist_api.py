"""Set lists over HTTP: a plan, taking it over, and having the queue arranged."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.core.api import valid
from apps.jams.auth import hosted_jam
from apps.jams.models import Jam, JamSong
from apps.stage.serializers import ArrangeInput, ChangedPlan, PlanInput, PlanOutput, PlanQuery
from apps.stage.setlist import arrange, is_long, queue_planned
from apps.stage.shown import set_list_of
from apps.stage.tasks import arrange_set_list, plan_set_list, put_off
from apps.tasks.api import queued
from apps.tasks.serializers import TaskOutput


class SetList(APIView):
    """What is queued, then the open songs as the algorithm orders them, with the time that each can be expected and
    why it stands there. POST queues the next `count` of them, or as many as fit into the night. For hosts."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(parameters=[PlanQuery], responses=PlanOutput)
    def get(self, request: Request, slug: str) -> Response:
        jam, query = hosted_jam(request, slug), PlanQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Response(set_list_of(jam, **query.validated_data))

    @extend_schema(request=PlanInput, responses={200: ChangedPlan, 202: TaskOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(PlanInput, request)
        if is_long(jam):
            return queued(put_off(plan_set_list, jam=jam, host=user_of(request), **wanted))
        songs = queue_planned(jam=jam, host=user_of(request), **wanted)
        wanted.pop("count")
        return changed(jam, songs, **wanted)


class ArrangeSetList(APIView):
    """Puts the queue in the order of the algorithm; locked songs keep their places. For hosts."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(request=ArrangeInput, responses={200: ChangedPlan, 202: TaskOutput})
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(ArrangeInput, request)
        if is_long(jam):
            return queued(put_off(arrange_set_list, jam=jam, host=user_of(request), **wanted))
        return changed(jam, arrange(jam=jam, host=user_of(request), **wanted), **wanted)


def changed(jam: Jam, songs: list[JamSong], **wanted: Any) -> Response:
    return Response({**set_list_of(jam, **wanted), "changed": [song.pk for song in songs]})
