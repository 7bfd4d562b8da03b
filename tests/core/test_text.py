"""What people type, made comparable and presentable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.text import CODE_LETTERS, clean, fold, new_code

TEXT = st.text(st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Beyoncé  &  Co.", "beyonce and co"),
        ("ＡＢＢＡ", "abba"),
        ("Straße", "strasse"),
        ("Don't Stop", "dont stop"),
        ("Don’t Stop", "dont stop"),
        ("AC/DC", "ac dc"),
        ("Motörhead", "motorhead"),
        ("snake_case", "snake case"),
        ("!!!", "!!!"),
        ("🎸", "🎸"),
        ("سام", "سام"),
        ("İstanbul", "istanbul"),
        ("Sam\u200b\u202e", "sam"),
        ("", ""),
    ],
)
def test_spellings_of_one_thing_are_equal(text, folded):
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  a \t\n b  ", "a b"),
        ("a\u00a0\u2003b", "a b"),
        ("\u202eabc\u202c", "abc"),
        ("a\x00b\x1b", "ab"),
        ("e\u0301", "é"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("\ud800", ""),
        ("\ue000", ""),
        ("\u200d\u200c", ""),
        ("\u3164\u115f\u2800", ""),
        ("\u0301\ufe0f", ""),
        ("a\u3164b", "ab"),
        ("\U0001fae9", "\U0001fae9"),  # newer than this Python's tables
    ],
)
def test_a_line_is_kept_without_what_cannot_be_seen(text, kept):
    assert clean(text) == kept


@given(TEXT)
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@given(TEXT)
def test_a_clean_line_has_no_control_characters_and_can_be_stored(text):
    line = clean(text)

    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co"} for c in line)
    assert line == line.strip()
    assert "\n" not in line
    line.encode()


@given(TEXT)
def test_what_shows_something_never_folds_to_nothing(text):
    assert bool(fold(clean(text))) == bool(clean(text))


def test_codes_are_random():
    codes = {new_code() for _ in range(200)}

    assert len(codes) == 200
    assert set("".join(codes)) <= set(CODE_LETTERS)
