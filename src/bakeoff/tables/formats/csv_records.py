"""Find the ends of CSV records in bytes, and recover the records around a malformed one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from bakeoff.errors import DataError
from bakeoff.formatting import format_count
from bakeoff.tables.batches import MalformedRecord

LONGEST = 16 << 20  # bytes of a record; a longer one is taken for an unclosed quote

COMMA, QUOTE, LF, CR = b',"\n\r'
DELIMITERS = (COMMA, *b";\t|")  # those that can be recognized
QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
UNQUOTED = {mark: re.compile(rb"[^%b\r\n]*+" % re.escape(bytes([mark]))) for mark in DELIMITERS}
LINE_END = re.compile(rb"\r\n|\n|\r")
LINE_END_AT_END = re.compile(rb"(?:\r\n|\n|\r)\Z")

MOST_COLUMNS = 1 << 31  # more than any record has: where the number of columns is not known yet
OPEN_QUOTE = "a quote is opened and never closed"
OTHER_LENGTH = "more or fewer fields than the header"


@dataclass(frozen=True)
class RecoveredRecords:
    """The records of a block, separated into well-formed and malformed ones.

    Attributes:
        clean: the bytes of the well-formed records, each ended by a line feed.
        good: their positions among all records of the block, from 0, shape (n_good,).
        malformed: the malformed records.
        consumed: the number of bytes that the records take up; an incomplete record at the end is left out.
    """

    clean: bytes
    good: np.ndarray
    malformed: list[MalformedRecord]
    consumed: int


def find_record_end(data: bytes, final: bool, delimiter: int = COMMA) -> int | None:
    """Find the end of the last complete record.

    Args:
        data: starts at the beginning of a record.
        final: whether the data reaches to the end of the file.
        delimiter: the byte between fields.

    Returns:
        The offset after the record; 0 if no record is complete, None if misplaced quotes make it ambiguous.
    """
    if b'"' not in data:
        return len(data) if final else max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
    array = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(array == QUOTE)
    opened, closed = quotes[::2], quotes[1::2]
    before, after = array[opened[opened > 0] - 1], array[closed[closed < len(data) - 1] + 1]
    allowed = np.array([delimiter, QUOTE, LF, CR], dtype=np.uint8)  # next to a quote at either end of a field
    if not (np.isin(before, allowed).all() and np.isin(after, allowed).all()):
        return None
    if final:
        return len(data) if len(quotes) % 2 == 0 else None
    ends = np.flatnonzero((array[:-1] == LF) | (array[:-1] == CR))
    if array[-1] == LF:
        ends = np.append(ends, len(data) - 1)
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def recover_records(
    data: bytes, n_columns: int, final: bool, stuck: bool = False, delimiter: int = COMMA
) -> RecoveredRecords:
    """Separate a block into records, well-formed and malformed ones, without losing a line.

    If a record of several lines has the wrong number of fields, or a quote is never closed, only its first line is
    taken as malformed, and parsing resumes at the next line.

    Args:
        data: starts at the beginning of a record.
        n_columns: the number of columns in the header.
        final: whether the data reaches to the end of the file.
        stuck: whether the data is longer than a record may be, so that its first record must be malformed.
        delimiter: the byte between fields.

    Raises:
        DataError: a line is longer than a record may be.
    """
    clean: list[bytes] = []
    good: list[int] = []
    malformed: list[MalformedRecord] = []
    position = number = 0
    while position < len(data):
        match = LINE_END.search(data, position)
        line_end = match.end() if match else len(data)
        blank = match is not None and match.start() == position and n_columns > 1  # not a record
        if blank and (final or line_end < len(data) or data[-1] == LF):
            position = line_end
            continue
        end, fields = _record(data, position, line_end, n_columns, delimiter)
        # A carriage return at the end of the data may be followed by a line feed.
        incomplete = end is None or (end == len(data) and data[end - 1] != LF)
        if incomplete and not final:
            if not stuck or position:
                break
            if match is None:
                raise DataError(f"a line is longer than {LONGEST >> 20} MB: it is no CSV, or its line ends are lost")
        if end is None or (end > line_end and fields != n_columns):
            malformed.append(
                _malformed(number, data[position:line_end], None if end is None else fields, n_columns, True)
            )
            end = line_end
        elif fields != n_columns:
            malformed.append(_malformed(number, data[position:end], fields, n_columns, False))
        else:
            clean.append(_without_line_end(data[position:end]) + b"\n")
            good.append(number)
        position, number = end, number + 1
    return RecoveredRecords(b"".join(clean), np.array(good, dtype=np.int64), malformed, position)


def header_end(data: bytes, delimiter: int = COMMA) -> int | None:
    """Find the end of the first record that is not a blank line; None if it is incomplete."""
    return next((end for end, _ in _complete_records(data, delimiter)), None)


def count_fields(data: bytes, delimiter: int, most: int) -> list[int]:
    """Return the number of fields of each of the first complete records, at most `most` of them."""
    records = islice(_complete_records(data, delimiter), most)
    return [fields for end, fields in records if end < len(data) or data[-1] in (LF, CR)]


def _complete_records(data: bytes, delimiter: int) -> Iterator[tuple[int, int]]:
    """Yield end and number of fields of each record that is no blank line, until one whose quote is never closed."""
    position = 0
    while match := LINE_END.search(data, position):
        if match.start() == position:
            position = match.end()
            continue
        end, fields = _record(data, position, match.end(), MOST_COLUMNS, delimiter)
        if end is None:
            return
        yield end, fields
        position = end


def _record(data: bytes, start: int, line_end: int, n_columns: int, delimiter: int) -> tuple[int | None, int]:
    """Return the offset after a record and its number of fields; the offset is None if a quote is never closed.

    A record of several lines is read only up to its first surplus field. Else a block in which each line opens a quote
    that the next one closes would be read to its end from every line, which takes quadratic time.

    Args:
        data: the block.
        start: the offset of the record.
        line_end: the offset after the record's first line.
        n_columns: the number of columns in the header.
        delimiter: the byte between fields.
    """
    if data.find(b'"', start, line_end) < 0:
        return line_end, data.count(delimiter, start, line_end) + 1
    position, fields, unquoted = start, 1, UNQUOTED[delimiter]
    while True:
        if data[position : position + 1] == b'"':
            quoted = QUOTED.match(data, position)
            if not quoted:
                return None, fields
            position = quoted.end()
        rest = unquoted.match(data, position)
        position = rest.end() if rest else position
        if position == len(data):
            return position, fields
        if data[position] != delimiter:
            return position + (2 if data[position : position + 2] == b"\r\n" else 1), fields
        position, fields = position + 1, fields + 1
        if fields > n_columns and position > line_end:
            return position, fields


def _malformed(number: int, line: bytes, fields: int | None, n_columns: int, several: bool) -> MalformedRecord:
    """Describe what is wrong with a record.

    Args:
        number: the position of the record.
        line: its content; its first line if it has several.
        fields: its number of fields, or if it has several lines those counted so far; None if a quote is never closed.
        n_columns: the number of columns in the header.
        several: whether it has several lines.
    """
    text = _without_line_end(line).decode("utf-8", errors="replace")
    if fields is None:
        return MalformedRecord(number, text, OPEN_QUOTE, OPEN_QUOTE)
    if several:
        length = (
            "more fields than the header has"
            if fields > n_columns
            else f"{format_count(fields, 'field')} of {n_columns}"
        )
        return MalformedRecord(
            number, text, OTHER_LENGTH, f"{length}, in a record of several lines: is a quote never closed?"
        )
    return MalformedRecord(
        number, text, OTHER_LENGTH, f"{format_count(fields, 'field')} where the header has {n_columns}"
    )


def _without_line_end(record: bytes) -> bytes:
    end = LINE_END_AT_END.search(record)
    return record[: end.start()] if end else record
