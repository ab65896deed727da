"""Open a file by the reader of its format, which the end of its name tells."""

from collections.abc import Callable
from pathlib import Path

from bakeoff.tables.batches import TableFile
from bakeoff.tables.formats.csv_file import COMPRESSED, CsvFile
from bakeoff.tables.formats.parquet_file import ParquetFile

READABLE = ".csv, .tsv (also .gz, .zst) or .parquet"
READERS: dict[str, Callable[[Path], TableFile]] = {".csv": CsvFile, ".tsv": CsvFile, ".parquet": ParquetFile}
MAY_BE_COMPRESSED = {".csv", ".tsv"}


def is_readable(path: Path) -> bool:
    """Return whether a file has the name of a format that can be read."""
    return _ending(path) in READERS


def open_file(path: Path) -> TableFile:
    """Open a file for which `is_readable` is true.

    Raises:
        DataError: it can't be read as what its name says.
    """
    return READERS[_ending(path)](path)


def _ending(path: Path) -> str:
    *before, last = ["", *(suffix.lower() for suffix in path.suffixes[-2:])]
    return before[-1] if last in COMPRESSED and before[-1] in MAY_BE_COMPRESSED else last
