"""Background work over HTTP: how far it is, why it failed, once more."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.auth import user_of
from apps.accounts.permissions import TokenMay
from apps.tasks.filters import TaskFilter
from apps.tasks.models import Task
from apps.tasks.operations import run_again
from apps.tasks.serializers import TaskOutput


def queued(task: Task) -> Response:
    """202: what was asked for is done in the background, and there it says how far it is."""
    return Response(TaskOutput(task).data, status=202, headers={"Location": f"/api/v1/tasks/{task.pk}"})


@extend_schema(tags=["tasks"])
class Tasks(GenericAPIView):
    """What one asked for, the newest first; staff see all."""

    permission_classes = (TokenMay, IsAuthenticated)
    serializer_class = TaskOutput
    filterset_class = TaskFilter

    def get_queryset(self) -> QuerySet[Task]:
        return Task.objects.seen_by(self.request.user).order_by("-pk")

    @extend_schema(operation_id="tasks_list", responses=TaskOutput(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(TaskOutput(page, many=True).data)


@extend_schema(tags=["tasks"])
class TaskDetail(APIView):
    """For who asked, and for staff."""

    permission_classes = (TokenMay, IsAuthenticated)

    @extend_schema(responses=TaskOutput)
    def get(self, request: Request, pk: int) -> Response:
        return Response(TaskOutput(task_of(request, pk)).data)


@extend_schema(tags=["tasks"])
class RunTaskAgain(APIView):
    """A task that has failed is queued once more. By session: a token's scopes say nothing of what another began."""

    permission_classes = (TokenMay, IsAuthenticated)

    @extend_schema(request=None, responses={202: TaskOutput})
    def post(self, request: Request, pk: int) -> Response:
        return queued(run_again(task=task_of(request, pk), by=user_of(request)))


def task_of(request: Request, pk: int) -> Task:
    return get_object_or_404(Task.objects.seen_by(request.user), pk=pk)
