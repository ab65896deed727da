"""Reading a CSV or Parquet file into an Arrow table, with a clear sentence for every file that can't be read."""

import csv
import difflib
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from bakeoff.errors import DataError

SUFFIXES = (".csv", ".parquet")
MAGIC = {
    b"PAR1": "a Parquet file: name it .parquet",
    b"PK\x03\x04": "a zip archive or an Excel workbook: save the sheet as CSV",
    b"\x1f\x8b": "compressed by gzip: unpack it first",
    b"\xff\xfe": "UTF-16: save it as UTF-8",
    b"\xfe\xff": "UTF-16: save it as UTF-8",
}


def read_table(path: str | Path) -> pa.Table:
    """Read a whole table.

    Cells of a CSV are left as text, so that one place (`columns`) decides what they mean; Parquet keeps its types.

    Raises:
        DataError: the file is missing, empty, of another format, or broken; the text names the file and line.
    """
    path = Path(path)
    try:
        found = path.exists()
    except OSError as error:  # a name that is too long, say
        raise DataError(f"{str(path)[:80]!r} can't be a file: {error.strerror}") from error
    if not found:
        raise DataError(f"there is no file {str(path)!r} (looked for it from {Path.cwd().name}/)")
    if not path.is_file():
        raise DataError(f"{str(path)!r} is not a file; give one .csv or .parquet file")
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{str(path)!r} ends with neither .csv nor .parquet, the two formats that can be read")
    try:
        table = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    except OSError as error:  # pyarrow's own errors for broken files are OSErrors too
        raise DataError(f"{str(path)!r} can't be read: {_first_line(error)}") from error
    _refuse_duplicate_names(path, table.column_names)
    return table


def read_parquet_bytes(content: bytes) -> pa.Table:
    """Read a Parquet file that is in memory already, since its bytes were compared with a digest."""
    return pa.parquet.ParquetFile(pa.BufferReader(content)).read()


def read_table_once(path: str | Path) -> pa.Table:
    """As `read_table`, keeping the last table, so that a check and the run behind it read a file once.

    A file that has changed since is read again.
    """
    return _read_unchanged(str(path), signature(path))


@lru_cache(maxsize=1)
def _read_unchanged(path: str, unchanged: tuple[int, ...]) -> pa.Table:  # noqa: ARG001  the signature is a cache key
    return read_table(path)


def forget_table() -> None:
    """Let go of the table that `read_table_once` keeps."""
    _read_unchanged.cache_clear()


def signature(path: str | Path) -> tuple[int, ...]:
    """What tells that a file has changed: its time, size and inode; nothing for a file that is not there."""
    try:
        stat = Path(path).stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def require_columns(table: pa.Table, names: tuple[str, ...], why: str) -> None:
    """Refuse a table that lacks one of the named columns.

    Raises:
        DataError: naming the column and the nearest name that is there.
    """
    for name in names:
        if name not in table.column_names:
            alike = [column for column in table.column_names if column.strip().casefold() == name.strip().casefold()]
            near = alike or difflib.get_close_matches(name, table.column_names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            if not near and table.num_columns == 1:
                only = table.column_names[0]
                marks = [mark for mark in (";", "\t", "|") if mark in only]
                hint = f"; is the file separated by {marks[0]!r}? Save it with commas" if marks else ""
            listed = ", ".join(repr(column)[1:-1] for column in table.column_names[:20]) + (
                ", …" if table.num_columns > 20 else ""
            )
            raise DataError(f"there is no column {name!r} ({why}); the file has {listed}{hint}")


def _read_parquet(path: Path) -> pa.Table:
    try:
        # The file itself, not the dataset reader: a folder named like `a=1` must not become a column.
        table = pa.parquet.ParquetFile(path).read()
        table.validate(full=True)  # text that is not UTF-8, offsets that lead nowhere
    except pa.ArrowException as error:
        raise DataError(f"{str(path)!r} is not a readable Parquet file: {_first_line(error)}") from error
    return table


def _read_csv(path: Path) -> pa.Table:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise DataError(f"{str(path)!r} is empty")
    for magic, meaning in MAGIC.items():
        if head.startswith(magic):
            raise DataError(f"{str(path)!r} is no CSV but {meaning}")
    if b"\0" in head:
        raise DataError(f"{str(path)!r} is no CSV: it holds binary data")
    names = _header(path)
    _refuse_duplicate_names(path, names)
    text = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=True
    )
    # In a file of one column an empty line is a row with a gap.
    parsing = pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(names) > 1)
    whole = min(max(path.stat().st_size, 1 << 20), (1 << 31) - 1)
    # Only the reader without threads knows where a mistake is; in one block it takes rows of any length.
    for threads, size in ((True, None), (False, whole)):
        try:
            reading = pa.csv.ReadOptions(use_threads=threads, block_size=size)
            table = pa.csv.read_csv(path, read_options=reading, parse_options=parsing, convert_options=text)
            break
        except (pa.ArrowException, UnicodeDecodeError) as error:
            if not threads:
                raise DataError(f"{str(path)!r} is broken: {_explain(error)}") from error
    _refuse_open_quote(path, table)
    return table


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next((row for row in csv.reader(file) if row), [])
    except UnicodeDecodeError as error:
        raise DataError(f"{str(path)!r} is broken: {_explain(error)}") from error
    except csv.Error as error:
        raise DataError(f"{str(path)!r} has no readable header: {error}") from error


def _refuse_duplicate_names(path: Path, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        listed = ", ".join(repr(name) for name in twice[:5])
        raise DataError(f"{str(path)!r} has more than one column named {listed}; rename or remove the others")


def _refuse_open_quote(path: Path, table: pa.Table) -> None:
    """A quote that is not closed swallows the lines behind it, silently."""
    if any(pc.any(pc.match_substring(column, "\n")).as_py() for column in table.columns):
        with path.open("rb") as file:
            quotes = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(1 << 20), b""))
        if quotes % 2:
            raise DataError(f"{str(path)!r} is broken: a quote is opened and never closed")


def _explain(error: Exception) -> str:
    text = _first_line(error)
    if isinstance(error, UnicodeDecodeError) or "UTF8" in text or "utf-8" in text:
        return "it is not UTF-8; save it as UTF-8"
    return (
        text.removeprefix("CSV parse error: ")
        .replace("Row #", "record ")
        .replace(": Expected", " (the header is 1): expected")
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
