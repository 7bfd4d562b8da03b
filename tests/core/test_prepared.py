"""Statements as Django writes them, on PostgreSQL's own placeholders: apps/core/prepared.py."""

import pytest

from apps.core.prepared import prepared_cursor

pytestmark = pytest.mark.django_db

BEGINS_AS_TYPED = "SELECT 'ab' LIKE 'a%'"
NAMED = "SELECT %(one)s + %(two)s * %(one)s, '%%'"


@pytest.mark.parametrize(
    ("statement", "params", "row"),
    [
        ("SELECT 1", None, (1,)),
        (BEGINS_AS_TYPED, None, (1,)),
        (BEGINS_AS_TYPED.replace("%", "%%"), [], (1,)),
        ("SELECT '%%s', %s + 1", [2], ("%s", 3)),
        ("SELECT %s || %s, %s + 0", ("%s", "%(one)s %%", 3), ("%s%(one)s %%", 3)),
        (NAMED, {"one": 2, "two": 3, "more": 4}, (8, "%")),
        ("SELECT 1 WHERE CAST(%s AS integer) IS NULL", [None], (1,)),
    ],
)
def test_values_stand_in_their_places_however_they_are_given(statement, params, row):
    with prepared_cursor() as cursor:
        for _again in range(2):
            cursor.execute(statement, params)
            assert cursor.fetchone() == row
