"""Find the files of a table, and read them in batches."""

import contextlib
import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.formatting import list_first
from bakeoff.runtime.files import describe_read_error, signature
from bakeoff.runtime.objects.address import object_address
from bakeoff.runtime.objects.object_file import ObjectFile, find_object, object_signature
from bakeoff.runtime.paths import refuse_outside_roots
from bakeoff.tables.batches import (
    BEGINNING,
    Batch,
    Chunk,
    Position,
    TableFile,
    TablePath,
)
from bakeoff.tables.formats.open_file import READABLE, is_readable, open_file
from bakeoff.tables.late_header import is_number

MOST_COLUMNS = 100_000
SHOWN = 10  # missing columns listed in an error
MOST_NAMES, LONGEST_NAME = 100, 80  # nested columns listed in an error, and characters of each


class TableReader:
    """Reads the rows of one or more files in order; rows are numbered from 0 across files."""

    def __init__(self, files: Sequence[TableFile]) -> None:
        """Check the names of the columns.

        Raises:
            DataError: a file has two columns of the same name, or too many columns.
        """
        self.files = tuple(files)
        for file in self.files:
            _refuse_duplicate_names(file)

    @property
    def n_rows(self) -> int | None:
        """The number of rows, or None if that is unknown before they are read."""
        counts = [file.n_rows for file in self.files]
        return None if None in counts else sum(count for count in counts if count is not None)

    def share(self, place: Position) -> float:
        """Return the approximate share of the table before a position, between 0 and 1."""
        if place.file >= len(self.files):
            return 1.0
        return (place.file + self.files[place.file].share(place.offset)) / len(self.files)

    def identity(self) -> list[list[Any]]:
        """Return the identity of each file, to detect changes."""
        return [file.identity() for file in self.files]

    def chunks(
        self, wanted: Sequence[str], numbers: Sequence[str] = (), start: Position = BEGINNING
    ) -> Iterator[tuple[int, Chunk]]:
        """Read the files in chunks, each with the index of its file.

        Args:
            wanted: the columns to read; columns that a file lacks are skipped.
            numbers: the columns to parse as numbers if all cells of a chunk are numbers.
            start: the position of the first chunk.

        Raises:
            DataError: a file is corrupt; chunks before that remain valid.
        """
        for number in range(start.file, len(self.files)):
            file = self.files[number]
            with reading(file):
                for chunk in file.chunks(wanted, numbers, start.offset if number == start.file else 0):
                    yield number, chunk

    def batches(self, wanted: Sequence[str], numbers: Sequence[str] = ()) -> Iterator[tuple[int, Batch]]:
        """Read all rows in batches, each with the number of its first row.

        Args:
            wanted: as for `chunks`.
            numbers: as for `chunks`.

        Raises:
            DataError: a file is corrupt.
        """
        row = 0
        for _, chunk in self.chunks(wanted, numbers):
            batch = chunk.read()
            yield row, batch
            row += batch.n_rows

    def require_columns(self, names: Sequence[str], why: str) -> None:
        """Check that all files have the named columns.

        Args:
            names: the required columns.
            why: the reason that they are required, for the message.

        Raises:
            DataError: a column is missing; the message suggests a similar name.
        """
        for file in self.files:
            present = set(file.schema.names)
            if missing := [name for name in names if name not in present]:
                where = f"{file.path.name!r}" if len(self.files) > 1 else file.what
                raise DataError(missing_columns(missing, file.schema.names, why, where))


@contextlib.contextmanager
def reading(file: TableFile) -> Iterator[None]:
    """Explain why a file can't be read in the block to its end, and refuse an object that has changed meanwhile.

    Raises:
        DataError: it is corrupt, or has changed.
    """
    try:
        yield
        if isinstance(file.path, ObjectFile):  # since not all stores read one version throughout
            file.path.require_unchanged()
    except OSError as error:  # pyarrow's own errors for broken files are OSErrors too
        raise DataError(f"{str(file.path)!r} can't be read to its end: {error.strerror or error}") from error


def open_table(path: str | Path) -> TableReader:
    """Open a file, or all files of a folder sorted by name; only headers and footers are read.

    Raises:
        DataError: there is no such file, or a file can't be read.
    """
    try:
        return TableReader([open_file(file) for file in find_files(path)])
    except OSError as error:
        if error.errno is not None:
            raise DataError(describe_read_error(error, path)) from error
        why = str(error)
        if "incorrect header check" in why or "frame descriptor" in why.lower():
            why = "it is not compressed as its name says"
        raise DataError(f"{str(error.filename or path)!r} can't be read: {why}") from error


def describe_format(source: TableReader) -> list[str]:
    """Describe how the files are read whose format had to be recognized: a line for all that are read the same way."""
    alike: dict[str, list[str]] = {}
    for file in source.files:
        if file.note:
            alike.setdefault(file.note, []).append(file.path.name)
    return [
        f"{names[0]!r} {note}" if len(names) == 1 else f"{len(names):,} files, {names[0]!r} the first: each {note}"
        for note, names in alike.items()
    ]


