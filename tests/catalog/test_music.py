import pytest

from apps.catalog import music


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("", ""),
        ("C", "C"),
        ("c", "C"),
        ("CM", "C"),
        ("Cm", "Cm"),
        ("Cmaj", "C"),
        ("C major", "C"),
        ("Emin", "Em"),
        ("A-", "Am"),
        ("Ebm", "E♭m"),
        ("E♭m", "E♭m"),
        ("E flat minor", "E♭m"),
        ("e-flat-minor", "E♭m"),
        ("bb", "B♭"),
        ("F#m", "F♯m"),
        ("F sharp minor", "F♯m"),
        (" G♯ m ", "G♯m"),
        ("kurd", "Kurd"),
    ],
)
def test_a_key_has_one_spelling(written, key):
    assert music.parse_key(written) == key


@pytest.mark.parametrize("written", ["H", "Hm", "Cmm", "C7", "major", "♭", "C♭♭", "8A", "Em7", "👍", "C" * 10_000])
def test_what_is_no_key_is_refused(written):
    with pytest.raises(ValueError, match="is not a key"):
        music.parse_key(written)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("3:42", 222), ("0:05", 5), ("59:05", 3545), ("1:02:03", 3723), ("222", 222), ("222.0", 222)],
)
def test_a_length_is_in_seconds(written, seconds):
    assert music.parse_duration(written) == seconds


@pytest.mark.parametrize("written", ["0", "7201", "2:00:01", "121:00", "0:00"])
def test_a_length_out_of_range_is_refused(written):
    with pytest.raises(ValueError, match="between one second and two hours"):
        music.parse_duration(written)


@pytest.mark.parametrize("written", ["", "3:72", "3m42", "-5", "3:4", "nan", "inf", "1e9", "9" * 10_000])
def test_what_is_no_length_is_refused(written):
    with pytest.raises(ValueError, match="is not a length"):
        music.parse_duration(written)


def test_a_length_is_shown_in_minutes():
    assert [music.format_duration(seconds) for seconds in (5, 222, 3545)] == ["0:05", "3:42", "59:05"]


def test_tags_are_small_and_stand_once():
    assert music.parse_tags("Soul; 70s ,soul|  ") == ["soul", "70s"]


@pytest.mark.parametrize("tags", [["a;b"], ["a,b"], ["x" * 41], [str(number) for number in range(21)]])
def test_odd_tags_are_refused(tags):
    with pytest.raises(ValueError, match="tag"):
        music.tidy_tags(tags)


def test_a_line_up_says_how_many_and_what_may_be_missing():
    assert music.parse_parts("Vocals; guitar:2 ;trumpet?;tambourine*;violin:3?") == [
        {"instrument": "vocals", "count": 1, "required": True},
        {"instrument": "guitar", "count": 2, "required": True},
        {"instrument": "trumpet", "count": 1, "required": False},
        {"instrument": "tambourine", "count": 1, "required": False},
        {"instrument": "violin", "count": 3, "required": False},
    ]


def test_a_line_up_is_written_as_it_is_read():
    text = "vocals;guitar:2;trumpet?;violin:3?"

    assert music.format_parts(music.parse_parts(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "guitar:x",
        "guitar:0",
        "guitar:10",
        "guitar;Guitar",
        "?",
        ":2",
        "g" * 31,
        ";".join(f"i{number}" for number in range(13)),
        f"guitar:{'9' * 5000}",
    ],
)
def test_an_odd_line_up_is_refused(text):
    with pytest.raises(ValueError, match=" "):
        music.parse_parts(text)
