"""Excel workbooks."""

import builtins
import datetime as dt
import zipfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.formats.excel_file import open_excel
from bakeoff.tables.read_table import read_table

DAY, NOON = dt.datetime.fromisoformat("2024-01-31"), dt.datetime.fromisoformat("2024-02-01 12:00")


def write(path, **sheets):
    """Write a workbook of sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path):
    table = read_table(path)
    return {name: table[name].to_pylist() for name in table.column_names}


def test_a_sheet_is_read_with_the_types_of_its_cells(tmp_path):
    """Numbers, dates and booleans keep theirs; text may still be numbers, as in a CSV."""
    rows = [
        ["n", "x", "flag", "day", "text", "mixed", "empty"],
        [1, 1.5, True, DAY, "007", 1, None],
        [2, 3, False, NOON, " ", "?", None],
        [3, "#DIV/0!", None, None, "x", DAY, "#N/A"],
    ]
    path = write(tmp_path / "rows.xlsx", Data=rows)
    assert {
        "n": [1, 2, 3],
        "x": [1.5, 3.0, None],
        "flag": [True, False, None],
        "day": [DAY, NOON, None],
        "text": ["007", None, "x"],
        "mixed": ["1", "?", "2024-01-31"],
        "empty": [None, None, None],
    } == read(path)
    file = open_excel(path)
    assert (3, False, "is read from sheet 'Data'") == (file.n_rows, file.typed, file.note)
    assert pa.timestamp("us") == file.schema.field("day").type


def test_the_first_sheet_with_a_table_is_read_and_named(tmp_path):
    """Not a title page, an empty or a hidden one; the others are named."""
    path = write(
        tmp_path / "rows.xlsx",
        Empty=[],
        About=[["Orders"], ["of May"]],
        Old=[["a"], [0]],
        Data=[["a", "b"], [1, 2]],
        More=[["a", "b"], [3, 4]],
    )
    book = openpyxl.load_workbook(path)
    book["Old"].sheet_state = "hidden"
    book.save(path)
    assert {"a": [1], "b": [2]} == read(path)
    assert "is read from sheet 'Data', not from 'Empty', 'About', 'More'" == open_excel(path).note
    assert {"a": [1, 2]} == read(write(tmp_path / "one.xlsx", Data=[["a"], [1], [2]]))


def test_empty_rows_and_columns_without_a_name(tmp_path):
    """Without a cell they don't count; a column with one is called as pandas calls it."""
    rows = [[], [None, "a", 2020, None], [1, 2, 3], [None, " "], [4, None, 6, None, "note"]]
    assert {
        "Unnamed: 0": [1, 4],
        "a": [2, None],
        "2020": [3, 6],
        "Unnamed: 4": [None, "note"],
    } == read(write(tmp_path / "rows.xlsx", Data=rows))


def test_pandas_writes_what_is_read(tmp_path):
    """Its header has borders and bold letters."""
    frame = pd.DataFrame({"a": range(200), "b": ["x", "y"] * 100})
    frame.to_excel(tmp_path / "rows.xlsx", index=False)
    pd.testing.assert_frame_equal(frame, read_table(tmp_path / "rows.xlsx").to_pandas(), check_dtype=False)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a readable Excel workbook"),
        (b"PK\x03\x04rest", "is not a readable Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "is an old Excel workbook, or has a password"),
    ],
)
def test_what_is_no_workbook_is_refused_in_a_line(tmp_path, content, sentence):
    """With what to do about it."""
    (tmp_path / "rows.xlsx").write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        open_excel(tmp_path / "rows.xlsx")
    assert "\n" not in str(caught.value)


def test_a_workbook_without_a_table_is_refused(tmp_path):
    """A header alone is none."""
    with pytest.raises(DataError, match="has no sheet with a header and rows"):
        open_excel(write(tmp_path / "rows.xlsx", Data=[["a", "b"]]))


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path):
    """Two terabytes in a file of kilobytes, by what its table of contents says."""
    path = write(tmp_path / "rows.xlsx", Data=[["a"], [1]])
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("xl/media/zeros", b"0")
        packed.getinfo("xl/media/zeros").file_size = 2 << 40
    with pytest.raises(DataError, match="half of the available memory, since its format is read whole"):
        open_excel(path)


def test_cells_far_to_the_right_are_counted(tmp_path, monkeypatch):
    """A row takes as much as its last cell is far."""
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.half_of_memory", lambda: 10_000_000)
    book = openpyxl.Workbook()
    for row in range(1, 60):
        book.active.cell(row, 16_000, "x")
    book.save(tmp_path / "rows.xlsx")
    with pytest.raises(DataError, match="half of the available memory, since its format is read whole"):
        open_excel(tmp_path / "rows.xlsx")


def test_a_row_beyond_excels_last_is_refused(tmp_path, monkeypatch):
    """Whatever number a file gives it."""
    monkeypatch.setattr("bakeoff.tables.formats.excel_file.MOST_ROWS", 50)
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.cell(1 << 20, 1, "x")
    book.save(tmp_path / "rows.xlsx")
    with pytest.raises(DataError, match="sheet 'Sheet' of .* has rows beyond 50, Excel's last"):
        open_excel(tmp_path / "rows.xlsx")


def test_without_openpyxl_the_command_that_installs_it_is_said(tmp_path, monkeypatch):
    """It is an extra."""
    path, found = write(tmp_path / "rows.xlsx", Data=[["a"], [1]]), builtins.__import__

    def without(name, *arguments):
        if name == "openpyxl":
            raise ModuleNotFoundError(name)
        return found(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DataError, match="needs the package openpyxl, which is not installed: pip install openpyxl"):
        open_excel(path)
