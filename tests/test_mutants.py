"""What `./dev mutate` makes of code."""

import ast
from pathlib import Path

import pytest

from tests.mutants import mutants_of
from tests.mutation import explained

CODE = '''
SQL = "UPDATE songs SET votes = votes + 1 WHERE id = %s FOR NO KEY UPDATE"  # no vote comes in between

def left(votes: int, most: int | None = None) -> list[int]:
    """How many."""
    if most is None or votes > most:
        raise ValueError(_("Too many"))
    return sorted(my.objects.filter(a=1, b=True).order_by("pk"))
'''


def become(mutant):
    mutant.replace()
    return ast.unparse(ast.fix_missing_locations(mutant.tree))


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "votes.py"
    file.write_text(CODE)
    return file


def test_conditions_calls_and_statements_change_and_texts_for_people_do_not(file):
    changes = [mutant.change for mutant in mutants_of(file) if mutant.place == "left"]

    assert set(changes) == {
        "without most is None",
        "without votes > most",
        "most is None → most is not None",
        "votes > most → votes >= most",
        "raise ValueError(_('Too many')) → pass",
        "return sorted(my.objects.filter(a=1, b=True).order_by('pk')) → return None",
        "sorted(my.objects.filter(a=1, b=True).order_by('pk')) → list(my.objects.filter(a=1, b=True).order_by('pk'))",
        "without .order_by('pk')",
        "without .filter(a=1, b=True)",
        "without a=1",
        "1 → 2",
        "True → False",
        "'pk' → ''",
    }


def test_sql_changes_word_by_word(file):
    changes = [mutant.change for mutant in mutants_of(file) if mutant.place == "SQL"]

    assert changes == [
        "UPDATE songs SET votes ⟨= → <>⟩ votes + 1 WHERE id = %s",
        "tes = votes + 1 WHERE id ⟨= → <>⟩ %s FOR NO KEY UPDATE",
        "songs SET votes = votes ⟨+ → -⟩ 1 WHERE id = %s FOR NO K",
        "ongs SET votes = votes + ⟨1 → 2⟩ WHERE id = %s FOR NO KEY",
        "= votes + 1 WHERE id = %s⟨ FOR NO KEY UPDATE → ⟩",
        "gs SET votes = votes + 1 ⟨WHERE → WHERE true OR ⟩id = %s FOR NO KEY UPDATE",
    ]


def test_each_mutant_is_the_code_with_one_change(file):
    original = ast.unparse(ast.parse(CODE))

    mutated = [become(mutants_of(file)[number]) for number in range(len(mutants_of(file)))]

    assert original not in mutated
    assert len(set(mutated)) == len(mutated)


def test_what_is_explained_is_a_mutant_of_today():
    names = {str(mutant) for file in {name.split(": ")[0] for name in explained()} for mutant in mutants_of(Path(file))}

    assert explained() <= names
