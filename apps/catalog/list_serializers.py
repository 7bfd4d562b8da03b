"""A venue's song list as the API shows and takes it."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.catalog.cells import HEADINGS
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.song_lists import NEAR
from apps.catalog.validators import LONGEST_LIST_URL
from apps.core.strict import Strict

COUNTS = ("rows", "same", *ListDifference.Kind.values, "rejected", "repeated")
APPLIED = (*(kind for kind in ListDifference.Kind.values if kind != "ask"), "passed")


class CountsField(serializers.Field[Any, Any, Any, Any]):
    """Each number, also where it is none."""

    def __init__(self, names: tuple[str, ...], **options: Any) -> None:
        self.names = names
        super().__init__(read_only=True, **options)

    def to_representation(self, value: dict[str, int]) -> dict[str, int]:
        return {name: value.get(name, 0) for name in self.names}


class ProblemOutput(serializers.Serializer):
    line = serializers.IntegerField(help_text="Of the CSV file; of JSON the number of the entry.")
    outcome = serializers.CharField()
    column = serializers.CharField()
    value = serializers.CharField()
    reason = serializers.CharField()
