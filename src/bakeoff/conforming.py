"""Meeting a table with the columns that training saw: what fits is converted, what doesn't is named by row."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.columns import Feature, plain, to_booleans, to_numbers, to_text, too_large


def conform(table: pa.Table, features: Sequence[Feature]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn a table into the columns that training saw, and name the rows that can't be.

    Returns:
        the features, shape (n_rows, n_features), with unusable cells as missing; and one line a refused row with
        `row`, `column` and `reason`: the first column, in the order of the features, that is wrong in it.
    """
    columns: dict[str, Any] = {}
    refused = np.zeros(table.num_rows, dtype=bool)
    reasons, where = np.empty(table.num_rows, dtype=object), np.empty(table.num_rows, dtype=object)
    for feature in features:
        cells = plain(feature.name, table[feature.name])
        columns[feature.name], problems = _conform_column(feature, cells)
        for mask, reason in problems:
            for row in np.flatnonzero(mask & ~refused):
                refused[row] = True
                where[row] = feature.name
                reasons[row] = reason.format(str(cells[int(row)].as_py())[:80])
    rows = np.flatnonzero(refused)
    rejected = pd.DataFrame({"row": rows, "column": where[rows], "reason": reasons[rows]})
    return pd.DataFrame(columns), rejected.astype({"column": "str", "reason": "str"})


def _conform_column(feature: Feature, cells: pa.ChunkedArray) -> tuple[Any, list[tuple[np.ndarray, str]]]:
    """The column as training saw it, and for each thing that can be wrong the cells it is wrong in."""
    problems: list[tuple[np.ndarray, str]] = []
    if feature.kind == "category":
        values: Any = to_text(cells)
        empty = values.isna().to_numpy()
    else:
        values, unreadable = to_numbers(cells) if feature.kind == "number" else to_booleans(cells)
        wanted = "a number" if feature.kind == "number" else "true or false"
        problems += [(unreadable, f"not {wanted}: {{0!r}}"), (too_large(values), "infinite, or too large: {0}")]
        empty = np.isnan(values) & ~unreadable
    if not feature.missing:
        problems.append((empty, "missing, and training saw no missing value here"))
    return values, problems
