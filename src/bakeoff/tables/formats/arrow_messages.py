"""Measure what Arrow's data unpacks to before it is unpacked, by Arrow's own account of each buffer.

The layout is Arrow's columnar format, in flatbuffers: https://arrow.apache.org/docs/format/Columnar.html.
"""

import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

MARK = -1  # before a message's length; in files of before 2019 it is missing
DICTIONARY, BATCH = 2, 3  # kinds of messages with buffers
OLD_COMPRESSION = b"ARROW:experimental_compression"  # of before 2020, in a message's own metadata
DAMAGED = "its metadata is damaged"
FOOTER_END = 10  # bytes: the footer's length, and ARROW1


def unpacked_size(source: Any, is_file: bool) -> int:
    """Return how many bytes the buffers of all batches and dictionaries take in memory.

    Args:
        source: pyarrow's file.
        is_file: whether it holds Arrow's file format, else its stream format.

    Raises:
        pyarrow.ArrowInvalid: it is damaged.
    """
    try:
        return sum(_message_size(source, place) for place in (_blocks(source) if is_file else _stream(source)))
    except (struct.error, OverflowError) as error:
        raise pa.ArrowInvalid(DAMAGED) from error


def _blocks(source: Any) -> Iterator[int]:
    """Yield where the messages of a file begin, as its footer has it."""
    source.seek(-FOOTER_END, 2)
    (length,) = struct.unpack("<i6x", source.read(FOOTER_END))
    footer = _take(source, source.size() - FOOTER_END - length, length)
    root = _follow(footer, 0)
    for field in (2, 3):  # dictionaries, batches
        yield from (place for place, _, _ in _structs(footer, root, field, "<qi4xq"))


def _stream(source: Any) -> Iterator[int]:
    """Yield where the messages of a stream begin."""
    place = 0
    while (found := _read(source, place)) is not None:
        yield place
        metadata, body = found
        after = body + _number(metadata, _follow(metadata, 0), 3, "<q")
        if after <= place:
            raise pa.ArrowInvalid(DAMAGED)
        place = after


def _read(source: Any, place: int) -> tuple[bytes, int] | None:
    """Return a message's metadata, and where its body begins; None at the end."""
    source.seek(place)
    head = source.read(8)
    if len(head) < 4:
        return None
    (length,), start = struct.unpack_from("<i", head), 4
    if length == MARK:
        (length,), start = struct.unpack_from("<i", head, 4), 8
    if length <= 0:
        return None
    return _take(source, place + start, length), place + start + length


def _take(source: Any, place: int, length: int) -> bytes:
    if not 0 <= place <= place + length <= source.size():  # before so much is made room for
        raise pa.ArrowInvalid(DAMAGED)
    source.seek(place)
    return bytes(source.read(length))


def _message_size(source: Any, place: int) -> int:
    if (found := _read(source, place)) is None:
        return 0
    metadata, body = found
    message = _follow(metadata, 0)
    kind, header = _number(metadata, message, 1, "<B"), _table(metadata, message, 2)
    if kind not in (DICTIONARY, BATCH) or header is None:
        return 0
    batch = _table(metadata, header, 1) if kind == DICTIONARY else header
    if batch is None:
        return 0
    packed = _table(metadata, batch, 3) is not None or OLD_COMPRESSION in metadata
    size = 0
    for offset, length in _structs(metadata, batch, 2, "<qq"):
        unpacked = length
        if packed and length:
            (unpacked,) = struct.unpack("<q", _take(source, body + offset, 8))  # -1: as it is
        size += max(length, unpacked)
    return size


def _follow(data: bytes, place: int) -> int:
    return place + int(struct.unpack_from("<I", data, place)[0])


def _field(data: bytes, table: int, number: int) -> int | None:
    """Return where a field of a table is; None if the table lacks it."""
    slots = table - struct.unpack_from("<i", data, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", data, slots)[0]:
        return None
    (offset,) = struct.unpack_from("<H", data, slots + 4 + 2 * number)
    return table + offset if offset else None


def _number(data: bytes, table: int, number: int, form: str) -> int:
    place = _field(data, table, number)
    return 0 if place is None else int(struct.unpack_from(form, data, place)[0])


def _table(data: bytes, table: int, number: int) -> int | None:
    place = _field(data, table, number)
    return None if place is None else _follow(data, place)


def _structs(data: bytes, table: int, number: int, form: str) -> Iterator[tuple[Any, ...]]:
    """Yield the elements of a table's field that is a vector of structs."""
    if (vector := _table(data, table, number)) is not None:
        for index in range(struct.unpack_from("<I", data, vector)[0]):
            yield struct.unpack_from(form, data, vector + 4 + index * struct.calcsize(form))
