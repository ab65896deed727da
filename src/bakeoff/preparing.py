"""Writing the three parts of the rows once into a run's workspace, and handing them on by reference."""

import logging
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.columns import Feature
from bakeoff.config import CrossValidationConfig, TrainingConfig
from bakeoff.datasets import Dataset, digest_dataset, forget_dataset, load_dataset
from bakeoff.errors import DataError
from bakeoff.folding import Fold, refuse_single_class, split_folds
from bakeoff.origin import Origin, origin_of
from bakeoff.splitting import By, Part, Split, split_rows
from bakeoff.tables import read_table

POSITIONS = "positions.npz"
RAW = "raw.parquet"

_reading = threading.Lock()
logger = logging.getLogger(__name__)


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


def prepare_dataset(config: TrainingConfig, folder: Path) -> DatasetRef:
    """Load the rows, split them and write each part once into `folder`.

    Raises:
        DataError: the rows can't be used; nothing is written then.
    """
    dataset, split = check_dataset(config)
    forget_dataset()
    _read.cache_clear()
    folder.mkdir(parents=True, exist_ok=True)
    for part, positions in split.items():
        frame = dataset.X.iloc[positions].copy()
        frame[dataset.target] = dataset.y.iloc[positions]
        frame.to_parquet(folder / f"{part}.parquet", index=False)
    arrays: dict[str, Any] = {str(part): positions for part, positions in split.items()}
    if dataset.split_key is not None:
        arrays["split_key"] = dataset.split_key
    np.savez(folder / POSITIONS, **arrays)
    if dataset.raw is not None:  # without Arrow's own types, not all of which can be picked from
        pa.parquet.write_table(dataset.raw, folder / RAW, store_schema=False)
    rows: dict[str, int] = {part: len(positions) for part, positions in split.items()}
    logger.info(
        "%s rows from %s: %s training, %s test, %s validation; %d features, %d classes",
        f"{len(dataset.y):,}",
        config.dataset.bundled or config.dataset.path or _generator(config.dataset.batch),
        *(f"{count:,}" for count in rows.values()),
        len(dataset.features),
        len(dataset.classes),
    )
    return DatasetRef(
        folder=folder,
        sha256=digest_dataset(dataset),
        features=tuple(
            replace(feature, missing=bool(dataset.X[feature.name].iloc[split["train"]].isna().any()))
            for feature in dataset.features
        ),
        target=dataset.target,
        classes=tuple(dataset.classes),
        rows=rows,
        origin=origin_of(config.dataset),
        split_by=config.split.by,
    )


def check_dataset(config: TrainingConfig) -> tuple[Dataset, Split]:
    """Load and split the rows that the config names, refusing all that training could not use.

    Raises:
        DataError: in one line.
    """
    dataset = load_dataset(config.dataset, config.split)
    if config.preprocessing == "none":
        for feature in dataset.features:
            if feature.kind == "category":
                raise DataError(
                    f"preprocessing: none takes numbers alone, but column {feature.name!r} holds text; "
                    "set preprocessing: auto, or add the column to dataset.ignore"
                )
    split = split_rows(dataset, config.split, config.cross_validation.folds)
    _refuse_single_classes(config, dataset, split)
    return dataset, split


def _refuse_single_classes(config: TrainingConfig, dataset: Dataset, split: Split) -> None:
    """By time or group, rows of one class may come together, and folds be empty; an AUC needs two classes."""
    y, ranked = dataset.y.to_numpy(), config.cross_validation.scoring == "roc_auc_ovr"
    if ranked:
        refuse_single_class(y[split["test"]], "the test rows")
    if dataset.split_key is None:
        return
    y, key = y[split["train"]], dataset.split_key[split["train"]]
    for number, (fitted, scored) in enumerate(split_folds(config.cross_validation, y, config.split.by, key), start=1):
        if not len(scored):
            raise DataError(
                f"fold {number} would have no rows: the groups of {config.split.column!r} are too few or too unequal "
                f"for {config.cross_validation.folds} folds; lower cross_validation.folds (at least 2)"
            )
        refuse_single_class(y[fitted], f"the rows that fold {number} is fitted on")
        if ranked:
            refuse_single_class(y[scored], f"the rows of fold {number}")


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


def read_groups(ref: DatasetRef, part: Part) -> np.ndarray | None:
    """The group of each row of a part, shape (n_rows,), where the split is by group."""
    return _read_split_key(ref, part) if ref.split_by == "group" else None


def read_raw(ref: DatasetRef, part: Part) -> pa.Table:
    """A part as another model would meet it: all columns of its file, with nothing made of their cells yet."""
    if not (ref.folder / RAW).exists():
        return read_table(ref.part(part))
    return read_table(ref.folder / RAW).take(pa.array(read_positions(ref, part)))


def _read_split_key(ref: DatasetRef, part: Part) -> np.ndarray | None:
    with np.load(ref.folder / POSITIONS) as positions:
        key: np.ndarray | None = positions.get("split_key")
        return None if key is None else key[positions[part]]


@lru_cache(maxsize=3)
def _read(path: Path, target: str) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_parquet(path)
    return frame.drop(columns=target), frame[target].to_numpy()


def _generator(batch: int | None) -> str:
    return f"the generator, batch {batch}" if batch else "the generator"
