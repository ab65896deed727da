"""Where the records of a CSV end, in bytes: cutting a stream between two of them, and going on behind a broken one."""

import re
from dataclasses import dataclass

import numpy as np

from bakeoff.errors import DataError
from bakeoff.formatting import format_count
from bakeoff.tables.batches import MalformedRecord

LONGEST = 16 << 20  # bytes of a record; what is longer is taken for a quote that was never closed

COMMA, QUOTE, LF, CR = b',"\n\r'
BESIDE_A_QUOTE = np.array([COMMA, QUOTE, LF, CR], dtype=np.uint8)
QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
UNQUOTED = re.compile(rb"[^,\r\n]*+")
LINE_END = re.compile(rb"\r\n|\n|\r")
LINE_END_AT_END = re.compile(rb"(?:\r\n|\n|\r)\Z")

MOST_COLUMNS = 1 << 31
OPEN_QUOTE = "a quote is opened and never closed"
OTHER_LENGTH = "more or fewer fields than the header"


@dataclass(frozen=True)
class RecoveredRecords:
    """Records told apart one by one.

    Attributes:
        clean: the good ones, a line end behind each.
        good: their positions among all of them, shape (n_good,).
        broken: the others.
        consumed: how many bytes were looked at; a record that is not complete yet is not.
    """

    clean: bytes
    good: np.ndarray
    broken: list[MalformedRecord]
    consumed: int


def find_record_end(data: bytes, final: bool) -> int | None:
    """How many bytes from the start are whole records; 0 where none is.

    Args:
        data: begins with a record.
        final: nothing follows it.

    Returns:
        None where quotes stand in places that leave that open.
    """
    if b'"' not in data:
        return len(data) if final else max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
    array = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(array == QUOTE)
    opened, closed = quotes[::2], quotes[1::2]
    before, after = array[opened[opened > 0] - 1], array[closed[closed < len(data) - 1] + 1]
    if not (np.isin(before, BESIDE_A_QUOTE).all() and np.isin(after, BESIDE_A_QUOTE).all()):
        return None
    if final:
        return len(data) if len(quotes) % 2 == 0 else None
    ends = np.flatnonzero((array[:-1] == LF) | (array[:-1] == CR))
    if array[-1] == LF:
        ends = np.append(ends, len(data) - 1)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def recover_records(data: bytes, n_columns: int, final: bool, stuck: bool = False) -> RecoveredRecords:
    """Tell the records of a block apart, and go on behind those that are broken, losing no line.

    Where a record of several lines has not as many fields as there are columns, or a quote is not closed, its first
    line is the broken one: what follows is read on its own.

    Args:
        data: begins with a record.
        n_columns: of the header.
        final: nothing follows it.
        stuck: no record may be as long as this, so the first one is broken.

    Raises:
        DataError: a line is longer than a record may be.
    """
    clean: list[bytes] = []
    good: list[int] = []
    broken: list[MalformedRecord] = []
    position = number = 0
    while position < len(data):
        found = LINE_END.search(data, position)
        line_end = found.end() if found else len(data)
        blank = found is not None and found.start() == position and n_columns > 1  # which is no record
        if blank and (final or line_end < len(data) or data[-1] == LF):
            position = line_end
            continue
        end, fields = _record(data, position, line_end, n_columns)
        # Behind a carriage return at the very end a line feed may follow.
        incomplete = end is None or (end == len(data) and data[end - 1] != LF)
        if incomplete and not final:
            if not stuck or position:
                break
            if found is None:
                raise DataError(f"a line is longer than {LONGEST >> 20} MB: it is no CSV, or its line ends are lost")
        if end is None or (end > line_end and fields != n_columns):
            broken.append(_broken(number, data[position:line_end], None if end is None else fields, n_columns, True))
            end = line_end
        elif fields != n_columns:
            broken.append(_broken(number, data[position:end], fields, n_columns, False))
        else:
            clean.append(_without_line_end(data[position:end]) + b"\n")
            good.append(number)
        position, number = end, number + 1
    return RecoveredRecords(b"".join(clean), np.array(good, dtype=np.int64), broken, position)


def header_end(data: bytes) -> int | None:
    """Where the first record that is no blank line ends; None where it is not complete."""
    position = 0
    while found := LINE_END.search(data, position):
        if found.start() > position:
            return _record(data, position, found.end(), MOST_COLUMNS)[0]
        position = found.end()
    return None


def _record(data: bytes, start: int, line_end: int, n_columns: int) -> tuple[int | None, int]:
    """Where the record ends, behind its line end, and how many fields it has; None where a quote stays open.

    A record of several lines is not followed further than to its first field too many: where each line opens a quote
    that the next one closes, each would be followed to the end of the block.
    """
    if data.find(b'"', start, line_end) < 0:
        return line_end, data.count(b",", start, line_end) + 1
    position, fields = start, 1
    while True:
        if data[position : position + 1] == b'"':
            quoted = QUOTED.match(data, position)
            if not quoted:
                return None, fields
            position = quoted.end()
        rest = UNQUOTED.match(data, position)
        position = rest.end() if rest else position
        if position == len(data):
            return position, fields
        if data[position] != COMMA:
            return position + (2 if data[position : position + 2] == b"\r\n" else 1), fields
        position, fields = position + 1, fields + 1
        if fields > n_columns and position > line_end:
            return position, fields


def _broken(number: int, line: bytes, fields: int | None, n_columns: int, several: bool) -> MalformedRecord:
    """What is wrong with a record.

    Args:
        fields: how many it has, at least; None where a quote stays open.
        several: whether it has several lines.
    """
    text = _without_line_end(line).decode("utf-8", errors="replace")
    if fields is None:
        return MalformedRecord(number, text, OPEN_QUOTE, OPEN_QUOTE)
    if several:
        found = (
            "more fields than the header has"
            if fields > n_columns
            else f"{format_count(fields, 'field')} of {n_columns}"
        )
        return MalformedRecord(
            number, text, OTHER_LENGTH, f"{found}, in a record of several lines: is a quote never closed?"
        )
    return MalformedRecord(
        number, text, OTHER_LENGTH, f"{format_count(fields, 'field')} where the header has {n_columns}"
    )


def _without_line_end(record: bytes) -> bytes:
    end = LINE_END_AT_END.search(record)
    return record[: end.start()] if end else record
