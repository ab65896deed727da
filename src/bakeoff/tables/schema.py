"""The schema of a version: its features, and which values they had in the training rows."""

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd


Kind = Literal["number", "boolean", "category", "datetime", "text"]

MAX_CATEGORIES = 100  # most one-hot columns of a feature; rarer categories share one
MAX_KNOWN = 10_000  # most categories that a card lists; of a feature with more it lists none, and unseen ones pass

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CellFormat:
    """How the cells of a column are read, beyond what pandas reads by itself.

    Attributes:
        gaps: texts that are read as missing, beyond those of `cells.MISSING`.
        decimal: the decimal mark of numbers.
        grouped: whether numbers have thousands separators.
        percent: whether numbers are written with a percent sign.
        order: the order of year, month and day in dates; None in columns without dates.
        verbatim: whether only empty cells are missing: `NA` and the like are categories.
        unit: the text before or after numbers, such as `kg`; a cell may lack it.
    """

    gaps: tuple[str, ...] = ()
    decimal: Literal[".", ","] = "."
    grouped: bool = False
    percent: bool = False
    order: Literal["ymd", "mdy", "dmy"] | None = None
    verbatim: bool = False
    unit: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether Arrow's own cast reads the numbers, once gaps are null."""
        return self.decimal == "." and not (self.grouped or self.percent or self.unit)


@dataclass(frozen=True)
class Feature:
    """A column that models are trained on.

    Attributes:
        name: the column's name.
        dtype: its pandas dtype.
        kind: what its cells hold.
        missing: whether values were missing in the training rows.
        categories: the categories of the training rows, sorted; None for other kinds and for more than `MAX_KNOWN`.
        range: the smallest and the largest number of the training rows; None for other kinds.
        format: how its cells are read; None for rows that are not from a file, and in versions of earlier releases.
    """

    name: str
    dtype: str
    kind: Kind
    missing: bool = False
    categories: tuple[str, ...] | None = None
    range: tuple[float, float] | None = None
    format: CellFormat | None = None

    def with_training_values(self, column: "pd.Series") -> "Feature":
        """Return the feature with the missing values, categories and range of the training rows.

        Args:
            column: the feature's values in the training rows, shape (n_rows,), as `infer_column` converts them.
        """
        missing = bool(column.isna().any())
        if self.kind == "category":
            categories = sorted(column.dropna().unique())
            if len(categories) > MAX_KNOWN:
                logger.warning(
                    "column %r has %s categories, more than the %s that a card lists: predictions can't tell an unseen "
                    "one",
                    self.name,
                    f"{len(categories):,}",
                    f"{MAX_KNOWN:,}",
                )
                return replace(self, missing=missing)
            return replace(self, missing=missing, categories=tuple(categories))
        if self.kind != "number":
            return replace(self, missing=missing)
        import numpy as np

        values = column.to_numpy(dtype=float)
        values = values[~np.isnan(values)]
        limits = (float(values.min()), float(values.max())) if len(values) else None
        return replace(self, missing=missing, range=limits)