def find_files(path: str | Path) -> list[TablePath]:
    """Return the file of a path or address, or the files in a folder sorted by name.

    Raises:
        DataError: there is no such file, or the folder has no table, or something else that would be left out silently.
        ConfigError: a file in the folder leads out of `BAKEOFF_ROOTS`.
    """
    if (address := object_address(path)) is not None:
        return _choose_files(find_object(address))
    path = Path(path)
    try:
        exists = path.exists()
    except PermissionError as error:
        raise DataError(describe_read_error(error, path)) from error
    except (OSError, ValueError) as error:  # the name is too long, or contains a NUL
        raise DataError(f"{str(path)[:80]!r} can't be a file: {getattr(error, 'strerror', error)}") from error
    if not exists:
        where = "" if path.is_absolute() else f" (looked for it from {Path.cwd().name}/)"
        raise DataError(f"there is no file {str(path)!r}{where}")
    return _choose_files(path)


def _choose_files(path: TablePath) -> list[TablePath]:
    if not path.is_dir():
        if not path.is_file():
            raise DataError(f"{str(path)!r} is not a file")
        if not is_readable(path):
            raise DataError(f"{str(path)!r} does not end with {READABLE}, the formats that can be read")
        return [path]
    # Spark, Dask and others also write _SUCCESS and hidden checksum files.
    entries: Iterator[TablePath] = path.iterdir()
    inside = sorted((entry for entry in entries if not entry.name.startswith((".", "_"))), key=attrgetter("name"))
    other = next((entry for entry in inside if not (entry.is_file() and is_readable(entry, in_folder=True))), None)
    if other is not None:
        kind = "a folder" if other.is_dir() else f"neither {READABLE}"
        raise DataError(f"folder {str(path)!r} holds {other.name!r}, which is {kind}; take it out, or name one file")
    if not inside:
        raise DataError(f"folder {str(path)!r} holds no table ({READABLE})")
    for file in inside:
        if not isinstance(file, ObjectFile):
            refuse_outside_roots(file)  # it may be a link
    return [file.found_again() if isinstance(file, ObjectFile) else file for file in inside]


def table_signature(path: str | Path | None) -> tuple[int | str, ...]:
    """Return what changes if a file, or one of a folder's, does; nothing for no path, or a file that can't be read."""
    address = object_address(path)
    if address is not None:
        return object_signature(address)
    return signature(path) if path is not None else ()


def missing_columns(missing: Sequence[str], names: Sequence[str], why: str, where: str = "the file") -> str:
    """Write the error message for missing columns, with a hint at the likely cause.

    Args:
        missing: at least one column.
        names: the columns that exist.
        why: the reason that the columns are required.
        where: what lacks them.
    """
    name = missing[0]
    more = f" and no {list_first([repr(column) for column in missing[1:]], SHOWN - 1)}" if missing[1:] else ""
    listed = list_first([repr(column[:80])[1:-1] for column in names], 20)
    return f"there is no column {name!r}{more} ({why}); {where} has {listed}{_hint(name, names)}"


def _hint(name: str, names: Sequence[str]) -> str:
    """Return the likely cause of a missing column: a wrong delimiter, a misspelt name, no header; empty if unknown."""
    marks = [mark for mark in (";", "\t", "|") if mark in names[0]] if len(names) == 1 else []
    if marks:
        return f"; its header has {marks[0]!r} between fields, but most records have not"
    alike = [column for column in names if column.strip().casefold() == name.strip().casefold()]
    if near := alike or difflib.get_close_matches(name, names, n=1):
        return f"; did you mean {near[0]!r}?"
    return "; is its first line a header?" if any(map(is_number, names)) else ""


def _refuse_duplicate_names(file: TableFile) -> None:
    if len(file.schema.names) > MOST_COLUMNS:
        count = len(file.schema.names)
        raise DataError(f"{str(file.path)!r} has {count:,} columns, and {MOST_COLUMNS:,} are the most")
    repeated = [name for name, count in Counter(file.schema.names).items() if count > 1]
    if repeated:
        listed = ", ".join(repr(name) for name in repeated[:5])
        hint = "rename or remove the others"
        if any(map(is_number, file.schema.names)):
            hint = f"does the file have a header? If so, {hint}"
        elif "" in repeated and file.late_header is not None:
            hint = str(file.late_header)
        raise DataError(f"{str(file.path)!r} has more than one column named {listed}; {hint}")


def find_nested(files: Sequence[TableFile], names: Collection[str] | None = None) -> dict[str, pa.DataType]:
    """Return the columns that hold lists, structs or maps in any of the files, each with its type in one of them.

    Args:
        files: the files.
        names: the columns to look at; all if None.
    """
    fields = (field for file in files for field in file.schema if names is None or field.name in names)
    return {field.name: field.type for field in fields if _is_nested(field.type)}


def describe_nested(columns: Mapping[str, pa.DataType]) -> str:
    """Describe the columns that `find_nested` returned, as the beginning of a message."""
    names = list_first([repr(name[:LONGEST_NAME]) for name in columns], MOST_NAMES)
    if len(columns) > 1:
        return f"columns {names} hold lists, structs or maps"
    return f"column {names} holds {str(*columns.values())[:LONGEST_NAME]}"


def _is_nested(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_nested(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return _is_nested(kind.storage_type)
    return bool(pa.types.is_nested(kind))


def empty_column(file: TableFile, name: str) -> pa.ChunkedArray:
    """Return a column of a file without rows, to check whether its type is supported."""
    return pa.chunked_array([], file.schema.field(name).type)
