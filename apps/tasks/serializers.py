"""What the API says of tasks."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.tasks.models import Task


class TaskOutput(serializers.ModelSerializer):
    result = serializers.DictField(allow_null=True, help_text="What came of it; by task.")
    progress = serializers.SerializerMethodField(help_text="`done` of `of`; null while nothing is known of it.")

    class Meta:
        model = Task
        fields = (
            "id",
            "name",
            "about",
            "state",
            "progress",
            "attempts",
            "result",
            "error",
            "due_at",
            "created_at",
            "started_at",
            "ended_at",
        )

    @extend_schema_field(
        {
            "type": ["object", "null"],
            "properties": {"done": {"type": "integer"}, "of": {"type": "integer"}},
            "required": ["done", "of"],
        }
    )
    def get_progress(self, task: Task) -> dict[str, Any] | None:
        return {"done": task.done, "of": task.of} if task.of else None
