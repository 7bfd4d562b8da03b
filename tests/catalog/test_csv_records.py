import io

import pytest

from apps.catalog.cells import column_of
from apps.catalog.csv_records import MAX_LINE, MAX_LINES, read_records
from apps.catalog.errors import Unreadable

HEADER = "title,artist\n"


def records(content):
    content = content if isinstance(content, bytes) else content.encode()
    return list(read_records(io.BytesIO(content), is_heading=lambda heading: column_of(heading) is not None))


def fields(content):
    return [record.fields for record in records(content)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_of_the_header(delimiter):
    other = "," if delimiter == ";" else ";"

    assert fields(f"Title{delimiter}Artist\nCreep{delimiter}Radio{other}head") == [
        ["Title", "Artist"],
        ["Creep", f"Radio{other}head"],
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_any_end_of_line_and_a_byte_order_mark_are_fine(end, mark):
    assert fields(mark + end.join(["title,artist", "Creep,Radiohead"])) == [["title", "artist"], ["Creep", "Radiohead"]]


def test_quotes_hold_delimiters_quotes_and_lines():
    assert fields(HEADER + '"A, ""B""\nC",D\nE,F\n')[1:] == [['A, "B"\nC', "D"], ["E", "F"]]


def test_a_record_has_the_number_of_its_first_line():
    found = records("\n\ntitle,artist\n\n'A',B\n\"C\nD\",E\nF,G\n")

    assert [(record.line, record.fields[0]) for record in found if record.fields] == [
        (3, "title"),
        (5, "'A'"),
        (6, "C\nD"),
        (8, "F"),
    ]


def test_an_open_quote_costs_one_line_and_not_the_rest():
    rest = [f"Song {number},Artist" for number in range(MAX_LINES * 3)]
    content = HEADER + '"Open,Artist\n' + "\n".join(rest) + "\n"

    found = records(content)

    assert (found[1].line, found[1].fault) == (2, "opens a quote that is not closed")
    assert [",".join(record.fields) for record in found[2:]] == rest
    assert found[-1].line == 2 + len(rest)


def test_an_open_quote_in_the_last_lines_costs_one_line():
    found = records(HEADER + 'A,B\n"Open,C\nD,E')

    assert [bool(record.fault) for record in found] == [False, False, True, False]
    assert found[-1].fields == ["D", "E"]


def test_two_open_quotes_cost_two_lines():
    found = records(HEADER + '"A,B\nC,D\nE,"F\nG,H\n')

    # The first quote is closed by the second, therefore only what follows is left over.
    assert [record.line for record in found] == [1, 2, 5]


def test_an_endless_line_is_cut_and_the_next_is_read():
    found = records(HEADER + "x" * (3 * MAX_LINE) + ",B\n" + '"' + "y" * (2 * MAX_LINE) + "\nC,D\n")

    assert [len(record.fields[0]) for record in found] == [5, MAX_LINE, MAX_LINE, 1]
    assert found[2].fault


def test_wrong_bytes_come_through_for_the_reader_to_refuse():
    assert fields(b"title,artist\nCaf\xe9,B\n")[1] == ["Caf\udce9", "B"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n \r\n\n", "empty"),
        (b"\n" * 100, "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("title,artist\nA,B".encode("utf-16"), "UTF-16"),
        ("title,artist\nA,B".encode("utf-16-be"), "not a CSV"),
        (b"PK\x03\x04\x14\x00", "not a CSV"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_to_do(content, message):
    with pytest.raises(Unreadable, match=message):
        records(content)


def test_the_file_stays_open_for_its_owner():
    file = io.BytesIO(HEADER.encode())

    list(read_records(file, is_heading=lambda heading: True))

    assert not file.closed
