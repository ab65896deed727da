"""Out-of-fold predictions and scores of the training rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.folds import Fold
from bakeoff.data.parts import read_folds, read_groups, read_part
from bakeoff.estimators.inference import predict_and_score
from bakeoff.estimators.pipeline import base_classifier
from bakeoff.evaluation.predictions import encode_labels


@dataclass(frozen=True)
class ScoredRows:
    """The training rows that a fold holds out; with folds by time the oldest rows are in none.

    Attributes:
        y: class codes from 0, shape (n_rows,).
        folds: the number of the fold in which each row was held out, shape (n_repeats, n_rows).
        groups: the group of each row, shape (n_rows,); None if rows are not grouped.
    """

    y: np.ndarray
    folds: np.ndarray
    groups: np.ndarray | None


@dataclass(frozen=True)
class OutOfFoldScores:
    """Out-of-fold predictions by the base classifiers of a contestant, without calibration.

    Attributes:
        predicted: class codes from 0, shape (n_repeats, n_rows).
        probabilities: shape (n_repeats, n_rows, n_classes); None if the classifier has no `predict_proba`.
        scores: what a calibrator is fitted on (`CalibratedClassifier.scores`), shape (n_repeats, n_rows, n_scores); NaN
            for folds whose classifier was fitted without one of the classes, since its scores aren't comparable.
    """

    rows: ScoredRows
    predicted: np.ndarray
    probabilities: np.ndarray | None
    scores: np.ndarray


def held_out_scores(pipeline: Any, X: pd.DataFrame, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Compute the arrays of `OutOfFoldScores` for the rows of one fold, by the base classifier of a fitted Pipeline.

    Args:
        pipeline: fitted on other rows.
        X: shape (n_rows, n_features).
        classes: the class labels as text; classes that the classifier doesn't know get probability 0.
    """
    from bakeoff.estimators.calibration import score_columns

    transformed = pipeline[:-1].transform(X) if len(pipeline) > 1 else X
    classifier = base_classifier(pipeline[-1])
    known = encode_labels(classifier.classes_, classes)
    codes, scores = predict_and_score(classifier, transformed, raw=True)
    arrays = {"predicted": known[codes]}
    if hasattr(classifier, "predict_proba"):
        probabilities = classifier.predict_proba(transformed) if hasattr(classifier, "decision_function") else scores
        arrays["probabilities"] = np.zeros((len(X), len(classes)))
        arrays["probabilities"][:, known] = probabilities
    if len(known) < len(classes):
        scores = np.full((len(X), len(classes)), np.nan)
    return arrays | {"scores": score_columns(scores, len(classes))}


def read_out_of_fold(
    ref: DatasetRef, cross_validation: CrossValidationConfig, paths: Sequence[Path]
) -> OutOfFoldScores:
    """Read the saved results of `held_out_scores` and assemble them over all folds.

    Args:
        paths: one file per fold, in order.
    """
    arrays_by_name: dict[str, list[np.ndarray]] = {}
    for path in paths:
        with np.load(path) as arrays:
            for name, array in arrays.items():
                arrays_by_name.setdefault(name, []).append(array)
    y = encode_labels(read_part(ref, "train")[1], ref.classes)
    rows, assembled = assemble(ref, y, read_folds(ref, cross_validation), cross_validation.repeats, arrays_by_name)
    return OutOfFoldScores(rows, assembled["predicted"], assembled.get("probabilities"), assembled["scores"])


def assemble(
    ref: DatasetRef,
    y: np.ndarray,
    folds: Sequence[Fold],
    repeats: int,
    arrays_by_name: Mapping[str, Sequence[np.ndarray]],
) -> tuple[ScoredRows, dict[str, np.ndarray]]:
    """Assemble arrays of all folds in the order of the training rows.

    Args:
        y: the class codes of the training rows, shape (n_rows,).
        folds: all folds in order.
        repeats: how often every row is held out.
        arrays_by_name: by name, one array per fold in order, each of shape (n_rows of the fold, …).

    Returns:
        The held-out rows, and by name an array of shape (n_repeats, n_rows, …).
    """
    fold_numbers = np.zeros((repeats, len(y)), dtype=int)
    assembled: dict[str, np.ndarray] = {}
    for position, (_, rows) in enumerate(folds):
        repeat = position * repeats // len(folds)
        fold_numbers[repeat, rows] = position + 1
        for name, by_fold in arrays_by_name.items():
            piece = by_fold[position]
            whole = assembled.setdefault(name, np.zeros((repeats, len(y), *piece.shape[1:]), dtype=piece.dtype))
            whole[repeat, rows] = piece
    held_out, groups = fold_numbers[0] > 0, read_groups(ref, "train")
    scored_rows = ScoredRows(y[held_out], fold_numbers[:, held_out], None if groups is None else groups[held_out])
    return scored_rows, {name: whole[:, held_out] for name, whole in assembled.items()}
