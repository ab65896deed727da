"""The profile of a version: what its training rows and its predictions were like, as counts in bins."""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Annotated

from bakeoff.errors import IntegrityError
from bakeoff.runtime.typed_json import ShapeError, parse_json, read_as
from bakeoff.tables.schema import Kind

PROFILE = "profile.json"  # a version's file
FORMAT = 1


def _ascend(cuts: list[float]) -> bool:
    return all(low < high for low, high in pairwise(cuts))


Cuts = Annotated[list[float], _ascend]


@dataclass(frozen=True)
class ColumnProfile:
    """The training rows of a column, in bins.

    The bins of numbers end at `cuts`; the first and the last have no training row, since they are further outside its
    range than a tenth of its width. The bins of texts are those of their lengths. The bins of categories are the most
    frequent ones, then all others, then the unseen ones: rows whose category occurs once in training count there, as
    many as new rows with an unseen one are to be expected (Good and Turing). Booleans have a bin for false and one for
    true, and dates, which move on by themselves, a single one.

    Attributes:
        name: the column's name.
        kind: what its cells hold.
        cuts: the upper ends of all bins but the last, ascending; each belongs to the bin that it ends.
        categories: the categories that have a bin each.
        counts: the training rows in each bin.
        missing: the training rows without a value.
    """

    name: str
    kind: Kind
    cuts: Cuts
    categories: list[str]
    counts: list[int]
    missing: int


@dataclass(frozen=True)
class PredictionProfile:
    """The winner's predictions for rows that it was not trained on.

    A prediction's confidence is the probability of the predicted class. The lists in bins of confidence are empty for a
    model without probabilities.

    Attributes:
        classes: the number of test rows by predicted class, in the model's order.
        cuts: the upper ends of all bins of confidence but the last.
        confidence: the test rows in each bin.
        judged: the held-out rows in each bin: the test rows, and the out-of-fold predictions of the training rows.
        right: how many of them were predicted correctly.
    """

    classes: list[int]
    cuts: Cuts
    confidence: list[int]
    judged: list[int]
    right: list[int]


@dataclass(frozen=True)
class Profile:
    """The profile of a version.

    Attributes:
        format: the number of this format.
        rows: the number of training rows that it is made of.
        columns: the features, in the card's order.
        prediction: the predictions.
    """

    format: int
    rows: int
    columns: list[ColumnProfile]
    prediction: PredictionProfile

    def to_json(self) -> str:
        """Return the content of the file."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def read_profile(content: bytes) -> Profile:
    """Read the content of a `profile.json`.

    Raises:
        IntegrityError: it is no profile.
    """
    try:
        profile = read_as(Profile, parse_json(content))
        for column in profile.columns:
            if len(column.counts) != _n_bins(column):
                raise ShapeError(f"columns.{column.name[:80]}.counts")
        prediction = profile.prediction
        if {len(prediction.judged), len(prediction.right)} != {len(prediction.confidence)}:
            raise ShapeError("prediction")
    except ValueError as error:  # a ShapeError is one, too
        raise IntegrityError(f"{PROFILE} doesn't hold what a profile must hold: {error}") from error
    return profile


def _n_bins(column: ColumnProfile) -> int:
    return len(column.categories) + 2 if column.kind == "category" else len(column.cuts) + 1
