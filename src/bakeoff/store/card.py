"""The card of a version as dataclasses, whose fields are the keys of card.json in its order.

Fields with a default may be missing in older cards.
"""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from bakeoff.errors import IntegrityError
from bakeoff.evaluation.results import (
    BASELINE,
    CalibrationCurve,
    CostReduction,
    Importance,
    Method,
    ThresholdCurve,
)
from bakeoff.runtime.typed_json import Keys, ShapeError, is_shallow, read_as
from bakeoff.store.contents.contestants import Baseline, Choice, Contestant, Finisher
from bakeoff.store.contents.settings import Settings
from bakeoff.store.entries import TIME, VERSION
from bakeoff.tables.schema import Feature

DEEPEST = 30  # levels of nesting; a config has 20 at most
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")  # a file name without a path
FRAME = (
    "(data frame)"  # as `dataset.path` of a race whose rows came from Python, so that the same race gives the same card
)
SEALED = ("model.joblib", "validation.parquet", "leaderboard.csv")  # files that every card lists with their digests


def _is_time(text: str) -> bool:
    try:
        return bool(TIME.fullmatch(text) and datetime.fromisoformat(text))
    except ValueError:  # a 31st of February
        return False


def _can_be_drawn(curve: CalibrationCurve | None) -> bool:
    """Return whether a curve's shares lie between 0 and 1 and no bin is empty."""
    if curve is None:
        return True
    return all(0 <= share <= 1 for share in [*curve.predicted, *curve.observed]) and all(map(bool, curve.pairs))


Curve = Annotated[CalibrationCurve | None, _can_be_drawn]


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """The reliability curves before and after calibration."""

    before: Curve
    after: Curve


@dataclass(frozen=True, kw_only=True)
class WinnersCalibration:
    """The winner's `Calibration`, as in `evaluation.results`."""

    method: Method | None
    own_probabilities: bool
    rows: int
    brier_before: float | None
    brier_after: float | None
    reliability: Reliability | None = None
    thresholds: ThresholdCurve | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingScores:
    """The winner's scores on rows it was fitted on, by metric, and the number of those rows: a sample if many."""

    rows: int
    scores: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The number of rows of each part."""

    train: int
    test: int
    validation: int


@dataclass(frozen=True, kw_only=True)
class RowsOrigin:
    """The origin of the rows, as `data.origin.Origin`."""

    source: str
    batch: int
    order: str = ""


@dataclass(frozen=True, kw_only=True)
class FileDigest:
    """The digest and size of a sealed file."""

    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Card:
    """The card of a version.

    Attributes:
        classifier: the winner.
        classifiers: the contestants, in the leaderboard's order.
        baseline: what predicting without any column reaches; None in older cards.
        training: the winner's scores on training rows; None in older cards.
        calibration: the calibration of the winner's probabilities.
        brier_halved: whether there are two classes, whose Brier scores are halved to lie between 0 and 1; None in older
            cards, which don't halve them.
        decision: what decisions by least expected cost save; None without costs.
        importance: how far the winner's score falls if a column is shuffled; None in older cards, and where measuring
            it would have taken too long.
        warnings: what to beware of in the rows, their split and the scores, a sentence each.
        tidied: what was done to the table, a line each.
        split_sha256: the digest of the rows' assignment to parts; None in older cards.
        class_counts: the number of training rows by class.
        config: the run's config, as the Bakeoff of that time wrote it.
        environment: the version of each library.
        files: the sealed files by name.
    """

    format: int
    name: str
    version: Annotated[str, VERSION.fullmatch]
    created: Annotated[str, _is_time]
    classifier: str
    classifiers: dict[str, Contestant]
    baseline: Baseline | None = None
    selection: Choice
    training: TrainingScores | None = None
    calibration: WinnersCalibration | None = None
    brier_halved: bool | None = None
    decision: CostReduction | None = None
    importance: Importance | None = None
    warnings: list[str] = field(default_factory=list)
    tidied: list[str] = field(default_factory=list)
    classes: list[str]
    class_counts: dict[str, int] = field(default_factory=dict)
    features: tuple[Feature, ...]
    target: str
    rows: Rows
    data_sha256: str
    split_sha256: str | None = None
    origin: RowsOrigin | None = None
    config: Annotated[dict[str, Any], Settings]
    environment: Annotated[dict[str, str], Keys(("python", "scikit-learn"))]
    files: Annotated[dict[str, FileDigest], Keys(SEALED)]

    @classmethod
    def from_dict(cls, content: Any) -> "Card":
        """Build a card from the content of a card.json.

        Raises:
            IntegrityError: a key is missing or has another type; the message names it, as `classifiers.svm.cv_mean`.
        """
        try:
            if not is_shallow(content, DEEPEST):
                raise ShapeError("no more than thirty levels")
            card = read_as(cls, content)
            _require_consistent(card)
            finishers = {
                name: read_as(Finisher, content["classifiers"][name], f"classifiers.{name[:80]}")
                for name, contestant in card.classifiers.items()
                if name == card.classifier or contestant.status == "ok"
            }
        except ShapeError as error:
            raise IntegrityError(f"card.json doesn't hold what a card must hold: {error}") from error
        return replace(card, classifiers=card.classifiers | finishers)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of card.json: dicts, lists and plain values."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content

    @property
    def winner(self) -> Finisher:
        """The winner's scores."""
        return self.finishers[self.classifier]

    @property
    def finishers(self) -> dict[str, Finisher]:
        """The contestants that finished."""
        return {name: contestant for name, contestant in self.classifiers.items() if isinstance(contestant, Finisher)}

    @property
    def leaderboard(self) -> dict[str, Contestant]:
        """The rows of the leaderboard: the contestants and, last, the baseline."""
        return self.classifiers | ({BASELINE: self.baseline} if self.baseline else {})

    @property
    def beats_baseline(self) -> bool | None:
        """Whether the winner is better than the baseline beyond chance; None in older cards."""
        return self.classifier in self.baseline.beaten_by if self.baseline else None

    @property
    def settings(self) -> Settings:
        """The fields of the config that Bakeoff reads again."""
        return read_as(Settings, self.config)


def _require_consistent(card: Card) -> None:
    """Raise a `ShapeError` if winner or leader did not race, or a file's name is a path."""
    if card.classifier not in card.classifiers:
        raise ShapeError("its winner")
    if not all(map(FILE.fullmatch, card.files)):
        raise ShapeError("files of its own folder")
    if card.selection.leader is not None and card.selection.leader not in card.classifiers:
        raise ShapeError("selection.leader")
