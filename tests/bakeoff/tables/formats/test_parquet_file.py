"""Small Parquet files that unpack to gigabytes take no more memory than ordinary ones."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.formats.parquet_file import MOST_BYTES, ParquetFile, rows_at_once
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import open_table

ROWS = 15_000
READ = """
import sys
from bakeoff.tables.reader import open_table
rows = sum(batch.n_rows for _, batch in open_table(sys.argv[1]).batches(["number", "text"]))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(rows, int(peak) // 1024)
"""


def write(path, text, *, typed=False, **options):
    """A file whose rows all hold the same text; typed, as pandas' categories are written."""
    column = pa.DictionaryArray.from_arrays(np.zeros(ROWS, dtype=np.int32), pa.array([text]))
    table = pa.table({"number": np.arange(ROWS, dtype=float), "text": column})
    packing = {"dictionary_pagesize_limit": 1 << 30, "compression": "zstd", "store_schema": typed}
    pq.write_table(table, path, **packing | options)
    return path


@pytest.mark.parametrize("options", [{}, {"typed": True}])
def test_a_file_that_unpacks_to_gigabytes_is_read_in_bounded_memory(tmp_path, options):
    """1.5 of them here, in a file of a few megabytes at most: under one, libraries included."""
    path = write(tmp_path / "rows.parquet", "y" * 100_000, **options)
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    rows, megabytes = map(int, done.stdout.split())
    assert rows == ROWS
    assert megabytes < 1000


def test_packed_texts_count_as_they_are_unpacked(tmp_path):
    """The footer tells how much they are, where no dictionary holds them."""
    pq.write_table(
        pa.table({"text": ["y" * 100_000] * 1000}), tmp_path / "rows", compression="zstd", use_dictionary=False
    )
    assert (tmp_path / "rows").stat().st_size < 100_000
    assert MOST_BYTES // 100_100 <= rows_at_once(pq.ParquetFile(tmp_path / "rows"), "rows", ["text"], 1000) < 1000


def test_a_dictionary_with_an_endless_text_is_refused_in_one_line(tmp_path):
    """Before it is unpacked for every row, in training and in prediction."""
    path = write(tmp_path / "rows.parquet", "y" * 2_000_000)
    sentence = r"column 'text' of .* has a text of 2,000,000 bytes, and 1,048,576 are the most; shorten it"
    for read in (read_table, lambda path: [*open_table(path).batches(["text"])]):
        with pytest.raises(DataError, match=sentence):
            read(path)
    assert ROWS == sum(batch.n_rows for _, batch in open_table(path).batches(["number"]))


@pytest.mark.parametrize("typed", [True, False])
def test_a_table_larger_than_half_the_memory_is_not_trained_on(tmp_path, monkeypatch, typed):
    """Counted as it is unpacked, so that the machine need not run out of memory first."""
    path = write(tmp_path / "rows.parquet", "y" * 1000, typed=typed)
    assert ROWS == read_table(path).num_rows
    monkeypatch.setattr("os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 5000}.__getitem__)
    with pytest.raises(DataError, match=r"unpacks to more than 0.0 GB, half of the available memory"):
        read_table(path)


def test_a_small_file_of_repeated_rows_is_not_trained_on(tmp_path, monkeypatch):
    """20,000,000 rows from a few kilobytes are refused before any is read; prediction reads them batch by batch."""
    path = tmp_path / "rows.parquet"
    part = pa.table({"number": pa.array(np.zeros(1_000_000)), "y": pa.array(["a"] * 1_000_000).dictionary_encode()})
    with pq.ParquetWriter(path, part.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(part, row_group_size=1_000_000)
    reader = open_table(path)
    assert 1 << 17 == next(reader.batches(["number"]))[1].n_rows
    monkeypatch.setattr(ParquetFile, "chunks", None)
    sentence = r"unpacks to 20,000,000 rows of 2 columns: nearly all repeat; in training .* to 256 MB, or to 200 times"
    with pytest.raises(DataError, match=sentence):
        read_table(path)


def test_a_column_that_unpacks_to_gigabytes_at_once_is_refused(tmp_path):
    """By what the footer says, before a page is unpacked: a page is unpacked whole."""
    path = tmp_path / "rows.parquet"
    table = pa.table({"zeros": np.zeros(40_000_000), "text": pa.nulls(40_000_000, pa.string())})
    packing = {"use_dictionary": False, "data_page_size": 1 << 30, "row_group_size": 1 << 30}
    pq.write_table(table, path, compression="zstd", **packing)
    with pytest.raises(DataError, match=r"column 'zeros' of .* has .* bytes that unpack to 320,\d+,\d+; shorten it"):
        next(open_table(path).batches(["zeros"]))
    assert 1 << 17 == next(open_table(path).batches(["text"]))[1].n_rows


def test_an_ordinary_file_is_read_as_many_rows_at_once_as_ever(tmp_path):
    """With many short texts, and with long ones in few rows of it."""
    texts = [f"name {number % 5000}" for number in range(ROWS)] + ["y" * 500_000] * 20
    table = pa.table({"text": texts, "number": np.arange(len(texts), dtype=float)})
    pq.write_table(table, tmp_path / "rows.parquet")
    file = pq.ParquetFile(tmp_path / "rows.parquet", read_dictionary=["text"])
    assert 1 << 17 == rows_at_once(file, "rows", ["number"], 1 << 17)
    size = rows_at_once(file, "rows", ["text", "number"], 1 << 17)
    assert MOST_BYTES // 600_000 < size < 1 << 17


@pytest.mark.parametrize("write", [pd.DataFrame.to_parquet, pd.DataFrame.to_feather])
@pytest.mark.parametrize(
    ("index", "names"),
    [
        (None, set()),
        (pd.Index([5, 3, 4]), {"__index_level_0__"}),
        (pd.Index([5, 3, 4], name="id"), {"id"}),
        (
            pd.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")], names=["group", None]),
            {"group", "__index_level_1__"},
        ),
    ],
)
def test_what_pandas_calls_an_index_is_known(tmp_path, write, index, names):
    """A stored index is among the columns, and may be read; a range that counts the rows is not stored."""
    write(pd.DataFrame({"a": [1, 2, 3]}, index=index), tmp_path / "rows.parquet")
    (tmp_path / "rows.parquet").rename(path := tmp_path / f"rows.{write.__name__.removeprefix('to_')}")
    file = open_table(path).files[0]
    assert (names, {"a", *names}) == (file.index_columns, set(file.schema.names))


@pytest.mark.parametrize(
    "metadata", [b"", b"{", b"[]", b'{"index_columns": 3}', b'{"index_columns": [[], {}]}', b"[" * 9999]
)
def test_metadata_that_is_not_pandas_names_no_index(tmp_path, metadata):
    """Whoever wrote it."""
    table = pa.table({"a": [1]}).replace_schema_metadata({b"pandas": metadata})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert frozenset() == open_table(tmp_path / "rows.parquet").files[0].index_columns
