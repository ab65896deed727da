"""Read the first sheet of an Excel workbook that has a table."""

import warnings
import zipfile
from typing import Any

from bakeoff.errors import BakeoffError, DataError
from bakeoff.formatting import list_first
from bakeoff.runtime.files import describe_read_error
from bakeoff.tables.batches import TablePath, open_bytes
from bakeoff.tables.formats.memory_table import MemoryTable, refuse_too_large
from bakeoff.tables.formats.python_columns import make_table
from bakeoff.tables.late_header import SEARCHED, LateHeader, find_late_header

OBJECT_BYTES = 16  # memory that Python's objects take per byte of a sheet, approximately
CELL_BYTES = 16  # memory that a cell takes, at least
MOST_ROWS = 1 << 20  # of a sheet in Excel
OLD = b"\xd0\xcf\x11\xe0"  # first bytes of workbooks before 2007, and of those with a password
ERRORS = {"#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"}


def open_excel(path: TablePath) -> MemoryTable:
    """Read the first visible sheet with a header, rows and several columns, or else with one column.

    A cell with a formula has the value that was saved with it.

    Raises:
        DataError: openpyxl is not installed, the file is no workbook, or takes more memory than a table may.
    """
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise DataError(
            f"{str(path)!r} needs the package openpyxl, which is not installed: pip install openpyxl"
        ) from error
    try:
        with open_bytes(path) as file:
            if file.read(len(OLD)) == OLD:
                raise DataError(
                    f"{str(path)!r} is an old Excel workbook, or has a password: save it as .xlsx without one"
                )
            with zipfile.ZipFile(file) as packed:
                refuse_too_large(path, sum(part.file_size for part in packed.infolist()) * OBJECT_BYTES)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what it does not read, such as colours
                return _read(path, openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False))
    except BakeoffError:
        raise
    except OSError as error:
        raise DataError(describe_read_error(error, path)) from error
    except Exception as error:  # openpyxl raises anything on a damaged workbook
        why = (str(error).splitlines() or [""])[0][:300] or type(error).__name__
        raise DataError(f"{str(path)!r} is not a readable Excel workbook: {why}") from error


def _read(path: TablePath, workbook: Any) -> MemoryTable:
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    chosen: tuple[Any, list[tuple[str, list[Any]]], LateHeader | None] | None = None
    for sheet in sheets:
        columns, late = _columns(path, sheet)
        if columns and (chosen is None or len(columns) > 1):
            chosen = sheet, columns, late
        if len(columns) > 1:  # a sheet of a single column may be a title page
            break
    if chosen is None:
        raise DataError(f"{str(path)!r} has no sheet with a header and rows")
    sheet, columns, late = chosen
    others = [repr(other.title) for other in sheets if other is not sheet]
    note = f"is read from sheet {sheet.title!r}" + (f", not from {list_first(others, 5)}" if others else "")
    table = MemoryTable(path, make_table(path, columns), note, typed=False)
    table.late_header = late
    return table


def _columns(path: TablePath, sheet: Any) -> tuple[list[tuple[str, list[Any]]], LateHeader | None]:
    """Return names and cells of the columns, and a row that seems to be the header.

    The header is the first row that is not empty, and empty rows are skipped.

    A column without a name is called `Unnamed: 0` and so on, as by pandas; one that also has no cells is left out.
    """
    sheet.reset_dimensions()  # which may be wrong
    rows: list[list[Any]] = []
    numbers: list[int] = []
    size = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number == MOST_ROWS:  # openpyxl counts up to whatever number a row has
            raise DataError(f"sheet {sheet.title!r} of {str(path)!r} has rows beyond {MOST_ROWS:,}, Excel's last")
        cells = [None if isinstance(cell, str) and (not cell.strip() or cell in ERRORS) else cell for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            rows.append(cells)
            numbers.append(number + 1)
            size += len(cells) * CELL_BYTES
            refuse_too_large(path, size)
    if len(rows) < 2:
        return [], None
    late = find_late_header(zip(numbers, rows[:SEARCHED]))
    header, *below = rows
    width = max(map(len, rows))
    refuse_too_large(path, width * len(rows) * CELL_BYTES)
    header += [None] * (width - len(header))
    columns = [[row[i] if i < len(row) else None for row in below] for i in range(width)]
    named = [
        (f"Unnamed: {i}" if name is None else str(name), cells)
        for i, (name, cells) in enumerate(zip(header, columns))
        if name is not None or any(cell is not None for cell in cells)
    ]
    return named, late
