"""A reference to a prepared dataset: paths and figures, no rows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bakeoff.data.origin import Origin
from bakeoff.tables.schema import Feature

By = Literal["random", "time", "group"]
Part = Literal["train", "test", "validation"]


@dataclass(frozen=True)
class DatasetRef:
    """A reference to a prepared dataset, which tasks pass on instead of its rows.

    Attributes:
        folder: the folder with the parts (train.arrow, test.arrow and validation.parquet, with features and target),
            the positions and split keys of the rows (positions.npz), and for files all columns as read (raw.parquet).
        sha256: the digest of all rows, by `digest_dataset`.
        split_sha256: the digest of the positions of all parts and of the split keys.
        features: the schema, with the values of the training rows.
        target: the name of the target column.
        classes: the classes as text, in scikit-learn's order.
        rows: the number of rows by part.
        split_by: how rows are assigned to parts and folds: at random, by time or by group.
        origin: the source and batch of the rows.
        folds: the number of folds, lowered from the config's if a class is rare.
        tidied: what was done to the table, one line for each kind of change.
        warnings: what to beware of in the rows and their split, a sentence each.
    """

    folder: Path
    sha256: str
    split_sha256: str
    features: tuple[Feature, ...]
    target: str
    classes: tuple[str, ...]
    rows: dict[str, int]
    origin: Origin
    split_by: By
    folds: int
    tidied: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def part(self, part: Part) -> Path:
        """Return a part's path: Parquet for hold-out rows, which are exported; Arrow for others, which are mapped."""
        return self.folder / f"{part}.{'parquet' if part == 'validation' else 'arrow'}"
