"""Compare the rows of a prediction run with the profile of the version that scores them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.config import PredictionConfig
from bakeoff.drift.counts import DriftCounter
from bakeoff.drift.profile import PROFILE, read_profile
from bakeoff.drift.results import VERDICTS, Drift
from bakeoff.drift.text import describe_verdict
from bakeoff.errors import DriftError, StoreError
from bakeoff.evaluation.streaming import StreamingEvaluation
from bakeoff.runtime.objects.address import Address
from bakeoff.store.card import Card
from bakeoff.store.model_store import ModelStore


class DriftCheck:
    """Counts the rows of a run, and judges them at its end.

    Attributes:
        counter: counts batches in the bins of the profile.
    """

    def __init__(self, store: ModelStore, card: Card) -> None:
        """Read the version's profile.

        Raises:
            IntegrityError: it was changed, or is none.
        """
        self.counter = DriftCounter(read_profile(store.read(card.version, PROFILE)), card.features)
        prediction = self.counter.profile.prediction
        if card.decision and prediction.judged:  # the card's accuracy is of predictions before costs
            self._test_rows, right = sum(prediction.judged), sum(prediction.right)
            self._test_accuracy = right / self._test_rows
        else:
            self._test_rows, self._test_accuracy = card.rows.test, card.winner.test["accuracy"]
        self._rows_alone = card.settings.split.by != "group"

    def judge(
        self, counts: np.ndarray, classes: Sequence[str], tally: StreamingEvaluation, *, trained_on: bool
    ) -> Drift:
        """Judge the rows.

        Args:
            counts: the sum of the counts of all batches.
            classes: the names of the classes, in the model's order.
            tally: the evaluation on the rows with a class.
            trained_on: whether training rows are among the rows.
        """
        from bakeoff.drift.verdict import Labelled, judge_drift  # here: it imports scipy

        labelled = None
        if evaluation := tally.evaluation():
            right = round(evaluation.accuracy * tally.rows)
            labelled = Labelled(tally.rows, right, self._test_rows, self._test_accuracy, self._rows_alone)
        return judge_drift(self.counter, counts, classes, labelled, trained_on=trained_on)


def read_drift_check(config: PredictionConfig, store: ModelStore, card: Card) -> DriftCheck | None:
    """Return the check of a version; None if it has no profile, as in older versions.

    Raises:
        StoreError: the config limits drift, and the version has no profile.
    """
    if PROFILE in card.files:
        return DriftCheck(store, card)
    if config.max_drift is not None:
        raise StoreError(
            f"version {card.version} has no profile to compare rows with, which max_drift needs: it was trained by an "
            "older Bakeoff; train anew, or leave max_drift out"
        )
    return None


def require_undrifted(config: PredictionConfig, drift: Mapping[str, Any] | None, folder: Path | Address) -> None:
    """Fail a run whose rows have drifted more than `max_drift` allows.

    Args:
        config: the run's config.
        drift: how far they have moved, as `Drift.to_dict` returns it; None if that was not checked.
        folder: the published folder.

    Raises:
        DriftError: they have; the message names what has moved.
    """
    if drift is None or config.max_drift is None:
        return
    if VERDICTS.index(drift["verdict"]) > VERDICTS.index(config.max_drift):
        raise DriftError(
            f"{describe_verdict(drift)} That is more than max_drift {config.max_drift} allows; the "
            f"predictions are in {str(folder)!r}"
        )
