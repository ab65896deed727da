"""Load a dataset: generated, bundled with scikit-learn, or from a file."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.synthetic import generate_rows
from bakeoff.tables.schema import Feature


@dataclass(frozen=True)
class Dataset:
    """All rows of a source, in its order; `X` and `y` must not be changed, since threads share them.

    Attributes:
        X: the features, shape (n_rows, n_features).
        y: the class of each row, shape (n_rows,); int64 or text.
        features: the schema, one `Feature` per column of X.
        split_key: the time or group of each row, shape (n_rows,); None if the split is random.
        raw: all columns of a file as read, of the same rows; None for other sources.
        tidied: what was done to the table, a line each.
    """

    X: pd.DataFrame
    y: pd.Series
    features: tuple[Feature, ...]
    split_key: np.ndarray | None = None
    raw: pa.Table | None = None
    tidied: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The name of the target column."""
        return str(self.y.name)

    @property
    def classes(self) -> list[str]:
        """The classes as text, in scikit-learn's order."""
        return [str(name) for name in np.unique(self.y.to_numpy())]

    def take(self, rows: np.ndarray, line: str) -> "Dataset":
        """Return the dataset with some of its rows only.

        Args:
            rows: their positions, in ascending order.
            line: what was done.
        """
        return replace(
            self,
            X=self.X.iloc[rows].reset_index(drop=True),
            y=self.y.iloc[rows].reset_index(drop=True),
            split_key=None if self.split_key is None else self.split_key[rows],
            raw=None if self.raw is None else self.raw.take(pa.array(rows)),
            tidied=(*self.tidied, line),
        )


def load_dataset(config: DatasetConfig, split: SplitConfig | None = None, *, strict: bool = False) -> Dataset:
    """Generate or read the rows that the config names.

    Args:
        config: the dataset's config.
        split: the split's config, which may name a column to read as split key.
        strict: whether a file that would have to be tidied is refused.

    Raises:
        DataError: the rows can't be used; the message names the column or row and says what to do.
    """
    if config.source == "file":
        from bakeoff.data.file_dataset import load_file

        return load_file(config, split or SplitConfig(), strict)
    return _generate(config) if config.source == "synthetic" else _bundled(config)


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


def _generate(config: DatasetConfig) -> Dataset:
    X, y = generate_rows(config)
    names = [f"feature_{i}" for i in range(config.n_features)]
    frame = pd.DataFrame(X, columns=names)
    return Dataset(frame, pd.Series(y, name="target").astype("int64"), _numbers(frame))


def _bundled(config: DatasetConfig) -> Dataset:
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{config.bundled}")(as_frame=True)
    y = bunch.target.astype("int64")
    if config.bundled != "digits":  # the classes of digits are the numbers themselves
        y = pd.Series(np.asarray(bunch.target_names)[y.to_numpy()], name="target").astype("str")
    return Dataset(bunch.data, y, _numbers(bunch.data))


def _numbers(frame: pd.DataFrame) -> tuple[Feature, ...]:
    return tuple(Feature(str(name), str(dtype), "number") for name, dtype in frame.dtypes.items())
