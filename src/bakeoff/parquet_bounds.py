"""How many rows of a Parquet file may be unpacked at once: a few bytes of one can be gigabytes of text.

A dictionary's value may stand in any number of rows and counts once in the file, so neither the file's size nor its
footer tells how much text the rows are.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.errors import DataError

MOST_BYTES = 1 << 26  # of a batch, unpacked
LONGEST_CELL = 1 << 20  # bytes of a text
MOST_DICTIONARY = 1 << 27  # bytes of a row group's column whose dictionary is looked at


def rows_at_once(file: Any, path: object, columns: Sequence[str], most: int) -> int:
    """How many rows to read at once, so that they take no more than `MOST_BYTES`.

    Args:
        file: pyarrow's reader of it.
        path: for messages.
        columns: that are read.
        most: rows, of ordinary ones.

    Raises:
        DataError: a text is longer than `LONGEST_CELL`, or its dictionary too large to be looked at.
    """
    metadata = file.metadata
    numbers = {metadata.schema.column(number).path: number for number in range(metadata.num_columns)}
    texts = [name for name in columns if name in numbers and is_text(file.schema_arrow.field(name).type)]
    size = most
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        packed = sum(rows.column(numbers[name]).total_uncompressed_size for name in columns if name in numbers)
        widest = packed / max(rows.num_rows, 1)
        for name in texts:
            chunk = rows.column(numbers[name])
            if chunk.has_dictionary_page and chunk.total_uncompressed_size * most > MOST_BYTES:
                widest += _longest(file, path, group, name, chunk.total_uncompressed_size)
        if widest * size > MOST_BYTES:
            size = max(1, int(MOST_BYTES / widest))
    return size


def unpacked_bytes(table: pa.Table) -> int:
    """Bytes of a table whose dictionaries are taken apart."""
    total = 0
    for column in table.columns:
        for chunk in column.chunks:
            total += chunk.nbytes
            if pa.types.is_dictionary(chunk.type) and is_text(chunk.type.value_type) and len(chunk.dictionary):
                lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
                total += pc.sum(lengths.cast(pa.int64())).as_py() or 0
    return total


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold texts, in a dictionary or not."""
    return bool(pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def _longest(file: Any, path: object, group: int, name: str, size: int) -> int:
    """Bytes of the longest value in a row group's dictionary."""
    if size > MOST_DICTIONARY:
        _refuse(path, name, f"a dictionary of up to {size:,} bytes, and {MOST_DICTIONARY:,} are the most")
    (batch, *_) = [*_first(file, group, name)] or [None]
    if batch is None or not pa.types.is_dictionary(batch.column(0).type):
        return 0
    longest = pc.max(pc.binary_length(batch.column(0).dictionary)).as_py() or 0
    if longest > LONGEST_CELL:
        _refuse(path, name, f"a text of {longest:,} bytes, and {LONGEST_CELL:,} are the most")
    return int(longest)


def _first(file: Any, group: int, name: str) -> Any:
    for batch in file.iter_batches(1, [group], columns=[name]):
        yield batch
        return


def _refuse(path: object, name: str, what: str) -> None:
    raise DataError(f"column {name!r} of {str(path)!r} has {what}; shorten it, or leave the column out of the file")
