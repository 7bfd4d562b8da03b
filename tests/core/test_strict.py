import pytest
from rest_framework import serializers

from apps.core.strict import Strict


class Guitar(Strict):
    strings = serializers.IntegerField(required=False, allow_null=True)
    acoustic: object = serializers.BooleanField(required=False)
    maker = serializers.CharField(required=False)
    tuning = serializers.ListField(child=serializers.CharField(), required=False)


@pytest.mark.parametrize("body", [
    {"strings": 6, "acoustic": True, "maker": "Ramírez", "tuning": ["E", "A"]}, {"strings": None}, {"strings": 12.0},
])  # fmt: skip
def test_values_of_the_kind_that_is_described_are_taken(body):
    assert Guitar(data=body).is_valid()


@pytest.mark.parametrize("body", [
    {"strings": "6"}, {"strings": True}, {"strings": 6.5}, {"acoustic": 0}, {"acoustic": "true"}, {"maker": 7},
    {"tuning": ["E", 1]}, {"tuning": "E"}, {"frets": 20},
])  # fmt: skip
def test_others_are_told_of_by_name(body):
    guitar = Guitar(data=body)

    assert not guitar.is_valid()
    assert set(guitar.errors) == set(body)
