"""Lines before the header, and files without one, are said to be so."""

import pandas as pd
import pytest

from bakeoff.config import DatasetConfig
from bakeoff.data.load import load_dataset
from bakeoff.errors import DataError
from bakeoff.tables.late_header import find_late_header, seem_no_header

ROWS = "".join(f"{row % 7},p{row % 3},{'uv'[row % 2]}\n" for row in range(40))


def load(path, target="y"):
    return load_dataset(DatasetConfig(source="file", path=str(path), target=target))


@pytest.mark.parametrize(
    ("before", "line"),
    [("# exported 2024-01-02\n", 2), ("A report\n\n", 3), ("A report,,\n,,\n", 3), ("\ufeff# a\n# b\n", 3)],
)
def test_lines_before_the_header_are_counted(tmp_path, before, line):
    """The refusal says where the header is; without these lines the file is read."""
    path = tmp_path / "rows.csv"
    path.write_text(f"{before}a,b,y\n{ROWS}")
    with pytest.raises(DataError, match=f"the header seems to be in line {line}: remove the lines before it"):
        load(path)
    path.write_text(f"a,b,y\n{ROWS}")
    assert ["a", "b"] == list(load(path).X)


def test_a_title_in_a_workbook_is_told_from_the_header(tmp_path):
    """Rows are counted as Excel does, empty ones too; the table may start at any column."""
    pytest.importorskip("openpyxl")
    path = tmp_path / "rows.xlsx"
    with pd.ExcelWriter(path) as writer:
        table = pd.DataFrame({"a": range(40), "b": ["p", "q"] * 20, "y": ["u", "v"] * 20})
        table.to_excel(writer, index=False, startrow=3, startcol=1)
        writer.sheets["Sheet1"]["B1"] = "A report"
    with pytest.raises(DataError, match="the header seems to be in line 4: remove"):
        load(path)


def test_another_missing_target_is_not_blamed_on_a_late_header(tmp_path):
    """Only a line that has the target's name can be the header."""
    path = tmp_path / "rows.csv"
    path.write_text(f"# exported\na,b,y\n{ROWS}")
    with pytest.raises(DataError) as caught:
        load(path, "z")
    assert "header seems" not in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [[], [[]], [["a", "b"], ["c", "d"]], [["a", None], ["1", "d"]], [["a", ""], ["d", "d"]], [["a"], ["b"]]],
)
def test_rows_are_no_header(rows):
    """Nor numbers, nor a name twice, nor as few fields."""
    assert find_late_header(enumerate(rows, start=1)) is None


def test_a_file_without_a_header_is_warned_of(tmp_path):
    """Its first row has become names; names that repeat are refused with the same question."""
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{5 + row % 3}.1,{3 + row % 5}.5,{'uv'[row % 2]}\n" for row in range(40)))
    assert ("most column names are numbers: does the file have a header?",) == load(path, "u").warnings
    path.write_text(f"1,1,u\n{ROWS}")
    with pytest.raises(DataError, match="column named '1'; does the file have a header"):
        load(path, "u")


@pytest.mark.parametrize(
    ("names", "seem"),
    [(["5.1", "3.5", "u"], True), (["a", "b"], False), (["0", "1", "2"], False), (["900.5", "902", "y"], False)],
)
def test_counted_columns_and_wavelengths_are_names(names, seem):
    """They rise from column to column."""
    assert seem == seem_no_header(names)
