"""Set lists over HTTP: a plan, and taking it over."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.models import ApiToken
from apps.core.api import valid
from apps.core.formats import LONGEST_TITLE, MOST_BYTES, cut, fitting
from apps.jams.auth import hosted_jam
from apps.jams.models import Jam
from apps.stage.planning.plans import Plan, Reason
from apps.stage.serializers import PlanInput, PlanOutput, PlanQuery
from apps.stage.setlist import plan_of, queue_planned


class SetList(APIView):
    """What is queued, then the open songs as the algorithm orders them, with the time that each can be expected and
    why it stands there. POST queues the next `count` of them. For hosts."""

    scope = ApiToken.Scope.JAMS

    @extend_schema(parameters=[PlanQuery], responses=PlanOutput)
    def get(self, request: Request, slug: str) -> Response:
        jam, query = hosted_jam(request, slug), PlanQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        return Response(output(jam, **query.validated_data))

    @extend_schema(request=PlanInput, responses=PlanOutput)
    def post(self, request: Request, slug: str) -> Response:
        jam, wanted = hosted_jam(request, slug), valid(PlanInput, request)
        queue_planned(jam=jam, host=user_of(request), **wanted)
        wanted.pop("count")
        return Response(output(jam, **wanted))


def output(jam: Jam, *, algorithm: str, playable_only: bool) -> dict[str, Any]:
    plan = plan_of(jam, algorithm=algorithm, playable_only=playable_only)
    titles = titles_of(jam, plan)
    songs = [
        {
            "id": entry.song,
            "title": titles[entry.song],
            "starts_at": entry.starts.isoformat(timespec="seconds"),
            "seconds": entry.seconds,
            "timed": entry.timed,
            "reasons": [said(reason) for reason in entry.reasons],
        }
        for entry in plan.entries
    ]
    left_out = [{"id": one.song, "title": titles[one.song], "reason": said(one.reason)} for one in plan.left_out]
    return {
        "algorithm": algorithm,
        "songs": fitting(songs, MOST_BYTES * 2 // 3),
        "left_out": fitting(left_out, MOST_BYTES // 3),
    }


def said(reason: Reason) -> dict[str, Any]:
    """Sets have no place in JSON, and no order."""
    params = {
        name: sorted(value) if isinstance(value, set | frozenset) else value for name, value in reason.params.items()
    }
    return {"code": reason.code, "params": params}


def titles_of(jam: Jam, plan: Plan) -> dict[int, str]:
    ids = [*plan.songs, *(one.song for one in plan.left_out)]
    return {
        pk: cut(title, LONGEST_TITLE) for pk, title in jam.songs.filter(pk__in=ids).values_list("pk", "song__title")
    }
