"""What each contestant reached, side by side."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bakeoff.classifiers import CLASSIFIERS, title
from bakeoff.evaluation import TestResult
from bakeoff.fitting import ModelRef
from bakeoff.selection import DIGITS
from bakeoff.validation import FoldScore

logger = logging.getLogger(__name__)

Status = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True)
class Scorecard:
    """One contestant's race. `reason` says why when it did not finish; the rest is empty then."""

    classifier: str
    status: Status
    reason: str | None = None
    cv_scores: tuple[float, ...] = ()
    fit_seconds: float | None = None
    test: TestResult | None = None

    @property
    def cv_mean(self) -> float | None:
        """The mean of the fold scores."""
        return float(np.mean(self.cv_scores)) if self.cv_scores else None

    @property
    def cv_std(self) -> float | None:
        """The standard deviation of the fold scores (divided by n, as `cross_val_score(…).std()`)."""
        return float(np.std(self.cv_scores)) if self.cv_scores else None

    def to_dict(self) -> dict[str, Any]:
        """As the card holds it."""
        report = self.test.evaluation.report if self.test else {}
        return {
            "status": self.status,
            "reason": self.reason,
            "cv_scores": list(self.cv_scores),
            "cv_mean": self.cv_mean,
            "cv_std": self.cv_std,
            "test": self.test.evaluation.metrics if self.test else None,
            "report": {name: vars(line) for name, line in report.items()} or None,
            "fit_seconds": self.fit_seconds,
            "predict_rows_per_second": round(self.test.rows_per_second) if self.test else None,
        }


def score_contestant(
    classifier: str,
    folds: Sequence[FoldScore],
    model: ModelRef | None,
    test: TestResult | None,
    reason: str | None,
) -> Scorecard:
    """Draw a contestant's parts together: `ok` with all of them, else `failed` with the reason."""
    if reason is not None or model is None or test is None:
        logger.warning("%s failed: %s", title(classifier), reason)
        return Scorecard(classifier, "failed", reason or "it did not finish")
    scores = tuple(fold.score for fold in sorted(folds, key=lambda fold: fold.fold))
    return Scorecard(classifier, "ok", None, scores, model.seconds, test)


def rank(scorecards: Sequence[Scorecard]) -> list[Scorecard]:
    """Best mean fold score first, on a tie the simpler one; contestants without a score last."""
    order = list(CLASSIFIERS)
    return sorted(
        scorecards,
        key=lambda card: (
            -np.inf if card.cv_mean is None else round(card.cv_mean, DIGITS),
            -order.index(card.classifier),
        ),
        reverse=True,
    )


def leaderboard_rows(ranked: Sequence[Scorecard], winner: str) -> list[dict[str, Any]]:
    """One plain row a contestant, for a table of any kind."""
    rows = []
    for card in ranked:
        test = card.test.evaluation.metrics if card.test else {}
        rows.append(
            {
                "classifier": card.classifier,
                "winner": card.classifier == winner,
                "status": card.status,
                "cv_mean": card.cv_mean,
                "cv_std": card.cv_std,
                "test_accuracy": test.get("accuracy"),
                "test_precision_macro": test.get("precision_macro"),
                "test_recall_macro": test.get("recall_macro"),
                "test_f1_macro": test.get("f1_macro"),
                "fit_seconds": card.fit_seconds,
                "predict_rows_per_second": card.test.rows_per_second if card.test else None,
                "reason": card.reason,
            }
        )
    return rows
