"""Each format by the end of its name."""

from unittest.mock import Mock

import pandas as pd
import pytest

from bakeoff.errors import ConfigError, DataError
from bakeoff.runtime.paths import refuse_outside_roots
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import open_table

FRAME = pd.DataFrame({"a": [1.5, 2, None, 4], "b": ["x", "y", "é", "x"], "f": [True, False, True, True]})
WRITERS = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "tsv.gz": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "json": lambda frame, path: frame.to_json(path, orient="records"),
    "ndjson": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "JSONL.GZ": lambda frame, path: frame.to_json(path, orient="records", lines=True, compression="gzip"),
    "parquet": lambda frame, path: frame.to_parquet(path),
    "pq": lambda frame, path: frame.to_parquet(path),
    "feather": lambda frame, path: frame.to_feather(path),
    "arrow": lambda frame, path: frame.to_feather(path),
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
}
TEXT = [["1.5", "2", None, "4"], ["x", "y", "é", "x"], ["true", "false", "true", "true"]]


def as_text(table):
    """The cells of a table as text, as a CSV would have them."""
    frame = table.to_pandas().astype(object)
    columns = [[None if pd.isna(cell) or cell == "" else str(cell) for cell in frame[name]] for name in frame]
    return [
        [cell and cell.removesuffix(".0").replace("T", "t").replace("F", "f") for cell in cells] for cells in columns
    ]


@pytest.mark.parametrize("ending", WRITERS)
def test_a_table_is_the_same_in_every_format(tmp_path, ending):
    """Rows, names and cells."""
    WRITERS[ending](FRAME, tmp_path / f"rows.{ending}")
    table = read_table(tmp_path / f"rows.{ending}")
    assert (list(FRAME), TEXT) == (table.column_names, as_text(table))


def test_a_folder_may_mix_the_formats(tmp_path):
    """A column that has no type in one of them is text in all."""
    for ending, write in WRITERS.items():
        write(FRAME, tmp_path / f"rows.{ending}")
    table = read_table(tmp_path)
    assert [cells * len(WRITERS) for cells in TEXT] == as_text(table)
    assert {"string"} == set(map(str, table.schema.types))


def test_formats_with_types_must_agree_on_them(tmp_path):
    """Text that is known to be text does not become numbers, nor numbers text."""
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"a": ["01"]}).to_json(tmp_path / "b.json", orient="records")
    with pytest.raises(DataError, match="have columns of different types"):
        read_table(tmp_path)


@pytest.mark.parametrize("ending", ["txt", "data", "DAT", "tab", "data.gz"])
def test_text_of_any_other_name_is_read_alone(tmp_path, ending):
    """In a folder it may be anything."""
    path = tmp_path / f"rows.{ending}"
    FRAME.to_csv(path, index=False, sep=";")
    assert TEXT == as_text(read_table(path))
    with pytest.raises(DataError, match="which is neither .csv"):
        open_table(tmp_path)


@pytest.mark.parametrize("name", ["rows.xls", "rows.parquet.gz", "rows.xlsx.gz", "rows.gz", "rows", "csv"])
def test_other_endings_are_refused_with_those_that_can_be_read(tmp_path, name):
    """What is packed already is not packed again."""
    (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"does not end with \.csv, \.tsv, .* or \.xlsx, the formats that can be read"):
        open_table(tmp_path / name)


@pytest.mark.parametrize("ending", WRITERS)
def test_no_link_in_a_folder_leads_out_of_the_roots(tmp_path, monkeypatch, ending):
    """Nor one that is put there after the folder was looked at; a file of the roots is read as without them."""
    rows, outside = tmp_path / "rows", tmp_path / f"outside.{ending}"
    rows.mkdir()
    WRITERS[ending](FRAME, rows / f"a.{ending}")
    WRITERS[ending](FRAME, outside)
    monkeypatch.setenv("BAKEOFF_ROOTS", str(rows))
    table = read_table(rows)
    assert (list(FRAME), TEXT) == (table.column_names, as_text(table))
    link = rows / f"b.{ending}"
    link.symlink_to(outside)
    with pytest.raises(ConfigError, match=f"b.{ending}' lies outside of .*BAKEOFF_ROOTS"):
        open_table(rows)
    monkeypatch.setattr("bakeoff.tables.reader.refuse_outside_roots", lambda path: None)
    with pytest.raises(ConfigError, match=f"b.{ending}' lies outside of .*BAKEOFF_ROOTS"):
        open_table(rows)
    turned = Mock(side_effect=lambda path: None if path == link else refuse_outside_roots(path))
    monkeypatch.setattr("bakeoff.runtime.files.refuse_outside_roots", turned)
    with pytest.raises(ConfigError, match=r"'/proc/self/fd/\d+' lies outside of"):
        open_table(rows)
