"""A venue's song list as the API shows and takes it."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.cells import HEADINGS
from apps.catalog.list_models import ListDifference, SongList
from apps.catalog.music import format_parts
from apps.catalog.song_lists import NEAR
from apps.catalog.validators import LONGEST_LIST_URL
from apps.core.formats import LONGEST_TITLE, cut
from apps.core.strict import Strict


class ProblemOutput(serializers.Serializer):
    line = serializers.IntegerField(help_text="Of the CSV file; of JSON the number of the entry.")
    outcome = serializers.CharField()
    column = serializers.CharField()
    value = serializers.CharField()
    reason = serializers.CharField()


class SongListOutput(serializers.ModelSerializer[SongList]):
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many `rows` the list has, how many are the `same`, and how many of each kind of change.",
    )
    problems = serializers.SerializerMethodField(help_text="What was said of its rows: the first 50.")
    error = serializers.CharField(
        source="said", help_text="Why it could not be fetched or read; empty: nothing is wrong."
    )
    digest = serializers.CharField(source="shown", help_text="Of what it changes: `apply` asks for it.")
    applied = serializers.DictField(child=serializers.IntegerField(), help_text="What was done the last time, by kind.")

    class Meta:
        model = SongList
        fields: ClassVar[list[str]] = [
            "url", "schedule", "by_itself", "near", "update", "mapping", "format", "fetched_at", "next_at", "error",
            "failed_at", "state", "digest", "counts", "problems", "compared_at", "applied", "applied_at",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "url": {"help_text": "Empty: the venue has none."},
            "by_itself": {"help_text": "true: what the clock finds is applied, unless too many songs would go."},
            "near": {"help_text": "What is done with rows that may be a song under another name."},
            "update": {"help_text": "true: facts of songs that all venues share are changed too. For staff."},
            "mapping": {"help_text": "What columns are whose headings do not say it."},
            "state": {"help_text": "Empty: not compared yet. `ready`: it differs. `done`: it is as the library."},
        }

    @extend_schema_field(ProblemOutput(many=True))
    def get_problems(self, row: SongList) -> list[dict[str, Any]]:
        names = ("line", "outcome", "column", "value", "reason")
        return [dict(zip(names, problem, strict=True)) for problem in row.problems]


class SongListInput(Strict):
    url = serializers.CharField(max_length=LONGEST_LIST_URL, allow_blank=True, help_text="https://; empty: no list.")
    schedule = serializers.ChoiceField(SongList.Schedule.choices, default=SongList.Schedule.DAILY)
    by_itself = serializers.BooleanField(default=False)
    near = serializers.ChoiceField([(one.value, one.label) for one in NEAR], default="ask")
    # A method of the framework's is called so too; it keeps fields elsewhere.
    update = serializers.BooleanField(default=False)  # type: ignore[assignment]
    mapping = serializers.DictField(
        child=serializers.ChoiceField([*HEADINGS], allow_blank=True), default=dict,
        help_text="By the headings of the list; an empty text leaves a column out.",
    )  # fmt: skip


class ApplyInput(Strict):
    digest = serializers.CharField(max_length=64, help_text="Of what was looked at.")


class FieldOutput(serializers.Serializer):
    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class DifferenceOutput(serializers.Serializer):
    id = serializers.IntegerField()
    line = serializers.IntegerField(help_text="Of the CSV file; of JSON the number of the entry; 0: it has none.")
    kind = serializers.ChoiceField(ListDifference.Kind.choices)
    title = serializers.CharField()
    artist = serializers.CharField()
    song = serializers.IntegerField(allow_null=True, help_text="Which it is, or with `ask` may be.")
    answer = serializers.CharField(help_text="Of `ask`: `new`, `known`, or empty.")
    changes = FieldOutput(many=True, help_text="What is otherwise, as texts.")


def difference_output(one: ListDifference) -> dict[str, Any]:
    names = {name: cut(getattr(one, name), LONGEST_TITLE) for name in ("title", "artist")}
    of = {"id": one.pk, "line": one.line, "kind": one.kind, **names, "song": one.song_id, "answer": one.answer}
    return {**of, "changes": changes_of(one, LONGEST_TITLE)}


def text_of(name: str, value: Any) -> str:
    """As a cell of CSV has it."""
    if name == "parts":
        return format_parts(value)
    return "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def changes_of(one: ListDifference, longest: int | None = None) -> list[dict[str, str]]:
    return [
        {"name": name, "before": cut(text_of(name, before), longest), "after": cut(text_of(name, after), longest)}
        for name, (before, after) in one.fields.items()
    ]
