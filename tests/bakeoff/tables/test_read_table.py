"""Files that can't be used are refused by a sentence; those that can are read by what their columns hold."""

import bz2
import gzip
import lzma
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bakeoff.config import DatasetConfig
from bakeoff.data.load import load_dataset
from bakeoff.errors import DataError
from bakeoff.tables.formats.parquet_file import ParquetFile
from bakeoff.tables.read_table import require_columns
from bakeoff.tables.reader import open_table
from tests.support.counting import Counted

ROWS = "a,b,y\n" + "".join(f"{i},{'pq'[i % 2]},{'uv'[i % 2]}\n" for i in range(8))


def load(path, target="y", strict=False, **config):
    return load_dataset(DatasetConfig(source="file", path=str(path), target=target, **config), strict=strict)


def write(tmp_path, content, name="rows.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b,y\n", "has columns and no rows"),
        ("a,a,y\n1,2,u\n", "more than one column named 'a'"),
        ("a,y\n1,u\n2\n", "is broken in row 1 (from 0, after the header): 1 field where the header has 2"),
        ("a,y\n1,u\n2,v,3\n", "is broken in row 1 (from 0, after the header): 3 fields where the header has 2"),
        ("a;y\n1,u\n", "is broken in row 0 (from 0, after the header): 2 fields where the header has 1"),
        ("a,Y\n1,u\n", "there is no column 'y' (the target); the file has a, Y; did you mean 'Y'?"),
        ("y\nu\nv\n", "has no column to learn from besides the target"),
        ("a,y\n1,u\ninf,v\n", "column 'a' holds infinite numbers, or some beyond 3.4e+38 (1, the first in row 1)"),
        ("a,y\n1,u\n1e39,v\n", "some beyond 3.4e+38 (1, the first in row 1)"),
        ('a,y\n1,u\n2,"v\n3,u\n', "a quote is opened and never closed"),
        ("a,y\n1,9223372036854775808\n2,3\n", "whole numbers beyond 64 bits"),
        ("a,y\n1,1e300\n2,3\n", "whole numbers beyond 64 bits"),
        (
            "a,y\n1,0.5\n2,1.5\n",
            "holds 2 different numbers, such as 0.5, which is not whole: a number to predict, not a class",
        ),
        ("a,y\n1,2024-01-31\n2,2024-02-01\n", "the target 'y' holds dates"),
        (
            "a,y\n1,\xe9\n".encode("latin-1") + "2,é\n".encode(),
            "row 0 (from 0, after the header): column 'y' is not UTF-8: save the file",
        ),
        (b"a,y\n\0\1,u\n", "it holds binary data"),
        (gzip.compress(b"a,y\n1,u\n", mtime=0), "compressed by gzip"),
        (b"PK\x03\x04rest", "an Excel workbook"),
    ],
)
def test_a_csv_that_cannot_be_used_is_refused_by_a_sentence(tmp_path, content, sentence):
    """The sentence names the column or line, on one line."""
    with pytest.raises(DataError) as caught:
        load(write(tmp_path, content))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


COUNTED = "".join(f"{i},u\n" for i in range(100, 300, 2))
TIDIED = [
    ("a,b,y\n1,,u\n2,NA,v\n", ["a"], "left out, since they are empty: 'b'"),
    ("a,d,y\n1,2024-01-31,u\n2,2024-02-01,v\n", ["a", "d"], "read as dates, whose year, month, day and so on are "),
    ("a,d,y\n1,31.12.2024 10:00,u\n2,1.1.2025,v\n", ["a", "d"], "are learned from: 'd' (day first); dataset.categor"),
    ("a,d,y\n1,3 March 2024,u\n2,12 Apr 2024,v\n", ["a", "d"], "are learned from: 'd'; dataset.categories: [d] lea"),
    ("a,i,y\n1,k1,u\n2,k2,v\n3,k3,u\n", ["a"], "as names and ids do: 'i' (3 in 3 rows); dataset.categories: [i] "),
    (",a,y\n0,1,u\n1,2,v\n", ["a"], "left out, since they count or name the rows: ''; dataset.numbers"),
    ("a,c,y\n1,7,u\n2,7,v\n", ["a"], "left out, since they have a single value: 'c' (7)"),
    ("a,y\n1,u\n2,\n3,v\n", ["a"], "1 of 3 rows is left out, since the target 'y' is missing"),
    (f"a,y\n{COUNTED}x7,v\n", ["a"], "read as numbers or dates in which some cells are missing: 'a' ('x7' in 1 of 101"),
]


