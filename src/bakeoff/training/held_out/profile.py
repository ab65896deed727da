"""Write the profile of the winner's training rows and held-out predictions, which later rows are compared with."""

from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_part
from bakeoff.drift.counts import spread_rows
from bakeoff.drift.profile import PredictionProfile
from bakeoff.drift.reference import make_profile, profile_predictions
from bakeoff.estimators.inference import predict_with_proba
from bakeoff.evaluation.costs import cost_matrix, min_expected_cost
from bakeoff.evaluation.predictions import encode_labels
from bakeoff.training.held_out.out_of_fold import read_out_of_fold
from bakeoff.training.leaderboard import Scorecard

MOST_TEST_ROWS = 20_000  # that are predicted


def write_profile(config: TrainingConfig, ref: DatasetRef, winner: Scorecard, pipeline: Any, path: Path) -> None:
    """Write the profile as JSON.

    Args:
        config: the run's config.
        ref: the dataset.
        winner: the winner's results.
        pipeline: its fitted Pipeline.
        path: the file to write.
    """
    prediction = _profile_predictions(config, ref, winner, pipeline)
    path.write_text(make_profile(read_part(ref, "train")[0], ref.features, prediction).to_json(), encoding="utf-8")


def _profile_predictions(
    config: TrainingConfig, ref: DatasetRef, winner: Scorecard, pipeline: Any
) -> PredictionProfile:
    """Profile the predictions for test rows, and their accuracy on test rows and out-of-fold rows."""
    X, y = read_part(ref, "test")
    if len(X) > MOST_TEST_ROWS:
        rows = spread_rows(len(X), MOST_TEST_ROWS)
        X, y = X.iloc[rows], y[rows]
    codes, shares = predict_with_proba(pipeline, X)
    costs = cost_matrix(config.costs, ref.classes) if config.costs else None
    if costs is not None and shares is not None:
        codes = min_expected_cost(shares, costs)
    counts = np.bincount(codes, minlength=len(pipeline.classes_))
    if shares is None:
        return profile_predictions(counts, None, None, None)
    confidence, right = shares[np.arange(len(y)), codes], np.asarray(pipeline.classes_)[codes] == y
    out_of_fold = _out_of_fold(config, ref, winner, pipeline, costs)
    judged = [np.concatenate(parts) for parts in zip((confidence, right), out_of_fold)]
    return profile_predictions(counts, confidence, *judged)


def _out_of_fold(
    config: TrainingConfig, ref: DatasetRef, winner: Scorecard, pipeline: Any, costs: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence of the training rows' out-of-fold predictions, and whether they are right.

    Of several repeats the first is taken. The probabilities are those of the winner's own calibrator.
    """
    ordered = sorted(winner.folds, key=lambda fold: fold.fold)
    out_of_fold = read_out_of_fold(ref, config.cross_validation, [fold.outputs for fold in ordered])
    last, known = pipeline[-1], np.isfinite(out_of_fold.scores[0]).all(axis=1)
    if hasattr(last, "calibrate"):
        own = last.calibrate(out_of_fold.scores[0][known])
        shares = np.zeros((len(own), len(ref.classes)))
        shares[:, encode_labels(pipeline.classes_, ref.classes)] = own
    elif out_of_fold.probabilities is not None:
        shares = out_of_fold.probabilities[0][known]
    else:
        return np.empty(0), np.empty(0, dtype=bool)
    codes = out_of_fold.predicted[0][known] if costs is None else min_expected_cost(shares, costs)
    return shares[np.arange(len(codes)), codes], codes == out_of_fold.rows.y[known]
