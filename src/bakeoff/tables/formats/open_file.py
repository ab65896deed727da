"""Open a file with the reader for its format, which is chosen by the ending of its name."""

from collections.abc import Callable

from bakeoff.tables.batches import TableFile, TablePath
from bakeoff.tables.formats.csv_file import COMPRESSED, CsvFile
from bakeoff.tables.formats.excel_file import open_excel
from bakeoff.tables.formats.feather_file import open_feather
from bakeoff.tables.formats.json_file import open_json
from bakeoff.tables.formats.parquet_file import ParquetFile

READERS: dict[str, Callable[[TablePath], TableFile]] = {
    ".csv": CsvFile,
    ".tsv": CsvFile,
    ".txt": CsvFile,
    ".data": CsvFile,
    ".dat": CsvFile,
    ".tab": CsvFile,
    ".json": open_json,
    ".jsonl": open_json,
    ".ndjson": open_json,
    ".parquet": ParquetFile,
    ".pq": ParquetFile,
    ".feather": open_feather,
    ".arrow": open_feather,
    ".xlsx": open_excel,
}
MAY_BE_COMPRESSED = {".csv", ".tsv", ".txt", ".data", ".dat", ".tab", ".json", ".jsonl", ".ndjson"}
ALONE = {".txt", ".data", ".dat", ".tab"}  # not read as part of a folder, where such a file may be anything
READABLE = ".csv, .tsv, .json or .jsonl (each also .gz or .zst), .parquet, .feather, .arrow or .xlsx"


def is_readable(path: TablePath, *, in_folder: bool = False) -> bool:
    """Return whether the ending of a file's name is that of a format that can be read.

    Args:
        path: the file's path.
        in_folder: whether the file was found in a folder; then a `.txt` or `.dat` is none, since it may be anything.
    """
    return _ending(path) in READERS and not (in_folder and _ending(path) in ALONE)


def open_file(path: TablePath) -> TableFile:
    """Open a file for which `is_readable` is true.

    Raises:
        DataError: it can't be read as what its name says.
    """
    return READERS[_ending(path)](path)


def _ending(path: TablePath) -> str:
    """Return the last suffix of a name in lower case; of a compressed text the one before, as `.csv` of `a.csv.gz`."""
    *before, last = ["", *(suffix.lower() for suffix in path.suffixes[-2:])]
    return before[-1] if last in COMPRESSED and before[-1] in MAY_BE_COMPRESSED else last
