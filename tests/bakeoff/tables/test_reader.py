"""Tables of any shape: one file or many, packed or not, whole or cut off."""

import gzip
import json
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from versions import VIEW

import bakeoff
from bakeoff.errors import DataError, UserError
from bakeoff.tables.batches import Position
from bakeoff.tables.formats.parquet_file import ParquetFile
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import open_table, table_signature
from tests.bakeoff.conftest import predict, run_race


@pytest.fixture(scope="module")
def rows():
    return pd.read_csv("examples/orders.csv").head(200)


@pytest.fixture
def small(monkeypatch):
    """So small that a file of 200 rows has many batches."""
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 1500)
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.SAMPLE", 1500)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.LEAST_ROWS", 30)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.CELLS", 30)
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.CELLS", 300)
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.LEAST_ROWS", 30)


def score(store, path, out, **config):
    folder = predict(store=store, input=str(path), output=str(out), keep=("order_id",), **config)
    rejected = folder / "rejected.parquet"
    return (
        pd.read_parquet(folder / "predictions.parquet"),
        pd.read_parquet(rejected) if rejected.exists() else None,
        json.loads((folder / "summary.json").read_text()),
    )


def pack(path, content):
    """By the name's ending."""
    codec = {".gz": "gzip", ".zst": "zstd"}[path.suffix]
    with pa.CompressedOutputStream(str(path), codec) as stream:
        stream.write(content)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "csv.zst", "parquet", "folder", "mixed folder", "gzip parquet"])
