"""Cutting a CSV between its records, and continuing after a malformed one."""

import csv
import io
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bakeoff.errors import DataError
from bakeoff.tables.formats import csv_records
from bakeoff.tables.formats.csv_file import CsvFile
from bakeoff.tables.formats.csv_records import OPEN_QUOTE, find_record_end, recover_records

CELL = st.text(st.sampled_from('ab ",\n\r1é'), max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12)
NASTY = st.lists(st.sampled_from([b'"', b",", b"\n", b"\r\n", b"a", b"1", b'""', b"\xff", b"x,y,z\n"]), max_size=40)


def written(rows, quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def read(tmp_path, content, columns=("a", "b", "c"), numbers=()):
    """All rows of a CSV of small blocks: the good ones by their numbers, and the broken ones."""
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    good, broken, row = {}, {}, 0
    for piece in CsvFile(path).chunks(columns, numbers):
        batch = piece.read()
        cells = zip(*(batch.table[name].to_pylist() for name in batch.table.column_names))
        good |= {row + int(at): line for at, line in zip(batch.positions, cells)}
        broken |= {row + each.position: (each.text, each.reason) for each in batch.malformed}
        row += batch.n_rows
    assert set(good) | set(broken) == set(range(row))
    assert len(good) + len(broken) == row
    return good, broken


@pytest.fixture(params=[16, 64, 1 << 20])
def block(request, monkeypatch):
    """Blocks so small that records and quotes lie across them, and one that holds all."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_any_table_is_read_as_it_was_written(tmp_path_factory, quoting):
    """Quotes, commas and line ends in its cells, wherever the blocks end."""
    folder = tmp_path_factory.mktemp("any")

    @given(TABLE)
    @example([['"', "\r", "\n"]] * 9)
    def check(rows):
        good, broken = read(folder, b"a,b,c\n" + written(rows, quoting))
        assert {} == broken
        assert {at: tuple(row) for at, row in enumerate(rows)} == good

    check()


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("columns", [("a", "b", "c"), ("a",)])
def test_no_line_is_lost_behind_whatever_is_broken(tmp_path_factory, columns):
    """Whatever stands in the middle, the lines before it are read; those behind too, once its quotes are closed."""
    folder = tmp_path_factory.mktemp("any")
    good_line, other = ",".join("123"[: len(columns)]), ",".join("456"[: len(columns)])

    @given(NASTY, st.integers(0, 5), st.integers(0, 5))
    @example([b"1\r", b"1,2\n", b"\n", b"3"], 0, 0)
    def check(parts, before, after):
        middle = b"".join(parts) + b"\n"
        text = f"{','.join(columns)}\n".encode() + f"{good_line}\n".encode() * before + middle
        good, broken = read(folder, text + f"{other}\n".encode() * after, columns)
        assert [tuple("123"[: len(columns)])] * before == [good[row] for row in range(before)]
        if b'"' not in middle:
            assert [tuple("456"[: len(columns)])] * after == [good[row] for row in sorted(good)][len(good) - after :]
            lines = re.split(rb"\r\n|\r|\n", middle[:-1].removesuffix(b"\r"))
            rows = [line for line in lines if line or len(columns) == 1]
            assert before + after + len(rows) == len(good) + len(broken)

    check()


@pytest.mark.usefixtures("block")
def test_an_open_quote_swallows_no_line_behind_it(tmp_path_factory):
    """A quote that is opened before them and never closed costs its own line."""
    folder = tmp_path_factory.mktemp("any")

    @given(NASTY)
    def check(parts):
        lines = [f"{number},b,c" for number in range(40)]
        text = b"a,b,c\n" + b"".join(parts) + b"\n" + "\n".join(lines).encode() + b"\n"
        good, _ = read(folder, text)
        assert [(str(number), "b", "c") for number in range(40)] == [good[row] for row in sorted(good)][-40:]

    check()


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2", "2 fields where the header has 3"),
        ("1,2,3,4", "4 fields where the header has 3"),
        ('1,"2,3', OPEN_QUOTE),
        ('"1,2,3', OPEN_QUOTE),
        ('1,5" pipe,3', None),
        ('1,"2"x,3', None),
    ],
)
def test_a_broken_line_is_the_only_one_that_is_lost(tmp_path, line, reason):
    """By its number and text; quotes that are merely odd don't break a line."""
    lines = [f"{number},b,c" for number in range(20)]
    lines[7] = line
    good, broken = read(tmp_path, ("a,b,c\n" + "\n".join(lines) + "\n").encode())
    assert ({7: (line, reason)} if reason else {}) == broken
    assert [f"{number}" for number in range(20) if number != 7] == [
        row[0] for number, row in good.items() if number != 7
    ]


def test_a_quote_that_swallows_lines_up_to_the_next_one_costs_one_line(tmp_path):
    """The next quoted cell would close it: what is too long a record is read line by line."""
    lines = [f"{number},b,c" for number in range(10)]
    lines[2], lines[6] = '2,"b,c', '6,"b, too",c'
    good, broken = read(tmp_path, ("a,b,c\n" + "\n".join(lines) + "\n").encode())
    assert [2] == list(broken)
    assert ("6", "b, too", "c") == good[6]
    assert 9 == len(good)


def test_one_column_may_hold_gaps(tmp_path):
    """In a file of one column an empty line is a row."""
    good, broken = read(tmp_path, b"a\n1\n\n2\n", ("a",))
    assert ({0: ("1",), 1: ("",), 2: ("2",)}, {}) == (good, broken)


def test_cells_that_are_no_utf8_cost_their_rows_where_they_are_wanted(tmp_path):
    """The others are read; the text of a column that nobody looks at may be anything."""
    content = "a,b,c\n1,2,ä\n".encode() + "4,é,6\n".encode("latin-1") + "7,8,é\n".encode("latin-1")
    good, broken = read(tmp_path, content)
    assert {1: ("�", "not UTF-8: save the file as UTF-8")} == {1: broken[1]}
    assert {0: ("1", "2", "ä")} == good
    good, broken = read(tmp_path, content, ("a", "b"), ("a",))
    assert ({0: ("1", "2"), 2: ("7", "8")}, [1]) == (good, list(broken))


def test_numbers_are_read_at_once_where_all_are(tmp_path):
    """Otherwise as text, of which the numbers are made cell by cell later."""
    good, _ = read(tmp_path, b"a,b,c\n1, 2.5 ,x\n1e3,NA,y\n", numbers=("a", "b"))
    assert {0: (1.0, 2.5, "x"), 1: (1000.0, None, "y")} == good
    good, _ = read(tmp_path, b"a,b,c\n1,2,x\n1e3,two,y\n", numbers=("a", "b"))
    assert {0: ("1", "2", "x"), 1: ("1e3", "two", "y")} == good


def test_a_cell_of_a_megabyte_is_a_cell(tmp_path, monkeypatch):
    """Also where blocks are smaller."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 1 << 16)
    cell = "x" * (1 << 20)
    good, broken = read(tmp_path, f'a,b,c\n1,{cell},2\n3,"{cell}",4\n5,6,7\n'.encode())
    assert ([cell, cell, "6"], {}) == ([row[1] for row in good.values()], broken)


def test_a_chunk_of_many_columns_has_as_many_rows(tmp_path, monkeypatch):
    """Each chunk costs some work for each column: with fewer rows a chunk, the work would grow with their square."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 1 << 14)
    counts = {}
    for width in (1000, 4000):
        names = [f"c{column}" for column in range(width)]
        path = tmp_path / f"{width}.csv"
        path.write_text("\n".join([",".join(names), *[",".join("1" * width)] * 80]) + "\n")
        counts[width] = [chunk.read().n_rows for chunk in CsvFile(path).chunks(names, names)]
    assert dict.fromkeys(counts, 80) == {width: sum(rows) for width, rows in counts.items()}
    assert len(counts[1000]) == len(counts[4000]) > 1


def test_a_line_without_end_is_refused_and_a_quote_without_end_is_not_waited_for(tmp_path, monkeypatch):
    """Neither takes memory without bound."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 1 << 10)
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.LONGEST", 1 << 12)
    with pytest.raises(DataError, match="a line is longer than"):
        read(tmp_path, b"a,b,c\n" + b"x" * (1 << 14))
    good, broken = read(tmp_path, b'a,b,c\n"1,2,3\n' + b"4,5,6\n" * 3000)
    assert ([0], 3000) == (list(broken), len(good))


@given(NASTY.map(b"".join), st.booleans())
@example(data=b'"\n"\nx,y,z\n"x,y,z\n', final=False)  # where a quote is left open, what follows closes it
def test_what_is_cut_is_whole(data, final):
    """What lies behind is read as if nothing had been before it, unless a quote was left open."""
    end = find_record_end(data, final)
    if end is None:
        assert b'"' in data
    elif not final:
        assert end == 0 or data[end - 1] in b"\r\n"
        told = recover_records(data[:end], 3, final=True)
        behind = recover_records(data[end:], 3, final=True)
        whole = recover_records(data, 3, final=True)
        if not any(each.reason == OPEN_QUOTE or "lines" in each.reason for each in (*told.malformed, *whole.malformed)):
            assert whole.clean == told.clean + behind.clean
            assert len(told.good) + len(told.malformed) <= len(whole.good) + len(whole.malformed)
        assert (end, len(data) - end) == (told.consumed, behind.consumed)  # no line is lost


@given(NASTY.map(b"".join))
def test_mending_tells_every_record(data):
    """Its positions are those of 0, 1, 2, …, and all bytes were looked at."""
    mended = recover_records(data, 3, final=True)
    numbers = np.sort(np.concatenate([mended.good, [each.position for each in mended.malformed]]))
    assert np.array_equal(numbers, np.arange(len(numbers)))
    assert mended.consumed == len(data)


def test_lines_that_each_open_a_quote_are_not_each_followed_to_the_end(monkeypatch):
    """As JSON that was cut off may look: a record is looked at no further than to its first field too many."""
    steps, match = [], csv_records.UNQUOTED[csv_records.COMMA].match

    class Counting:
        def match(self, *arguments):
            steps.append(1)
            return match(*arguments)

    monkeypatch.setitem(csv_records.UNQUOTED, csv_records.COMMA, Counting())
    lines = 2000
    mended = recover_records(b'a"b,"c,1,2\n' * lines, 4, final=True)
    assert lines == len(mended.malformed)
    assert len(steps) <= 6 * lines


def test_short_lines_are_read_so_many_at_once(tmp_path, monkeypatch):
    """However many go into a block."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.MOST_ROWS", 100)
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c\n" + ",,\n" * 1000 + "1,2,3\n")
    batches = [piece.read() for piece in CsvFile(path).chunks(["a", "b", "c"], ["a"])]
    assert 1001 == sum(batch.n_rows for batch in batches)
    assert max(batch.n_rows for batch in batches) <= 100
