"""Load a dataset: generated, bundled with scikit-learn, or from a file or query."""

import numpy as np
import pandas as pd

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.data.datasets import Dataset
from bakeoff.data.file_dataset import load_file
from bakeoff.data.synthetic import generate_rows
from bakeoff.tables.cells import TEXT
from bakeoff.tables.schema import Feature


def load_dataset(config: DatasetConfig, split: SplitConfig | None = None, *, strict: bool = False) -> Dataset:
    """Generate or read the rows that the config names.

    Args:
        config: the dataset's config.
        split: the split's config; a column that it names is read as the split key.
        strict: whether a file that would have to be tidied is refused.

    Raises:
        DataError: the rows can't be used; the message names the column or row and says what to do.
    """
    if config.is_table:
        return load_file(config, split or SplitConfig(), strict)
    return _generate(config) if config.source == "synthetic" else _bundled(config)


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
        y = pd.Series(np.asarray(bunch.target_names)[y.to_numpy()], name="target", dtype=TEXT)
    return Dataset(bunch.data, y, _numbers(bunch.data))


def _numbers(frame: pd.DataFrame) -> tuple[Feature, ...]:
    return tuple(Feature(str(name), str(dtype), "number") for name, dtype in frame.dtypes.items())
