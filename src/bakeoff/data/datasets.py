"""A dataset in memory, and its digest."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.tables.schema import Feature


@dataclass(frozen=True)
class Dataset:
    """All rows of a source, in its order; `X` and `y` must not be changed, since threads share them.

    Attributes:
        X: the features, shape (n_rows, n_features).
        y: the class of each row, shape (n_rows,); int64 or text.
        features: the schema, one `Feature` per column of X.
        split_key: the time or group of each row, shape (n_rows,); None if the split is random.
        raw: the same rows with all columns of the file, as read; None for other sources.
        tidied: what was done to the table, one line for each kind of change.
        warnings: what was done to it that most likely is a loss, likewise.
    """

    X: pd.DataFrame
    y: pd.Series
    features: tuple[Feature, ...]
    split_key: np.ndarray | None = None
    raw: pa.Table | None = None
    tidied: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return str(self.y.name)

    @property
    def classes(self) -> list[str]:
        """The classes as text, in scikit-learn's order."""
        return [str(name) for name in np.unique(self.y.to_numpy())]

    def take(self, rows: np.ndarray, line: str) -> "Dataset":
        """Return the dataset with only some of its rows.

        Args:
            rows: their positions, in ascending order.
            line: what was done to the table, added to `tidied`.
        """
        return replace(
            self,
            X=self.X.iloc[rows].reset_index(drop=True),
            y=self.y.iloc[rows].reset_index(drop=True),
            split_key=None if self.split_key is None else self.split_key[rows],
            raw=None if self.raw is None else self.raw.take(pa.array(rows)),
            tidied=(*self.tidied, line),
        )


def digest_dataset(dataset: Dataset) -> str:
    """Return the SHA-256 of all names, types and values in order; it is the same on every machine."""
    digest = hashlib.sha256()
    for name, column in [*dataset.X.items(), (dataset.target, dataset.y)]:
        dtype = str(column.dtype)
        digest.update(f"{len(str(name))}:{name}:{dtype}:{len(column)}\n".encode())
        if dtype == "str":
            # The lengths (-1: missing) before the text, so that different columns have different bytes.
            cells = [None if missing else str(cell).encode() for cell, missing in zip(column, column.isna())]
            digest.update(np.array([-1 if cell is None else len(cell) for cell in cells], dtype="<i8").tobytes())
            digest.update(b"".join(cell for cell in cells if cell is not None))
        else:
            values = column.to_numpy()
            if values.dtype.kind == "f":
                values = np.where(np.isnan(values), np.nan, values)  # one bit pattern for all NaN
            digest.update(np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes())
    return digest.hexdigest()
