"""Convert data frames of pandas, Polars, Arrow and other libraries to Arrow's plain types."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.formatting import one_line


def import_stream(frame: Any) -> pa.Table:
    """Convert a frame that exports Arrow's C stream, as those of Polars and Arrow do.

    Raises:
        DataError: what it exports is no table, or it can't export it.
    """
    try:
        return pa.table(frame)
    except Exception as error:  # whatever another library raises
        reason = one_line(str(error))[:300]
        raise DataError(f"a {type(frame).__name__} can't be read as a table: {reason}") from error


def require_unique_names(names: Iterable[str]) -> None:
    """Raise a `DataError` if a name occurs twice."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(f"the table has more than one column named {repeated[0]!r}; rename or remove the others")


def to_column(cells: pd.Series) -> pa.Array:
    """Convert a column; cells that Arrow's plain types can't hold, or of mixed types, are converted to text.

    Args:
        cells: any dtype; sparse columns become dense, and periods, intervals and complex numbers text.

    Raises:
        DataError: a cell is an object of Python that is no value, such as a function.
    """
    if isinstance(cells.dtype, pd.SparseDtype):
        cells = cells.astype(cells.dtype.subtype)
    if cells.dtype == "longdouble":
        cells = cells.astype(float)
    try:
        column = pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _to_text(cells)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return _to_text(cells) if isinstance(kind, pa.BaseExtensionType) else column


def _to_text(cells: pd.Series) -> pa.Array:
    for cell in cells:
        if not pd.api.types.is_scalar(cell):
            kind = type(cell).__name__
            raise DataError(
                f"column {str(cells.name)!r} holds cells of mixed types, among them {kind}; give plain values"
            )
    return pa.array([None if missing else _text(cell) for cell, missing in zip(cells, cells.isna())], pa.string())


def _text(cell: Any) -> str:
    """Convert a cell to text that can be encoded in UTF-8; lone surrogates become question marks."""
    return str(cell).encode("utf-8", errors="replace").decode("utf-8")
