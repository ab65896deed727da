"""Read a table in JSON: an array of records, an object of columns as pandas writes it, or JSON Lines."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.formatting import format_count
from bakeoff.tables.batches import TablePath, open_bytes
from bakeoff.tables.formats.csv_file import COMPRESSED
from bakeoff.tables.formats.csv_header import read_full
from bakeoff.tables.formats.encodings import ERRORS, SAMPLE, TranscodedStream, recognize_encoding
from bakeoff.tables.formats.memory_table import MemoryTable, half_of_memory, refuse_too_large
from bakeoff.tables.formats.python_columns import make_table

OBJECT_BYTES = 16  # memory that Python's objects take per byte of text, approximately
CELL_BYTES = 64  # memory that a cell takes, approximately
SPACE = re.compile(r"\s*")


def open_json(path: TablePath) -> MemoryTable:
    """Read a file in JSON, plain or compressed, in any encoding that is recognized.

    Raises:
        DataError: it is not JSON, not a table, or takes more memory than a table may.
    """
    text = _read_text(path)
    try:
        columns, note = _read_columns(path, text)
        return MemoryTable(path, make_table(path, columns.items()), note, typed=True)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"{str(path)!r} is not JSON: {error.msg} in {where}") from error
    except RecursionError as error:
        raise DataError(f"{str(path)!r} is nested too deep for a table") from error
    except ValueError as error:  # more digits than Python converts
        raise DataError(f"{str(path)!r} holds a number that can't be read: {str(error).split(';')[0]}") from error


def _read_text(path: TablePath) -> str:
    codec = COMPRESSED.get(path.suffix.lower())

    def read(encoding: str, size: int) -> bytes:
        with open_bytes(path) as file, pa.input_stream(file, compression=codec) as stream:
            return read_full(TranscodedStream(stream, encoding) if encoding in ERRORS else stream, size)

    encoding = recognize_encoding(read("utf-8", SAMPLE))
    content = read(encoding, half_of_memory() // OBJECT_BYTES + 1)
    refuse_too_large(path, len(content) * OBJECT_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{str(path)!r} is not UTF-8 in line {line}: save the file as UTF-8") from error


def _read_columns(path: TablePath, text: str) -> tuple[Mapping[str, list[Any]], str]:
    """Return the cells of each column by its name, and the note for `TableFile`."""
    start = _skip(text, 0)
    if start == len(text):
        raise DataError(f"{str(path)!r} is empty")
    values = _values(path, text, start)
    if text[start] == "[":
        return _from_records(path, values), "is read as an array of JSON records"
    first = list(islice(values, 2))
    if len(first) == 1 and isinstance(first[0], dict):
        return _from_object(path, first[0])
    return _from_records(path, chain(first, values)), "is read as JSON Lines"


def _values(path: TablePath, text: str, position: int) -> Iterator[Any]:
    """Yield the elements of the array at a position; without an array, the values from there on, as in JSON Lines.

    Raises:
        json.JSONDecodeError: the text is not JSON.
        DataError: an object has a key more than once.
    """

    def refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise DataError(
                f"{str(path)!r} has the key {twice!r} more than once in an object; rename or remove the others"
            )
        return content

    decoder = json.JSONDecoder(object_pairs_hook=refuse_twice)
    array = text[position] == "["
    position = _skip(text, position + array)
    while position < len(text) and not (array and text[position] == "]"):
        value, position = decoder.raw_decode(text, position)
        yield value
        position = _skip(text, position)
        if array and text.startswith(",", position):
            position = _skip(text, position + 1)
            if text.startswith("]", position):
                raise json.JSONDecodeError("Illegal trailing comma before end of array", text, position)
        elif array and position < len(text) and text[position] != "]":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, position)
    if array and (position == len(text) or _skip(text, position + 1) < len(text)):
        raise json.JSONDecodeError("the array is not closed" if position == len(text) else "Extra data", text, position)


def _skip(text: str, position: int) -> int:
    """Return the position after any white space."""
    match = SPACE.match(text, position)
    return match.end() if match else position


def _from_records(path: TablePath, records: Iterable[Any]) -> dict[str, list[Any]]:
    """Collect the cells of records, which need not have the same keys."""
    columns: dict[str, list[Any]] = {}
    count = 0
    for record in records:
        if not isinstance(record, dict):
            raise DataError(f"record {count} (from 0) of {str(path)!r} is not an object of names and values")
        for name, cell in record.items():
            cells = columns.get(name)
            if cells is None:
                _refuse_too_many(path, len(columns) + 1, count)
                cells = columns[name] = [None] * count
            elif len(cells) < count:
                cells.extend([None] * (count - len(cells)))
            cells.append(cell)
        count += 1
    _refuse_too_many(path, len(columns), count)
    if not columns:
        raise DataError(f"{str(path)!r} holds no records")
    for cells in columns.values():
        cells.extend([None] * (count - len(cells)))
    return columns


def _refuse_too_many(path: TablePath, n_columns: int, n_rows: int) -> None:
    """Refuse a table of more cells than fit in memory, as records make it that all have keys of their own."""
    refuse_too_large(path, n_columns * n_rows * CELL_BYTES)


def _from_object(path: TablePath, content: dict[str, Any]) -> tuple[Mapping[str, list[Any]], str]:
    """Read an object as a table that pandas wrote by `to_json`, as one around an array of records, or as a record."""
    note, values = "is read as a JSON object of columns", list(content.values())
    arrays = [name for name, value in content.items() if _holds_records(value)]
    if len(arrays) == 1:  # as pandas writes with orient="table", and as many services answer
        return _from_records(path, content[arrays[0]]), f"is read as the JSON records of {arrays[0]!r}"
    lists = bool(values) and all(isinstance(value, list) for value in values)
    if lists and {"columns", "data"} <= set(content) <= {"columns", "index", "data"}:  # orient="split"
        return _from_rows(path, content["columns"], content["data"]), note
    if values and all(isinstance(column, dict) for column in values):
        labels = list(dict.fromkeys(label for column in values for label in column))
        _refuse_too_many(path, len(content), len(labels))
        return {name: [column.get(label) for label in labels] for name, column in content.items()}, note
    if lists:
        lengths = sorted(set(map(len, values)))
        if len(lengths) > 1:
            raise DataError(f"{str(path)!r} has columns of {lengths[0]} and of {lengths[-1]} values")
        return content, note
    return _from_records(path, [content]), "is read as a single JSON record"


def _holds_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _from_rows(path: TablePath, names: Sequence[Any], rows: Sequence[Any]) -> dict[str, list[Any]]:
    """Collect the cells of columns from their names and from rows that are arrays."""
    columns: dict[str, list[Any]] = {str(name): [] for name in names}
    if len(columns) < len(names):
        raise DataError(f"{str(path)!r} has a name of a column more than once; rename or remove the others")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(names):
            raise DataError(f"{str(path)!r} has a row that is not an array of {format_count(len(names), 'value')}")
        for cells, cell in zip(columns.values(), row):
            cells.append(cell)
    return columns
