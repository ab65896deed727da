"""Feather files, and Arrow's files and streams."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.formats.feather_file import open_feather
from bakeoff.tables.read_table import read_table

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["01", None, "é"]})


@pytest.mark.parametrize("form", ["lz4", "zstd", "uncompressed", "stream"])
@pytest.mark.parametrize("name", ["rows.feather", "rows.arrow"])
def test_feather_and_arrow_are_read_with_their_types(tmp_path, form, name):
    """Packed or not, as a file or a stream."""
    path = tmp_path / name
    if form == "stream":
        table = pa.Table.from_pandas(FRAME)
        with pa.ipc.new_stream(str(path), table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    else:
        FRAME.to_feather(path, compression=form)
    pd.testing.assert_frame_equal(FRAME, read_table(path).to_pandas(), check_dtype=False)
    file = open_feather(path)
    assert (3, True, "is read as Arrow data") == (file.n_rows, file.typed, file.note)


@pytest.mark.parametrize("content", [b"", b"hello, world", b"FEA1....", b"ARROW1", "cut"])
def test_what_is_no_arrow_is_refused_in_a_line(tmp_path, content):
    """A file that was cut off among it."""
    path = tmp_path / "rows.feather"
    if content == "cut":
        FRAME.to_feather(path)
        content = path.read_bytes()[:-50]
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not a readable Feather or Arrow file: ") as caught:
        open_feather(path)
    assert "\n" not in str(caught.value)


def test_feather_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    """Zeros pack well."""
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.half_of_memory", lambda: 100_000)
    pd.DataFrame({"a": [0] * 50_000}).to_feather(tmp_path / "rows.feather", compression="zstd")
    with pytest.raises(DataError, match="half of the available memory, since its format is read whole"):
        open_feather(tmp_path / "rows.feather")


def test_text_in_arrow_that_is_no_utf8_costs_its_rows(tmp_path):
    """As in Parquet."""
    table = pa.table({"a": [1, 2, 3], "b": pa.array([b"x", b"\xe9", b"y"]).view(pa.string())})
    with pa.ipc.new_file(str(tmp_path / "rows.arrow"), table.schema) as writer:
        writer.write_table(table)
    batch = next(open_feather(tmp_path / "rows.arrow").chunks(["a", "b"])).read()
    assert ([1, 3], [1]) == (batch.table["a"].to_pylist(), [each.position for each in batch.malformed])


@pytest.mark.parametrize("offset", [0, 1, 29, 30, 95, 100, 150])
def test_a_table_in_memory_is_read_on_from_any_row(tmp_path, monkeypatch, offset):
    """In steps of so many cells."""
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.CELLS", 30)
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.LEAST_ROWS", 30)
    pd.DataFrame({"a": range(100)}).to_feather(tmp_path / "rows.feather")
    file = open_feather(tmp_path / "rows.feather")
    pieces = list(file.chunks(["a", "other"], [], offset))
    assert list(range(100))[offset:] == [cell for piece in pieces for cell in piece.read().table["a"].to_pylist()]
    assert [min(end, 100) for end in range(offset + 30, 130, 30) if end - 30 < 100] == [
        piece.next_offset for piece in pieces
    ]
    assert [piece.next_offset / 100 for piece in pieces] == [file.share(piece.next_offset) for piece in pieces]


def test_values_that_lie_outside_of_their_buffer_are_refused(tmp_path):
    """Of a file that was damaged; reading them would end the process."""
    text = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1 << 30, 2], "int32")), pa.py_buffer(b"xy")]
    )
    index = pa.DictionaryArray.from_arrays(pa.array([0, 99]), pa.array(["x"]), safe=False)
    for number, column in enumerate((text, index)):
        path = tmp_path / f"{number}.arrow"
        with pa.ipc.new_file(str(path), pa.schema([("a", column.type)])) as writer:
            writer.write_batch(pa.record_batch([column], ["a"]))
        with pytest.raises(DataError, match="is not a readable Feather or Arrow file"):
            open_feather(path)