@pytest.mark.parametrize(("content", "learned", "line"), TIDIED)
def test_a_table_is_tidied_and_said_to_be(tmp_path, content, learned, line):
    """What can't be learned from is left out or converted; a line names it, and strict refuses the table with it."""
    path = write(tmp_path, content)
    dataset = load(path)
    assert learned == [feature.name for feature in dataset.features]
    assert line in "\n".join([*dataset.warnings, *dataset.tidied])
    with pytest.raises(DataError, match="would have to be tidied, which strict: true refuses: \\(1\\) ") as caught:
        load(path, strict=True)
    assert line in str(caught.value)


@pytest.mark.parametrize("name", ["missing.csv", "folder.csv", "rows.xls", "rows"])
def test_a_path_that_is_no_table_is_refused(tmp_path, name):
    """A missing file, a folder, another format."""
    (tmp_path / "folder.csv").mkdir()
    write(tmp_path, ROWS, "rows.xls")
    write(tmp_path, ROWS, "rows")
    with pytest.raises(DataError, match="there is no file|holds no table|does not end with .csv"):
        load(tmp_path / name)


def test_a_truncated_parquet_file_is_refused(tmp_path):
    """A download that broke off."""
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"a": range(100), "y": ["u", "v"] * 50}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="is not a readable Parquet file|can't be read"):
        load(path)


def test_kinds_are_told_by_what_the_cells_hold(tmp_path):
    """Whole numbers, fractions, booleans, text and gaps, in CSV."""
    path = write(
        tmp_path,
        "whole,part,gap,flag,flaggap,text,y\n"
        "1,1.5,1,true,True,p,u\n 2 ,2,,false,,q,v\n3,1e3,3,true,False,,u\n4,4,4,false,True,p,v\n",
    )
    dataset = load(path)
    assert {
        "whole": ("number", "int64"),
        "part": ("number", "float64"),
        "gap": ("number", "float64"),
        "flag": ("boolean", "bool"),
        "flaggap": ("boolean", "float64"),
        "text": ("category", "str"),
    } == {feature.name: (feature.kind, feature.dtype) for feature in dataset.features}
    assert [1.5, 2.0, 1000.0, 4.0] == dataset.X["part"].tolist()
    np.testing.assert_array_equal([1.0, np.nan, 0.0, 1.0], dataset.X["flaggap"])


