"""Fields between commas, semicolons, tabs or bars."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakeoff.errors import DataError
from bakeoff.tables.formats.csv_file import CsvFile
from bakeoff.tables.reader import describe_format, open_table

CELL = st.text(st.sampled_from('ab ",;|\t\n\r1é'), max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12)


def read(path, columns):
    """The rows of a file, None for malformed ones."""
    rows = []
    for piece in CsvFile(path).chunks(columns, ()):
        batch = piece.read()
        cells = iter(list(zip(*(batch.table[name].to_pylist() for name in batch.table.column_names))))
        broken = {record.position for record in batch.malformed}
        rows += [None if at in broken else next(cells) for at in range(batch.n_rows)]
    return rows


@pytest.mark.parametrize("block", [16, 1 << 20])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_table_is_read_as_it_was_written_with_any_delimiter(tmp_path_factory, monkeypatch, delimiter, block):
    """Whatever its cells hold, the other delimiters and quotes too, wherever the blocks end."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", block)
    path = tmp_path_factory.mktemp("any") / "rows.csv"

    @given(TABLE)
    @example([['"', ";", ","]] * 9)
    def check(rows):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([["a", "b", "c"], *rows])
        path.write_text(text.getvalue(), newline="")
        assert list(map(tuple, rows)) == read(path, ["a", "b", "c"])

    check()


@pytest.mark.parametrize(
    ("name", "content", "delimiter", "names"),
    [
        ("rows.csv", "a,b\n1,2\n", ",", ["a", "b"]),
        ("rows.csv", "a;b\n1,5;2,5\n1,5;2\n", ";", ["a", "b"]),
        ("rows.csv", "a\tb\n1,5\t2\n", "\t", ["a", "b"]),
        ("rows.tsv", "a\tb\n1\t2\n", "\t", ["a", "b"]),
        ("rows.TSV", "a\tb, c\n1\t2, 3\n", "\t", ["a", "b, c"]),
        ("rows.tsv", "a,b\n1,2\n", ",", ["a", "b"]),
        ("rows.csv", "a|b\r\n1|2\r\n", "|", ["a", "b"]),
        ("rows.csv", "a;b", ";", ["a", "b"]),
        ("rows.csv", "\n\na;b\n1;2\n", ";", ["a", "b"]),
        ("rows.csv", '"a;b";"c\nd"\n"1,2";3\n', ";", ["a;b", "c\nd"]),
        ("rows.csv", "sep=;\r\na,b;c\r\n1,2;3\r\n", ";", ["a,b", "c"]),
        ("rows.csv", "name;city, state;y\nA;Bonn, NW;1\nB;Ulm, BW;2\n", ";", ["name", "city, state", "y"]),
        # As many fields by commas: the usual delimiter.
        ("rows.csv", "a;x,b;y\n1;2,3;4\n", ";", ["a", "x,b", "y"]),
        ("rows.csv", "a;x,b\n1;2,3\n", ",", ["a;x", "b"]),
        ("rows.csv", "a,b;x,c\n1,2,3\n", ",", ["a", "b;x", "c"]),
        # One malformed record, which a comma does not explain either; and records that are not as the header.
        ("rows.csv", "a;b\n1;2\n1;2;3\n4;5\n", ";", ["a", "b"]),
        ("rows.csv", "a;b\n1;2;3\n4;5;6\n", ";", ["a", "b"]),
        ("rows.csv", "a;b\n1,2\n3,4\n", ",", ["a;b"]),
        ("rows.csv", "a\n1;2\n", ",", ["a"]),
    ],
)
def test_the_delimiter_is_recognized(tmp_path, name, content, delimiter, names):
    """By header and first records; commas, or what the name promises, unless another one splits them better."""
    path = tmp_path / name
    path.write_text(content, newline="")
    file = CsvFile(path)
    assert (delimiter, names) == (file.dialect.delimiter, file.schema.names)


def test_a_malformed_record_between_semicolons_costs_its_own_row(tmp_path):
    """As between commas: a field too many, and a quote that is never closed."""
    lines = [f"{number};b,{number};c" for number in range(20)]
    lines[5], lines[9] = "5;6;7;8", '9;"b;c'
    (tmp_path / "rows.csv").write_text("a;b;c\n" + "\n".join(lines) + "\n")
    rows = read(tmp_path / "rows.csv", ["a", "b", "c"])
    assert [5, 9] == [number for number, row in enumerate(rows) if row is None]
    assert ("19", "b,19", "c") == rows[19]


def test_what_was_recognized_is_said_in_one_line_for_all_files_read_alike(tmp_path):
    """Files with commas have nothing to be said of."""
    for name, content in {"a": "x,y\n1,2\n", "b": "x;y\n1;2\n", "c": "x;y\n1;2\n", "d": "x\ty\n1\t2\n"}.items():
        (tmp_path / f"{name}.csv").write_text(content)
    assert [
        "2 files, 'b.csv' the first: each is read with ';' between fields",
        "'d.csv' is read with tabs between fields",
    ] == describe_format(open_table(tmp_path))


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("a b c\n1 2 x\n3 4 y\n", True),
        ("  a     b  c\n 1.0   2  x\n 3.25  4  y\n", True),
        ("a b c\n1 2 x\n3 4\n", False),  # not alike
        ("a b c\n", False),
        ("blood pressure\nvery high\nvery low\n", False),
        ("a b c,d\n1 2 x,2\n", False),
    ],
)
def test_blanks_between_fields_are_refused_by_what_to_do(tmp_path, text, refused):
    """Rather than read as one column of sentences."""
    path = tmp_path / "rows.dat"
    path.write_text(text)
    if refused:
        with pytest.raises(DataError, match=r"blanks between its fields.*write commas.*read_csv"):
            open_table(path)
    else:
        assert text.split("\n")[0].split(",") == open_table(path).files[0].schema.names
