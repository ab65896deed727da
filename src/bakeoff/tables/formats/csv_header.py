"""Read the header of a CSV, and recognize files that are not a CSV."""

import csv
import io
from pathlib import Path
from typing import Any

from bakeoff.errors import DataError
from bakeoff.tables.formats.csv_records import LONGEST, header_end
from bakeoff.tables.formats.utf8 import NOT_UTF8

FEW = 100  # a file with more than one NUL in this many bytes is binary; fewer may be mistakes
MOST_COMMAS = 1_000_000  # in a header
BOM = b"\xef\xbb\xbf"
MAGIC = {
    b"PAR1": "a Parquet file: name it .parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook: save the sheet as CSV",
    b"\x1f\x8b": "compressed by gzip: name it .csv.gz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: name it .csv.zst",
    b"\xff\xfe": "UTF-16: save it as UTF-8",
    b"\xfe\xff": "UTF-16: save it as UTF-8",
}


def read_header(path: Path, stream: Any) -> tuple[list[str], int]:
    """Read the names of the columns, and find the offset of the first record.

    Raises:
        DataError: the file is empty, not a CSV, or has no readable header.
    """
    head = read_full(stream, 1 << 16)
    if not head.strip():
        raise DataError(f"{str(path)!r} is empty")
    for magic, meaning in MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{str(path)!r} is no CSV but {meaning}")
    if head.count(0) * FEW > len(head) or 0 in head.split(b"\n", 1)[0]:
        raise DataError(f"{str(path)!r} is no CSV: it holds binary data")
    bom = len(BOM) if head.startswith(BOM) else 0
    while (end := header_end(head[bom:])) is None and len(head) <= LONGEST and (more := read_full(stream, 1 << 20)):
        head += more
    if head.count(b",", 0, len(head) if end is None else bom + end) > MOST_COMMAS:
        raise DataError(f"the header of {str(path)!r} has more than {MOST_COMMAS:,} commas: it is no header")
    try:
        text = head[bom : None if end is None else bom + end].decode("utf-8")
        names = next((row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row), [])
    except UnicodeDecodeError as error:
        raise DataError(f"the header of {str(path)!r} is {NOT_UTF8}") from error
    except csv.Error as error:
        raise DataError(f"{str(path)!r} has no readable header: {error}") from error
    return names, len(head) if end is None else bom + end


def read_full(stream: Any, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a single read of a compressed stream may return fewer."""
    parts, remaining = [], size
    while remaining and (part := stream.read(remaining)):
        parts.append(part)
        remaining -= len(part)
    return b"".join(parts)