def test_csv_and_parquet_of_the_same_rows_are_the_same_dataset(tmp_path):
    """To the last digit of every float."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=50), "b": ["p", "q"] * 25, "y": ["u", "v"] * 25})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    from_csv, from_parquet = load(tmp_path / "rows.csv"), load(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(from_csv.X, from_parquet.X)
    assert from_csv.y.tolist() == from_parquet.y.tolist()


def test_parquet_types_are_reduced_or_refused(tmp_path):
    """Categories, small integers, decimals and timestamps are read; lists are refused by name."""
    base = {"a": pd.array([1, 2, 3, 4], dtype="int8"), "y": pd.Categorical(["u", "v", "u", "v"])}
    path = tmp_path / "rows.parquet"
    pd.DataFrame(base | {"c": pd.Categorical(["p", "q", "p", "p"])}).to_parquet(path)
    assert ["number", "category"] == [feature.kind for feature in load(path).features]
    pd.DataFrame(base | {"d": pd.to_datetime(["2024-01-01", "2024-01-02"] * 2)}).to_parquet(path)
    assert ["number", "datetime"] == [feature.kind for feature in load(path).features]
    pd.DataFrame(base | {"bad": [[1]] * 4, "worse": [[2]] * 4}).to_parquet(path)
    with pytest.raises(DataError, match="columns 'bad', 'worse' hold lists, structs or maps; give"):
        load(path)


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["1", "2", "10"], ["1", "2", "10"]),
        (["1.0", "2.0", "3"], ["1", "2", "3"]),
        (["true", "false", "TRUE", "False"], ["false", "true"]),
        (["0x1f", "0x20"], ["0x1f", "0x20"]),
        (["x", "1", "2"], ["1", "2", "x"]),
    ],
)
def test_a_target_is_whole_numbers_or_text(tmp_path, cells, classes):
    """Whole numbers sort as numbers, all else as text."""
    path = write(tmp_path, "a,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)))
    assert classes == load(path).classes


def test_ignored_columns_may_hold_anything(tmp_path):
    """The way out that the sentences name is one."""
    path = write(tmp_path, "a,d,i,y\n" + "".join(f"{i},2024-01-0{i},k{i},{'uv'[i % 2]}\n" for i in range(1, 9)))
    assert ["a"] == [feature.name for feature in load(path, ignore=("d", "i")).features]
    with pytest.raises(DataError, match="there is no column 'x' \\(to ignore\\)"):
        load(path, ignore=("d", "i", "x"))


def test_a_file_that_changed_is_read_again(tmp_path):
    """The dataset that is kept for the run is not served stale."""
    path = write(tmp_path, ROWS)
    assert 8 == len(load(path).y)
    write(tmp_path, ROWS + "9,p,u\n")
    assert 9 == len(load(path).y)


def test_quoted_cells_may_hold_commas_and_line_ends(tmp_path):
    """As RFC 4180 has it."""
    path = write(tmp_path, 'a,t,y\n1,"p, q",u\n2,"r\ns",v\n3,"p, q",u\n')
    assert ["p, q", "r\ns", "p, q"] == load(path).X["t"].tolist()


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path):
    """Excel writes one."""
    assert ["a", "b"] == load(write(tmp_path, b"\xef\xbb\xbf" + ROWS.encode())).X.columns.tolist()


def test_a_parquet_target_of_booleans_is_called_as_in_csv(tmp_path):
    """true and false, so that a model trained on one can be evaluated on the other."""
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"a": range(4), "y": [True, False, True, False]}).to_parquet(path)
    assert ["false", "true"] == load(path).classes


def test_whole_numbers_beyond_53_bits_are_read_beside_gaps(tmp_path):
    """As the nearest fraction, as everywhere in numpy; no error of Arrow's gets through."""
    path = tmp_path / "rows.parquet"
    frame = pd.DataFrame({"a": pd.array([2**60 + 1, None, 3], dtype="Int64"), "y": ["u", "v", "u"]})
    frame["b"] = np.array([2**64 - 1, 1, 2], dtype="uint64")
    frame.to_parquet(path)
    assert [float(2**60), 3.0] == load(path).X["a"].dropna().tolist()
    assert float(2**64) == load(path).X["b"][0]


def test_a_cell_of_megabytes_is_read(tmp_path):
    """A row may be longer than the blocks that Arrow reads."""
    path = write(tmp_path, ROWS + f"9,{'p' * 3_000_000},u\n")
    assert 3_000_000 == load(path).X["b"].str.len().max()


def test_many_columns_are_required_by_listing_the_names_once():
    """Listing them for each required column would take time with the square of the columns."""
    names = [f"x{i}" for i in range(40)]
    table = Counted(pa.table({name: [1.0] for name in names}))
    require_columns(table, names, "all are needed")
    assert 1 == table.asked["column_names"]


