"""What bodies may hold: the fields that are described, of the kinds that are described."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

# What JSON calls them; a field of the framework would also take "1" for 1, and 0 for false.
KINDS: dict[type[serializers.Field], type] = {
    serializers.BooleanField: bool,
    serializers.CharField: str,
    serializers.IntegerField: int,
    serializers.PrimaryKeyRelatedField: int,
    serializers.SlugRelatedField: str,
}


class Strict(serializers.Serializer):
    """Refuses fields that it does not know, and values of another kind than the description says: what is mistyped or
    foreign is told of, not dropped or guessed at in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name: field for name, field in self.fields.items() if not field.read_only}
            if unknown := sorted(set(data) - set(known)):
                raise serializers.ValidationError({name: [_("This cannot be set.")] for name in unknown})
            if mistyped := [name for name, field in known.items() if name in data and not fits(field, data[name])]:
                raise serializers.ValidationError({name: [_("This is of another kind.")] for name in mistyped})
        return super().to_internal_value(data)


def fits(field: Any, value: Any) -> bool:
    """Of null, and of what is no list, the field itself speaks."""
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return all(fits(field.child, one) for one in value)
    kinds = [kind for of, kind in KINDS.items() if isinstance(field, of)]
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows no difference between 1 and 1.0
    return value is None or not kinds or type(value) in kinds
