"""JSON: records, columns, lines."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bakeoff.errors import DataError
from bakeoff.tables.formats.json_file import open_json
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import describe_format, open_table

FRAME = pd.DataFrame({"n": [1, 2, 3], "x": [1.5, None, 3], "t": ["001", "é", None], "f": [True, False, True]})


def write(tmp_path, content, name="rows.json"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path):
    table = read_table(path)
    return {name: table[name].to_pylist() for name in table.column_names}


@pytest.mark.parametrize(
    ("orient", "lines", "note"),
    [
        ("records", False, "is read as an array of JSON records"),
        ("records", True, "is read as JSON Lines"),
        ("columns", False, "is read as a JSON object of columns"),
        ("split", False, "is read as a JSON object of columns"),
        ("table", False, "is read as the JSON records of 'data'"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_however_pandas_writes_json_it_is_read(tmp_path, orient, lines, note, encoding):
    """Numbers, booleans, text and gaps come back with their types; which form it is is said."""
    path = write(tmp_path, FRAME.to_json(orient=orient, lines=lines, force_ascii=False).encode(encoding))
    table = read_table(path)
    expected = {"n": [1, 2, 3], "x": [1.5, None, 3.0], "t": ["001", "é", None], "f": [True, False, True]}
    assert expected == {name: table[name].to_pylist() for name in FRAME}
    assert [pa.int64(), pa.float64(), pa.string(), pa.bool_()] == [table[name].type for name in FRAME]
    assert [f"'rows.json' {note}"] == describe_format(open_table(path))
    assert open_json(path).typed


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            '[{"a": 1}, {"b": "x"}, {"a": 2, "c": true}]',
            {"a": [1, None, 2], "b": [None, "x", None], "c": [None, None, True]},
        ),
        ('{"a": [1, 2], "b": ["x", null]}', {"a": [1, 2], "b": ["x", None]}),
        ('{"a": {"r": 1, "s": 2}, "b": {"s": 3}}', {"a": [1, 2], "b": [None, 3]}),
        ('{"count": 2, "rows": [{"a": 1}, {"a": 2}], "next": null}', {"a": [1, 2]}),
        ('{"columns": [0, ["b", 1]], "data": [[1, "x"]]}', {"0": [1], "['b', 1]": ["x"]}),
        ('{"a": 1, "b": "x"}\n', {"a": [1], "b": ["x"]}),
        ('\n {"a": 1}\n\n{"a": 2}', {"a": [1, 2]}),
        ('[{"a": null}, {}]', {"a": [None, None]}),
        (f'[{{"a": {2**70}}}, {{"a": 1}}]', {"a": [float(2**70), 1.0]}),
        (f'[{{"a": {"9" * 400}}}]', {"a": ["9" * 400]}),
        (f'[{{"a": {2**60 + 1}}}, {{"a": 0.5}}]', {"a": [float(2**60 + 1), 0.5]}),
        ('[{"a": 1}, {"a": "x"}, {"a": true}, {"a": 1.5}]', {"a": ["1", "x", "true", "1.5"]}),
        ('[{"a": "2024-01-31"}]', {"a": ["2024-01-31"]}),
        ('[{"a": "é"}]'.encode("latin-1"), {"a": ["é"]}),
    ],
)
def test_records_may_differ_in_keys_and_types(tmp_path, content, expected):
    """Absent keys are gaps; numbers too large for their type become fractions or text, mixed cells text."""
    assert expected == read(write(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("[]", "holds no records"),
        ("{}", "holds no records"),
        ("3", "record 0 (from 0) of"),
        ("[[1, 2]]", "record 0 (from 0) of"),
        ('[{"a": 1}, 2]', "record 1 (from 0) of"),
        ("<html>", "is not JSON: Expecting value in line 1, column 1"),
        ('{"a": 1}\n{"a": 2,}\n', "is not JSON: Expecting property name enclosed in double quotes in line 2"),
        ('[{"a": 1}, {"a": 2}', "is not JSON: the array is not closed in line 1, column 20"),
        ('[{"a": 1}] {"a": 2}', "is not JSON: Extra data in line 1"),
        ('[{"a": 1}\n {"a": 2}]', "is not JSON: Expecting ',' delimiter in line 2, column 2"),
        ('[{"a": 1},\n]', "is not JSON: Illegal trailing comma before end of array in line 2, column 1"),
        ('[{"a": 1, "b": 2, "a": 3}]', "has the key 'a' more than once in an object"),
        ("[" * 10_000, "is nested too deep"),
        ('[{"a": ' + "[" * 10_000 + "]" * 10_000 + "}]", "is nested too deep"),
        (f'[{{"a": {"1" * 5000}}}]', "holds a number that can't be read"),
        ('[{"a": "\\ud800"}]', "holds text that is not Unicode"),
        ('{"a": [1, 2], "b": [1]}', "has columns of 1 and of 2 values"),
        ('{"columns": ["a", "b"], "data": [[1, 2], [3]]}', "has a row that is not an array of 2 values"),
        ('{"columns": ["a", "b"], "data": [1]}', "has a row that is not an array of 2 values"),
        ('{"columns": ["a", "a"], "data": [[1, 2]]}', "has a name of a column more than once"),
        ('[{"a": "é"},\n'.encode() + '{"a": "é"}]'.encode("latin-1"), "is not UTF-8 in line 2"),
    ],
)
def test_json_that_is_no_table_is_refused_in_a_line(tmp_path, content, sentence):
    """Whatever is wrong with it."""
    with pytest.raises(DataError) as caught:
        open_table(write(tmp_path, content))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nested_values_are_refused_where_they_are_learned_from(tmp_path):
    """As lists in Parquet are; a nested column that nobody looks at may be there, and keeps its content."""
    path = write(tmp_path, '[{"a": 1, "b": [1, {"c": 2}], "d": {"e": 3}}, {"a": 2, "b": null, "d": 4}]')
    assert [pa.int64(), pa.list_(pa.string()), pa.list_(pa.string())] == open_json(path).schema.types
    with pytest.raises(DataError, match="^columns 'b', 'd' hold lists, structs or maps; give plain values, or name"):
        read_table(path)
    (batch,) = (batch for _, batch in open_table(path).batches(["a", "b", "d"]))
    expected = {"a": [1, 2], "b": [['[1, {"c": 2}]'], None], "d": [['{"e": 3}'], ["4"]]}
    assert expected == batch.table.to_pydict()


@pytest.mark.parametrize(
    "content",
    [json.dumps([{"a": "x" * 2000}]), json.dumps([{f"k{i}": 1} for i in range(60)])],
    ids=["text", "ever new keys"],
)
def test_json_that_takes_too_much_memory_is_refused(tmp_path, monkeypatch, content):
    """By its size, or by its cells if each record has other keys."""
    monkeypatch.setattr("bakeoff.tables.formats.json_file.half_of_memory", lambda: 30_000)
    monkeypatch.setattr("bakeoff.tables.formats.memory_table.half_of_memory", lambda: 30_000)
    with pytest.raises(DataError, match="half of the available memory, since its format is read whole"):
        open_table(write(tmp_path, content))


def test_numbers_that_json_has_no_name_for_are_as_python_writes_them(tmp_path):
    """NaN is a gap, and infinity is refused where it is learned from."""
    a, b = read_table(write(tmp_path, '[{"a": NaN, "b": Infinity}]')).to_pandas().iloc[0]
    assert (True, np.inf) == (np.isnan(a), b)
