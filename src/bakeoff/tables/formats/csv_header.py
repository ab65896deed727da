"""Read the header of a CSV, and recognize files that are not a CSV."""

import contextlib
import csv
import io
import itertools
import re
from typing import Any, NamedTuple

from bakeoff.errors import DataError
from bakeoff.tables.batches import TablePath
from bakeoff.tables.formats.csv_records import DELIMITERS, LONGEST, header_end
from bakeoff.tables.formats.dialect import recognize_delimiter, seem_separated_by_blanks, usual_delimiter
from bakeoff.tables.formats.utf8 import NOT_UTF8
from bakeoff.tables.late_header import SEARCHED, LateHeader, find_late_header

FEW = 100  # a file with more than one NUL in this many bytes is binary; fewer may be mistakes
MOST_FIELDS = 1_000_000  # of a header
SIGNS = dict(zip(DELIMITERS, ("commas", "semicolons", "tabs", "vertical bars")))
SEPARATOR_LINE = re.compile(rb"sep=([,;\t|])\r?\n")  # a line before the header, by which Excel is told the delimiter
BOM = b"\xef\xbb\xbf"
MAGIC = {
    b"PAR1": "a Parquet file: name it .parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook: name it .xlsx",
    b"\x1f\x8b": "compressed by gzip: name it .csv.gz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: name it .csv.zst",
    **{b"BZh%d1AY&SY" % level: "compressed by bzip2: unpack it, or compress it by gzip or zstd" for level in range(10)},
    b"\xfd7zXZ\x00": "compressed by xz: unpack it, or compress it by gzip or zstd",
    b"\x04\x22\x4d\x18": "compressed by lz4: unpack it, or compress it by gzip or zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it",
}


class Header(NamedTuple):
    """The header of a CSV.

    Attributes:
        names: the names of the columns.
        first: the offset of the first record after the header, in bytes.
        delimiter: the byte between fields.
        late: a line below it that seems to be the header instead.
    """

    names: list[str]
    first: int
    delimiter: int
    late: LateHeader | None


def read_header(path: TablePath, stream: Any) -> Header:
    """Read the names of the columns, and recognize the delimiter.

    Args:
        path: the file's path, for its ending and for messages.
        stream: the text as UTF-8, at its beginning.

    Raises:
        DataError: the file is empty, not a CSV, or has no readable header.
    """
    head = read_full(stream, 1 << 16)
    if not head.strip():
        raise DataError(f"{str(path)!r} is empty")
    if head.count(0) * FEW > len(head) or 0 in head.split(b"\n", 1)[0]:
        raise DataError(f"{str(path)!r} is no CSV: it holds binary data")
    start = len(BOM) if head.startswith(BOM) else 0
    stated = SEPARATOR_LINE.match(head, start)
    start, usual = (stated.end(), stated[1][0]) if stated else (start, usual_delimiter(path))
    while header_end(head[start:], usual) is None and len(head) <= LONGEST and (more := read_full(stream, 1 << 20)):
        head += more
    delimiter = usual if stated else recognize_delimiter(head[start:], usual)
    length = header_end(head[start:], delimiter)
    end = len(head) if length is None else start + length
    if head.count(delimiter, 0, end) > MOST_FIELDS:
        signs = f"{MOST_FIELDS:,} {SIGNS[delimiter]}"
        raise DataError(f"the header of {str(path)!r} has more than {signs}: it is no header")
    try:
        text = io.StringIO(head[start:end].decode("utf-8"), newline="")
        names = next((row for row in csv.reader(text, delimiter=chr(delimiter), strict=True) if row), [])
    except UnicodeDecodeError as error:
        raise DataError(f"the header of {str(path)!r} is {NOT_UTF8}") from error
    except csv.Error as error:
        raise DataError(f"{str(path)!r} has no readable header: {error}") from error
    lines = _first_lines(head, chr(delimiter))
    if seem_separated_by_blanks([fields for _, fields in lines]):
        raise DataError(
            f"{str(path)!r} seems to have blanks between its fields, which can't be read: write commas, for example by "
            r"pandas.read_csv(…, sep=r'\s+').to_csv('rows.csv', index=False)"
        )
    return Header(names, end, delimiter, find_late_header(lines))


def _first_lines(head: bytes, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the numbers and fields of the first lines that are not empty."""
    reader = csv.reader(io.StringIO(head[: 1 << 16].decode("utf-8-sig", errors="replace")), delimiter=delimiter)
    with contextlib.suppress(csv.Error):
        return [(reader.line_num, row) for row in itertools.islice(reader, SEARCHED) if row]
    return []


def refuse_other_formats(path: TablePath, head: bytes) -> None:
    """Refuse a file whose first bytes are those of another format.

    Raises:
        DataError: they are; the message names the format.
    """
    for magic, meaning in MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{str(path)!r} is no CSV but {meaning}")


def read_full(stream: Any, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a single read of a compressed stream may return fewer."""
    parts, remaining = [], size
    while remaining and (part := stream.read(remaining)):
        parts.append(part)
        remaining -= len(part)
    return b"".join(parts)
