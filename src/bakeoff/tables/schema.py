"""The schema contract of a version: what each column was like in the rows that it was trained on."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd


Kind = Literal["number", "boolean", "category"]

MAX_CATEGORIES = 100  # one-hot columns per text column; rarer categories share one
MAX_KNOWN = 10_000  # categories that the card lists; a column of more has none listed, and none is told as unseen

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feature:
    """One column that is learned from.

    Attributes:
        name: of the column.
        dtype: pandas' type of it.
        kind: what its cells are.
        missing: whether a training row had no value in it.
        categories: the texts that the training rows had in it, sorted; None for other kinds, or where they are more
            than the card lists.
        range: the least and the largest number of the training rows; None for other kinds.
    """

    name: str
    dtype: str
    kind: Kind
    missing: bool = False
    categories: tuple[str, ...] | None = None
    range: tuple[float, float] | None = None

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> list["Feature"]:
        """The features of a version; an older card knows neither categories nor ranges."""
        return [cls(**{**feature, **_tuples(feature)}) for feature in card["features"]]

    def learn(self, column: "pd.Series") -> "Feature":
        """The feature with what the training rows had in it.

        Args:
            column: the training rows' cells, shape (n_rows,), as training takes them.
        """
        missing = bool(column.isna().any())
        if self.kind == "category":
            known = sorted(column.dropna().unique())
            if len(known) > MAX_KNOWN:
                logger.warning(
                    "column %r has %s categories, more than the %s that a card lists: predictions can't tell an unseen "
                    "one",
                    self.name,
                    f"{len(known):,}",
                    f"{MAX_KNOWN:,}",
                )
                return replace(self, missing=missing)
            return replace(self, missing=missing, categories=tuple(known))
        if self.kind == "boolean":
            return replace(self, missing=missing)
        import numpy as np

        values = column.to_numpy(dtype=float)
        values = values[~np.isnan(values)]
        ends = (float(values.min()), float(values.max())) if len(values) else None
        return replace(self, missing=missing, range=ends)


def _tuples(feature: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(feature[key]) for key in ("categories", "range") if feature.get(key) is not None}
