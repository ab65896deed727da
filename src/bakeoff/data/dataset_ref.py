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
    """What crosses a task's boundary instead of the rows: where they lie, and what they are.

    Attributes:
        folder: holds train.arrow, test.arrow and validation.parquet, features and target each; of all rows, in the
            dataset's order, their positions and split keys, and of a file all columns as they were read.
        sha256: `digest_dataset` of all rows.
        split_sha256: of the positions of all parts, and of the split's keys.
        classes: as text, in scikit-learn's order.
        rows: how many rows each part has.
        split_by: what the split follows, and the folds too.
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

    def part(self, part: Part) -> Path:
        """The file of one part: validation rows as they are exported, the others as they are mapped into memory."""
        return self.folder / f"{part}.{'parquet' if part == 'validation' else 'arrow'}"
