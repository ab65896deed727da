"""The true classes that a table to be predicted holds, where it holds them."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bakeoff.columns import FALSE, TRUE, plain, text_cells, to_numbers


def true_codes(column: pa.ChunkedArray, classes: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Each row's true class.

    Args:
        column: the target as it was read, of text, numbers or true and false.
        classes: the model's, of its own type, shape (n_classes,).

    Returns:
        the classes' positions among the names, shape (n_rows,), -1 where a row has no class; and the names, the model's
        classes first and behind them those that it doesn't know.

    Raises:
        DataError: the column is of a type that no class has.
    """
    cells = plain("the target", column)
    if classes.dtype.kind == "i":
        named, known = _whole_numbers(cells)
    else:
        text = text_cells(cells)
        if set(map(str, classes)) <= {"true", "false"}:
            text = pc.if_else(pc.is_in(text, pa.array(TRUE + FALSE)), pc.utf8_lower(text), text)
        named, known = text.to_pandas(), pc.is_valid(text).to_numpy()
    codes: np.ndarray = pd.Index(classes).get_indexer(named).astype(np.int64)
    strange = known & (codes < 0)
    numbers, unknown = pd.factorize(named[strange])
    codes[strange] = len(classes) + numbers
    codes[~known] = -1
    return codes, [*map(str, classes), *map(str, unknown)]


def _whole_numbers(cells: pa.ChunkedArray) -> tuple[pd.Series, np.ndarray]:
    """The cells as int64, and which of them are whole numbers at all."""
    if pa.types.is_integer(cells.type) and not cells.null_count:  # beyond 2**53 too
        return pd.Series(cells.to_numpy()), np.ones(len(cells), dtype=bool)
    values, _ = to_numbers(cells)
    known = np.isfinite(values) & (values == np.floor(values)) & (np.abs(values) < 2**63)
    return pd.Series(np.where(known, values, 0).astype(np.int64)), known
