"""What crosses a task's boundary instead of the rows: a reference to the files that they were written to."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.config import CrossValidationConfig
from bakeoff.features import Feature
from bakeoff.folding import Fold, split_folds
from bakeoff.origin import Origin
from bakeoff.splitting import By, Part
from bakeoff.tables import read_table

POSITIONS = "positions.npz"
RAW = "raw.parquet"

_reading = threading.Lock()


@dataclass(frozen=True)
class DatasetRef:
    """What crosses a task's boundary instead of the rows: where they lie, and what they are.

    Attributes:
        folder: holds train.parquet, test.parquet and validation.parquet, features and target each; of all rows, in the
            dataset's order, their positions and split keys, and of a file all columns as they were read.
        sha256: `digest_dataset` of all rows.
        classes: as text, in scikit-learn's order.
        rows: how many rows each part has.
        split_by: what the split follows, and the folds too.
    """

    folder: Path
    sha256: str
    features: tuple[Feature, ...]
    target: str
    classes: tuple[str, ...]
    rows: dict[str, int]
    origin: Origin
    split_by: By

    def part(self, part: Part) -> Path:
        """The Parquet file of one part."""
        return self.folder / f"{part}.parquet"


def read_part(ref: DatasetRef, part: Part) -> tuple[pd.DataFrame, np.ndarray]:
    """One part's features, shape (n_rows, n_features), and classes, shape (n_rows,).

    The threads of a process share what this returns: nobody may change it.
    """
    with _reading:  # the first wave of tasks asks at once: one of them reads
        return _read(ref.part(part), ref.target)


def read_positions(ref: DatasetRef, part: Part) -> np.ndarray:
    """Where each row of a part stands in the dataset, shape (n_rows,)."""
    with np.load(ref.folder / POSITIONS) as positions:
        found: np.ndarray = positions[part]
        return found


def read_folds(ref: DatasetRef, config: CrossValidationConfig) -> list[Fold]:
    """The folds of the training rows, each as the positions to fit on and to score, counted among these rows."""
    return split_folds(config, read_part(ref, "train")[1], ref.split_by, _read_split_key(ref, "train"))


def read_groups(ref: DatasetRef, part: Part | None = None) -> np.ndarray | None:
    """The group of each row of a part, or of all rows in the dataset's order, where the split is by group."""
    return _read_split_key(ref, part) if ref.split_by == "group" else None


def read_raw(ref: DatasetRef, part: Part | None = None) -> pa.Table:
    """A part, or all rows of a file, as another model would meet them: nothing is made of their cells yet."""
    if part is None:
        return read_table(ref.folder / RAW)
    if not (ref.folder / RAW).exists():
        return read_table(ref.part(part))
    return read_table(ref.folder / RAW).take(pa.array(read_positions(ref, part)))


def _read_split_key(ref: DatasetRef, part: Part | None) -> np.ndarray | None:
    with np.load(ref.folder / POSITIONS) as positions:
        key: np.ndarray | None = positions.get("split_key")
        return key if key is None or part is None else key[positions[part]]


@lru_cache(maxsize=3)
def _read(path: Path, target: str) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_parquet(path)
    return frame.drop(columns=target), frame[target].to_numpy()


def forget_parts() -> None:
    """Let go of the parts that `read_part` keeps."""
    _read.cache_clear()