def test_nested_columns_are_named_in_one_line_before_they_are_read(tmp_path, monkeypatch):
    """All of them, whatever they hold; where they are ignored the file is read without them."""
    nested = {
        "struct": [{"a": 1}] * 8,
        "list": [[1]] * 8,
        "map": pa.array([[("k", 1)]] * 8, pa.map_(pa.string(), pa.int64())),
        "pair": pa.array([[1, 2]] * 8, pa.list_(pa.int64(), 2)),
        "texts": pa.array([["a"]] * 8, pa.list_(pa.dictionary(pa.int32(), pa.string()))),
        "tensor": pa.FixedShapeTensorArray.from_numpy_ndarray(np.zeros((8, 2, 2))),
    }
    plain = {"x": [float(row) for row in range(8)], "y": ["a", "b"] * 4}
    pq.write_table(pa.table(plain | nested), tmp_path / "rows.parquet")
    config = {"source": "file", "path": str(tmp_path / "rows.parquet"), "target": "y"}
    dataset = load_dataset(DatasetConfig(**config, ignore=list(nested)))
    assert ["x"] == list(dataset.X)
    monkeypatch.setattr(ParquetFile, "chunks", None)
    names = "'struct', 'list', 'map', 'pair', 'texts', 'tensor'"
    with pytest.raises(DataError, match=f"^columns {names} hold lists, structs or maps; give plain values, or name"):
        load_dataset(DatasetConfig(**config))


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_small_csv_that_unpacks_to_gigabytes_is_refused(tmp_path, codec):
    """In training and in prediction, in one line, and in no more memory than any other table."""
    path = tmp_path / f"rows.csv.{codec[0]}{'z' if codec == 'gzip' else 'st'}"
    packed = pa.Codec(codec).compress(b"1,a\n" * (1 << 20), asbytes=True)
    path.write_bytes(pa.Codec(codec).compress(b"x,y\n", asbytes=True) + 512 * packed)
    done = subprocess.run([sys.executable, "-c", READ_BOMB, str(path)], capture_output=True, text=True, check=True)
    sentence = "has {:,} bytes and unpacks to more than {:,}; a compressed table may unpack to 256 MB, or to 200 times"
    size = path.stat().st_size
    *messages, megabytes = done.stdout.splitlines()
    for message in messages:
        assert sentence.format(size, max(256 << 20, 200 * size)) in message
    assert 2 == len(messages)
    assert int(megabytes) < 500


READ_BOMB = """
import sys
from bakeoff.errors import DataError
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import open_table
for read in (read_table, lambda path: next(open_table(path).batches(["x"]))):
    try:
        read(sys.argv[1])
    except DataError as error:
        print(error)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak) // 1024)
"""


def test_a_csv_that_gzip_packs_well_is_read(tmp_path, monkeypatch):
    """Packed more than 50 times over, and larger than what any file may unpack to, which is less here."""
    monkeypatch.setattr("bakeoff.tables.batches.FREE", 32 << 20)
    path = tmp_path / "rows.csv.gz"
    noise = np.random.default_rng(0).integers(0, 10, 1 << 13).astype(np.uint8) + ord("0")
    line = noise.tobytes() + b"," + b"0" * (1 << 19) + b"\n"
    path.write_bytes(gzip.compress(b"x,y\n") + 100 * gzip.compress(line))
    assert 50 < 100 * len(line) / path.stat().st_size < 200
    assert 100 == sum(batch.n_rows for _, batch in open_table(path).batches(["y"]))


@pytest.mark.parametrize(
    ("pack", "name", "sentence"),
    [
        (bz2.compress, "bzip2", "compressed by bzip2: unpack it"),
        (lzma.compress, "xz", "compressed by xz: unpack it"),
        (gzip.compress, "gzip", "compressed by gzip: name it .csv.gz"),
    ],
)
def test_another_compression_is_refused_by_its_name(tmp_path, pack, name, sentence):
    """By the ending of the file's name; where that is a CSV's, by its content."""
    content = pack(b"x,y\n1,a\n" * 1000)
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        open_table(tmp_path / "rows.csv")
    (tmp_path / f"rows.csv.{name}").write_bytes(content)
    with pytest.raises(DataError, match=r"does not end with .csv, .tsv, .json"):
        open_table(tmp_path / f"rows.csv.{name}")