def test_however_the_rows_come_the_predictions_are_the_same(orders, rows, tmp_path, kind):
    """In many batches as in one, and numbered through."""
    expected, _ = bakeoff.load(store=orders).predict(rows, keep=["order_id"])
    text = rows.to_csv(index=False).encode()
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        path.write_bytes(text)
    elif kind in {"csv.gz", "csv.zst"}:
        pack(path, text)
    elif kind == "parquet":
        rows.to_parquet(path, row_group_size=70)
    elif kind == "gzip parquet":
        rows.to_parquet(path := tmp_path / "rows.parquet", compression="gzip")
    else:
        path.mkdir()
        (path / "_SUCCESS").touch()
        (path / ".part.crc").touch()
        rows[:50].to_parquet(path / "part-0.parquet")
        rows[50:120].to_csv(path / "part-1.csv", index=False)
        if kind == "mixed folder":
            pack(path / "part-2.csv.gz", rows[120:].to_csv(index=False).encode())
        else:
            rows[120:].drop(columns="region").assign(region=rows["region"]).to_parquet(path / "part-2.parquet")
    found, rejected, summary = score(orders, path, tmp_path / "out")
    pd.testing.assert_frame_equal(expected, found, check_dtype=False, rtol=1e-12)
    assert (None, 200) == (rejected, summary["rows"])
    assert (rows["outcome"].to_numpy() == found["prediction"]).mean() == pytest.approx(
        summary["evaluation"]["accuracy"]
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "write", "note"),
    [
        ("rows.tsv", {"sep": "\t"}, "with tabs between fields"),
        ("rows.csv", {"sep": ";"}, "with ';' between fields"),
        ("rows.csv", {"encoding": "latin-1"}, "as Latin-1"),
        ("rows.csv.gz", {"encoding": "latin-1"}, "as Latin-1"),
        ("rows.csv", {"encoding": "utf-16"}, "as UTF-16"),
        ("rows.txt", {"encoding": "utf-16", "sep": "\t"}, "with tabs between fields and as UTF-16"),
        ("rows.tsv", {"encoding": "utf-16", "sep": "\t"}, "with tabs between fields and as UTF-16"),
        ("rows.csv", {"encoding": "utf-8-sig"}, "as UTF-8 with a byte-order mark"),
        ("rows.json", pd.DataFrame.to_json, "as a JSON object of columns"),
        ("rows.jsonl.gz", partial(pd.DataFrame.to_json, orient="records", lines=True), "as JSON Lines"),
        ("rows.xlsx", partial(pd.DataFrame.to_excel, index=False), "from sheet 'Sheet1'"),
        ("rows.feather", pd.DataFrame.to_feather, "as Arrow data"),
    ],
)
def test_a_recognized_format_is_said_and_the_predictions_are_the_same(
    orders, rows, tmp_path, caplog, name, write, note
):
    """In the log, once; rows are kept, scored and numbered as those of a CSV are."""
    caplog.set_level("INFO")
    expected, _ = bakeoff.load(store=orders).predict(rows, keep=["order_id"])
    if isinstance(write, dict):  # how the CSV is written; with an accent, or Latin-1 would be UTF-8
        write = partial(pd.DataFrame.to_csv, index=False, **write)
    write(rows.assign(note="é"), tmp_path / name)
    found, rejected, _ = score(orders, tmp_path / name, tmp_path / "out")
    pd.testing.assert_frame_equal(expected, found, check_dtype=False, rtol=1e-12)
    assert rejected is None
    assert [f"{name!r} is read {note}"] == [message for message in caplog.messages if " is read " in message]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("rows.csv", b"", "is empty"),
        ("rows.csv", b"\n \n", "is empty"),
        ("rows.csv", b"\xff\xfea\0,\0\n\0", "there is no column 'amount'"),
        ("rows.csv", b"\x7fELF\x02\x01\x01\0\0\0", "it holds binary data"),
        ("rows.csv", b"PAR1....", "a Parquet file: name it .parquet"),
        ("rows.csv", gzip.compress(b"a,b\n", mtime=0), "compressed by gzip: name it .csv.gz"),
        ("rows.csv", b"\x28\xb5\x2f\xfd....", "compressed by zstd: name it .csv.zst"),
        ("rows.csv", b"order_id;amount;items\n1,2,3\n", "its header has ';' between fields, but most records have not"),
        ("rows.csv", "größe,b\n".encode("latin-1") + "é,2\n".encode(), "the header of"),
        ("rows.csv", b"a,a\n1,2\n", "more than one column named 'a'"),
        ("rows.csv", b'"a,b\n1,2\n', "has no readable header"),
        ("rows.csv.gz", b"a,b\n1,2\n", "can't be read"),
        ("rows.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "can't be read"),
        ("rows.csv.zst", b"\x28\xb5\x2f\xfd....", "can't be read"),
        ("rows.parquet", b"PAR1 and no more", "is not a readable Parquet file"),
        ("rows.parquet", b"", "is not a readable Parquet file"),
        ("rows.json", b'[{"a": 1', "is not JSON"),
        ("rows.feather", b"ARROW1", "is not a readable Feather or Arrow file"),
        ("rows.xlsx", b"PK\x03\x04", "is not a readable Excel workbook"),
        ("rows.xls", b"a,b", "does not end with .csv, .tsv"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_line(orders, tmp_path, name, content, sentence):
    """Before anything is written."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as caught:
        score(orders, tmp_path / name, tmp_path / "out")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_a_folder_that_holds_other_things_is_refused(orders, rows, tmp_path):
    """No row is left out unseen."""
    folder = tmp_path / "rows"
    for content, sentence in ((None, "holds no table"), ("notes.txt", "holds 'notes.txt', which is neither")):
        folder.mkdir(exist_ok=True)
        if content:
            (folder / content).touch()
        with pytest.raises(DataError, match=sentence):
            score(orders, folder, tmp_path / "out")
    (folder / "notes.txt").unlink()
    (folder / "year=2026").mkdir()
    with pytest.raises(DataError, match="holds 'year=2026', which is a folder"):
        score(orders, folder, tmp_path / "out")


def test_a_file_of_a_folder_that_lacks_a_column_is_named(orders, rows, tmp_path):
    """Before the others are scored."""
    folder = tmp_path / "rows"
    folder.mkdir()
    rows.to_parquet(folder / "a.parquet")
    rows.drop(columns="amount").to_csv(folder / "b.csv", index=False)
    with pytest.raises(DataError, match=r"there is no column 'amount' \(version .*; 'b.csv' has order_id"):
        score(orders, folder, tmp_path / "out")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["csv.gz", "parquet"])
def test_a_file_that_breaks_off_ends_the_run_and_leaves_nothing(orders, rows, tmp_path, kind):
    """A download that was cut: half a table is no table."""
    path = tmp_path / f"rows.{kind}"
    many = pd.concat([rows] * 20)
    if kind == "csv.gz":
        pack(path, many.to_csv(index=False).encode())
        path.write_bytes(path.read_bytes()[:-100])
    else:
        many.to_parquet(path, row_group_size=500, compression=None)
        content = bytearray(path.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 4000] = b"\0" * 4000
        path.write_bytes(content)
    with pytest.raises(DataError, match="can't be read to its end|is not a readable Parquet file"):
        score(orders, path, tmp_path / "out")
    assert [path] == list(tmp_path.iterdir())


def test_a_column_that_changes_its_type_half_way_costs_the_rows_behind(orders, rows, tmp_path):
    """Cells are judged one by one."""
    changed = rows.astype({"amount": object})
    changed.loc[100:, "amount"] = "n/k"
    changed.to_csv(tmp_path / "rows.csv", index=False)
    found, rejected, summary = score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert (list(range(100)), list(range(100, 200))) == (found["row"].tolist(), rejected["row"].tolist())
    assert [{"column": "amount", "reason": "not a number", "rows": 100}] == summary["reasons"]


def test_features_that_are_nested_are_named_in_one_line(orders, rows, tmp_path):
    """All of them, before anything is written; columns that the model doesn't need may be nested."""
    nested = pa.array([[1]] * len(rows))
    table = pa.Table.from_pandas(rows, preserve_index=False).append_column("other", nested)
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    assert len(rows) == len(score(orders, tmp_path / "rows.parquet", tmp_path / "whole")[0])
    for name in (features := list(bakeoff.load(store=orders).card["features"])[:3]):
        position = table.column_names.index(name["name"])
        table = table.set_column(position, name["name"], nested)
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    names = sorted((feature["name"] for feature in features), key=table.column_names.index)
    listed = ", ".join(map(repr, names))
    with pytest.raises(DataError, match=f"^columns {listed} hold lists, structs or maps, where training saw plain"):
        score(orders, tmp_path / "rows.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_two_thousand_columns_and_a_cell_of_a_megabyte(orders, rows, tmp_path):
    """What nobody looks at is read over."""
    wide = pd.concat([rows, pd.DataFrame(np.ones((200, 2000)), columns=[f"c{i}" for i in range(2000)])], axis=1)
    wide["note"] = ["x" * (1 << 20), *[""] * 199]
    wide.to_csv(tmp_path / "rows.csv", index=False)
    found, rejected, _ = score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert (200, None) == (len(found), rejected)


def test_latin_1_within_utf_8_costs_the_rows_it_is_in(orders, rows, tmp_path):
    """Of a column that is looked at; of another it costs nothing."""
    text = rows.head(3).assign(region=["Köln", "north", "north"], note=["x", "é", "y"]).to_csv(index=False)
    (tmp_path / "rows.csv").write_bytes(text.encode("latin-1").replace(b",y\n", ",ü\n".encode()))
    found, rejected, _ = score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert [1, 2] == found["row"].tolist()
    assert [(0, "region", "K�ln", "not UTF-8: save the file as UTF-8")] == list(
        rejected.itertuples(index=False, name=None)
    )


def test_text_in_parquet_that_is_no_utf8_costs_its_rows(orders, rows, tmp_path):
    """Writers that don't look write it."""
    table = pa.Table.from_pandas(rows.head(3))
    region = pa.array([b"north", "Köln".encode("latin-1"), b"north"]).view(pa.string())
    at = table.schema.get_field_index("region")
    pa.parquet.write_table(table.set_column(at, "region", region), tmp_path / "rows.parquet")
    found, rejected, _ = score(orders, tmp_path / "rows.parquet", tmp_path / "out")
    assert ([0, 2], [1]) == (found["row"].tolist(), rejected["row"].tolist())


@pytest.mark.parametrize("offset", [0, 1, 29, 30, 31, 95, 100, 199, 200, 250])
def test_parquet_is_read_on_from_any_row(rows, tmp_path, monkeypatch, offset):
    """In the same steps, whatever its row groups are."""
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.LEAST_ROWS", 30)
    monkeypatch.setattr("bakeoff.tables.formats.parquet_file.CELLS", 30)
    path = tmp_path / "rows.parquet"
    rows.to_parquet(path, row_group_size=70)
    pieces = list(ParquetFile(path).chunks(["order_id"], [], offset))
    assert rows["order_id"].tolist()[offset:] == [
        cell for piece in pieces for cell in piece.read().table["order_id"].to_pylist()
    ]
    ends = [min(end, 200) for end in range(offset + 30, 230, 30) if end - 30 < 200]
    assert ends == [piece.next_offset for piece in pieces]
    assert ends == list(ParquetFile(path).ends(["order_id"], [], offset))


def test_a_column_that_training_saw_gaps_in_may_be_missing(orders, rows, tmp_path, caplog):
    """It is said, with the name that it may have now; one without gaps may not."""
    rows.drop(columns="age").assign(Age=1).to_csv(tmp_path / "rows.csv", index=False)
    found, _, _ = score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert 200 == len(found)
    assert "there is no column 'age' (it is taken as missing throughout" in caplog.text
    assert "did you mean 'Age'?" in caplog.text


def test_columns_that_nobody_looks_at_are_named_once(orders, rows, tmp_path, caplog):
    """However many batches there are."""
    caplog.set_level("INFO")
    rows.assign(extra=1).to_csv(tmp_path / "rows.csv", index=False)
    score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert ["columns that are not looked at: ordered_on, extra"] == [
        message for message in caplog.messages if "not looked at" in message
    ]


def test_a_folders_files_are_read_in_the_order_of_their_names(tmp_path):
    """Every file of a folder is read, in the order of the names."""
    for number in (10, 9, 1):
        pd.DataFrame({"a": [number]}).to_csv(tmp_path / f"{number:02}.csv", index=False)
    source = open_table(tmp_path)
    assert [(0, ["1"]), (1, ["9"]), (2, ["10"])] == [
        (row, batch.table["a"].to_pylist()) for row, batch in source.batches(["a"])
    ]


@pytest.mark.parametrize("cell", ["parse error", "CSV parse error: Expected 3 columns", "In CSV column #1"])
def test_a_cell_that_reads_like_arrows_own_words_is_a_cell(orders, rows, tmp_path, cell):
    """One row is rejected, and nothing else happens."""
    changed = rows.head(5).astype({"amount": object})
    changed.loc[2, "amount"] = cell
    changed.to_csv(tmp_path / "rows.csv", index=False)
    _, rejected, _ = score(orders, tmp_path / "rows.csv", tmp_path / "out")
    assert [(2, "amount", cell)] == list(rejected[["row", "column", "value"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_can_be_kept_is_kept_and_what_cannot_is_refused(orders, rows, tmp_path, form):
    """Before anything is written: bytes and lists have no place in a CSV."""
    odd = {
        "bytes": pa.array([b"\xff"] * 200),
        "view": pa.array(["a"] * 200, VIEW),
        "list": pa.array([[1]] * 200),
        "moment": pa.array([0] * 200, pa.timestamp("us")),
        "money": pa.array([None, 1] * 100, pa.decimal128(9, 2)),
    }
    table = pa.Table.from_pandas(rows)
    for name, column in odd.items():
        table = table.append_column(name, column)
    pa.parquet.write_table(table, tmp_path / "rows.parquet")
    values = {"store": orders, "input": str(tmp_path / "rows.parquet"), "format": form}
    for name in odd:
        out = tmp_path / f"out-{name}"
        if form == "csv" and name in {"bytes", "list"}:
            with pytest.raises(DataError, match=f"column '{name}' holds .*can't be kept; use --format parquet"):
                predict(output=str(out), keep=(name,), **values)
        else:
            folder = predict(output=str(out), keep=(name,), **values)
            assert (folder / f"predictions.{form}").stat().st_size > 0


def test_a_column_whose_name_holds_marks_is_counted_whole(tmp_path):
    """Names may hold whatever flags and reasons are written with."""
    frame = pd.DataFrame({"t; u": ["p", "q"] * 60, "a: x": np.arange(120.0), "y": ["u", "v"] * 60})
    frame.to_parquet(tmp_path / "train.parquet")
    dataset = {"source": "file", "path": str(tmp_path / "train.parquet"), "target": "y"}
    run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "models")
    pd.DataFrame({"t; u": ["new", "p"], "a: x": ["1", "b: c"]}).to_csv(tmp_path / "rows.csv", index=False)
    folder = predict(store=tmp_path / "models", input=str(tmp_path / "rows.csv"), output=str(tmp_path / "out"))
    summary = json.loads((folder / "summary.json").read_text())
    assert {"unseen:t; u": 1} == summary["warnings"]
    assert [{"column": "a: x", "reason": "not a number", "rows": 1}] == summary["reasons"]


@pytest.mark.parametrize("name", ["a\0b.csv", "x" * 5000 + ".csv"])
def test_a_name_that_no_file_can_have_is_refused_in_a_line(orders, tmp_path, name):
    """By the config, and by who opens it."""
    with pytest.raises(ValueError, match="holds a zero byte|is too long for a path"):
        score(orders, name, tmp_path / "out")
    with pytest.raises(DataError, match="can't be a file|there is no file"):
        open_table(name)


@pytest.mark.usefixtures("small")
def test_the_share_of_a_packed_file_grows(orders, rows, tmp_path):
    """Of which the size of the text is not known."""
    path = tmp_path / "rows.csv.gz"
    noise = np.random.default_rng(0).random((20_000, 2))  # which can't be packed into one read
    pack(path, pd.DataFrame(noise, columns=["order_id", "b"]).to_csv(index=False).encode())
    source, seen = open_table(path), []
    for number, piece in source.chunks(["order_id"]):
        seen.append(source.share(Position(number, piece.next_offset)))
    assert 0 == source.share(Position())
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.9
    assert 1 == pytest.approx(seen[-1], abs=0.05)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (b"," * 2_000_000, "has more than 1,000,000 commas: it is no header"),
        (b",".join(b"%d" % number for number in range(100_001)), "has 100,001 columns, and 100,000 are the most"),
    ],
)
def test_a_header_of_too_many_columns_is_refused(tmp_path, header, sentence):
    """Before lists of their names take gigabytes."""
    path = tmp_path / "rows.csv"
    path.write_bytes(header + b"\n1\n")
    with pytest.raises(DataError, match=sentence):
        open_table(path)


@pytest.fixture
def bucket(memory):
    """A prefix of fsspec's file system in memory, as the function that writes below it."""
    return lambda name, text="a,y\n1,u\n2,v\n": memory.pipe_file(f"/bucket/in/{name}", text.encode())


def test_a_prefix_of_an_object_store_is_a_folder(bucket):
    """In order of names, without hidden ones."""
    for name in ("b.csv", "a.csv", "_SUCCESS", ".part.crc"):
        bucket(name)
    source = open_table("memory://bucket/in/")
    assert ["a.csv", "b.csv"] == [file.path.name for file in source.files]
    assert 4 == read_table("memory://bucket/in", source).num_rows
    before = table_signature("memory://bucket/in")
    bucket("c.csv")
    assert before != table_signature("memory://bucket/in")


@pytest.mark.parametrize(
    ("name", "path", "sentence"),
    [
        ("more/x.csv", "", "holds 'more', which is a folder"),
        ("notes.txt", "", "holds 'notes.txt', which is neither"),
        ("_hidden.csv", "", "holds no table"),
        ("x.doc", "/x.doc", "does not end with"),
        ("x.csv", "/y.csv", "memory://bucket/in/y.csv is not there"),
    ],
)
def test_other_objects_are_refused_as_files_are(bucket, name, path, sentence):
    """Nothing is left out silently."""
    bucket(name)
    with pytest.raises(UserError, match=sentence):
        open_table(f"memory://bucket/in{path}")


def test_a_packed_object_is_no_bomb(memory, monkeypatch):
    """Its limit is that of a file."""
    monkeypatch.setattr("bakeoff.tables.batches.FREE", 1 << 20)
    monkeypatch.setattr("bakeoff.tables.formats.csv_file.BLOCK", 1 << 16)
    content = gzip.compress(b"a,y\n" + b"1,u\n" * (1 << 20))
    memory.pipe_file("/bucket/in/x.csv.gz", content)
    with pytest.raises(DataError, match="'memory://bucket/in/x.csv.gz' has .* bytes and unpacks to more than"):
        read_table("memory://bucket/in/x.csv.gz")
