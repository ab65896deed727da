"""Dividing rows into training, test and validation rows, and handing them on by reference."""

import logging
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from bakeoff.columns import Feature
from bakeoff.config import SplitConfig, TrainingConfig
from bakeoff.datasets import Dataset, digest_dataset, forget_dataset, load_dataset
from bakeoff.errors import DataError

Part = Literal["train", "test", "validation"]
Split = dict[Part, np.ndarray]

_reading = threading.Lock()
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DatasetRef:
    """What crosses a task's boundary instead of the rows: where they lie, and what they are.

    Attributes:
        folder: holds train.parquet, test.parquet and validation.parquet, features and target each.
        sha256: `digest_dataset` of all rows.
        classes: as text, in scikit-learn's order.
        rows: how many rows each part has.
    """

    folder: Path
    sha256: str
    features: tuple[Feature, ...]
    target: str
    classes: tuple[str, ...]
    rows: dict[str, int]

    def part(self, part: Part) -> Path:
        """The Parquet file of one part."""
        return self.folder / f"{part}.parquet"


def split_rows(dataset: Dataset, config: SplitConfig, folds: int) -> Split:
    """Draw the three parts: disjoint, and together all rows.

    `test_size` of all rows is held out; of those, `validation_share` is kept for the prediction flow.

    Args:
        folds: how many folds the training rows must serve; every class needs as many training rows.

    Returns:
        for each part the positions of its rows in the dataset, in the order that `train_test_split` gave them.

    Raises:
        DataError: too few rows or classes, in words that name the class and what would do.
    """
    from sklearn.model_selection import train_test_split

    y = dataset.y.to_numpy()
    _refuse_small_classes(dataset.target, y, folds, "rows")
    try:
        train, held_out = train_test_split(
            np.arange(len(y)),
            test_size=config.test_size,
            random_state=config.random_state,
            stratify=y if config.stratify else None,
        )
        test, validation = train_test_split(
            held_out,
            test_size=config.validation_share,
            random_state=config.random_state,
            stratify=y[held_out] if config.stratify else None,
        )
    except ValueError as error:
        raise DataError(
            f"{len(y)} rows can't be split with split.test_size {config.test_size} and split.validation_share "
            f"{config.validation_share} ({str(error).split('. ')[0].rstrip('.')}); "
            "use more rows, other shares or split.stratify: false"
        ) from error
    _refuse_small_classes(dataset.target, y[train], folds, "training rows", np.unique(y))
    return {"train": train, "test": test, "validation": validation}


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
    rows: dict[str, int] = {part: len(positions) for part, positions in split.items()}
    logger.info(
        "%s rows from %s: %s training, %s test, %s validation; %d features, %d classes",
        f"{len(dataset.y):,}",
        config.dataset.bundled or config.dataset.path or "the generator",
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
    )


def check_dataset(config: TrainingConfig) -> tuple[Dataset, Split]:
    """Load and split the rows that the config names, refusing all that training could not use.

    Raises:
        DataError: in one line.
    """
    dataset = load_dataset(config.dataset)
    if config.preprocessing == "none":
        for feature in dataset.features:
            if feature.kind == "category":
                raise DataError(
                    f"preprocessing: none takes numbers alone, but column {feature.name!r} holds text; "
                    "set preprocessing: auto, or add the column to dataset.ignore"
                )
    return dataset, split_rows(dataset, config.split, config.cross_validation.folds)


def read_part(ref: DatasetRef, part: Part) -> tuple[pd.DataFrame, np.ndarray]:
    """One part's features, shape (n_rows, n_features), and classes, shape (n_rows,).

    The threads of a process share what this returns: nobody may change it.
    """
    with _reading:  # the first wave of tasks asks at once: one of them reads
        return _read(ref.part(part), ref.target)


@lru_cache(maxsize=3)
def _read(path: Path, target: str) -> tuple[pd.DataFrame, np.ndarray]:
    frame = pd.read_parquet(path)
    return frame.drop(columns=target), frame[target].to_numpy()


def _refuse_small_classes(
    target: str, y: np.ndarray, folds: int, rows: str, expected: np.ndarray | None = None
) -> None:
    classes, counts = np.unique(y, return_counts=True)
    if expected is None and len(classes) == 1:
        raise DataError(f"the target {target!r} has one class only, {str(classes[0])!r}; a classifier needs two")
    sizes = dict(zip(classes, counts))
    for name in classes if expected is None else expected:
        if (size := sizes.get(name, 0)) < folds:
            raise DataError(
                f"class {str(name)!r} of {target!r} has {size} {rows if size != 1 else rows[:-1]}, fewer than "
                f"the {folds} folds of the cross-validation; add rows of it, lower cross_validation.folds (at least 2) "
                "or take the class out"
            )
