"""What a contestant's folds say of the training rows, each of the rows that it was not fitted on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_folds, read_groups, read_part
from bakeoff.estimators.inference import predict_and_score
from bakeoff.estimators.pipeline import base_classifier
from bakeoff.evaluation.predictions import encode_labels


@dataclass(frozen=True)
class ScoredRows:
    """The training rows that are scored by a fold; by time the oldest are fitted on only.

    Attributes:
        y: their classes, counted from 0, shape (n_rows,).
        folds: in which fold each row was scored, a line a repeat, shape (n_repeats, n_rows).
        groups: each row's group, shape (n_rows,), where rows of a group belong together.
    """

    y: np.ndarray
    folds: np.ndarray
    groups: np.ndarray | None


@dataclass(frozen=True)
class OutOfFoldScores:
    """What the plain classifiers of a contestant's folds say of the scored rows.

    Attributes:
        predicted: classes counted from 0, shape (n_repeats, n_rows).
        probabilities: shape (n_repeats, n_rows, n_classes); None where the classifier has none of its own.
        scores: as `CalibratedClassifier.scores` gives them, shape (n_repeats, n_rows, n_scores); NaN where a class was
            lacking from what a fold was fitted on, for those are scores of another problem.
    """

    rows: ScoredRows
    predicted: np.ndarray
    probabilities: np.ndarray | None
    scores: np.ndarray


def held_out_scores(pipeline: Any, X: pd.DataFrame, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays of `OutOfFoldScores` for some rows, by the base classifier of a fitted Pipeline.

    Args:
        X: shape (n_rows, n_features).
        classes: as text; those that the classifier doesn't know have probability 0.
    """
    from bakeoff.estimators.calibration import score_columns

    transformed = pipeline[:-1].transform(X) if len(pipeline) > 1 else X
    classifier = base_classifier(pipeline[-1])
    known = encode_labels(classifier.classes_, classes)
    codes, scores = predict_and_score(classifier, transformed, raw=True)
    found = {"predicted": known[codes]}
    if hasattr(classifier, "predict_proba"):
        own = classifier.predict_proba(transformed) if hasattr(classifier, "decision_function") else scores
        found["probabilities"] = np.zeros((len(X), len(classes)))
        found["probabilities"][:, known] = own
    if len(known) < len(classes):
        scores = np.full((len(X), len(classes)), np.nan)
    return found | {"scores": score_columns(scores, len(classes))}


def read_out_of_fold(
    ref: DatasetRef, cross_validation: CrossValidationConfig, paths: Sequence[Path]
) -> OutOfFoldScores:
    """What `held_out_scores` gave for the rows of each fold, drawn together.

    Args:
        paths: a file for each fold, in order.
    """
    pieces: dict[str, list[np.ndarray]] = {}
    for path in paths:
        with np.load(path) as arrays:
            for name, array in arrays.items():
                pieces.setdefault(name, []).append(array)
    rows, found = assemble(ref, cross_validation, pieces)
    return OutOfFoldScores(rows, found["predicted"], found.get("probabilities"), found["scores"])


def assemble(
    ref: DatasetRef, cross_validation: CrossValidationConfig, pieces: Mapping[str, Sequence[np.ndarray]]
) -> tuple[ScoredRows, dict[str, np.ndarray]]:
    """Put what each fold gave for its rows where these rows are.

    Args:
        pieces: by name, for each fold, in order, an array of shape (n_rows of the fold, …).

    Returns:
        the rows, and by name an array of shape (n_repeats, n_rows, …).
    """
    y = encode_labels(read_part(ref, "train")[1], ref.classes)
    repeats = cross_validation.repeats
    numbers = np.zeros((repeats, len(y)), dtype=int)
    found: dict[str, np.ndarray] = {}
    for position, (_, rows) in enumerate(read_folds(ref, cross_validation)):
        repeat = position // cross_validation.folds
        numbers[repeat, rows] = position + 1
        for name, several in pieces.items():
            piece = several[position]
            whole = found.setdefault(name, np.zeros((repeats, len(y), *piece.shape[1:]), dtype=piece.dtype))
            whole[repeat, rows] = piece
    scored, groups = numbers[0] > 0, read_groups(ref, "train")
    rows_scored = ScoredRows(y[scored], numbers[:, scored], None if groups is None else groups[scored])
    return rows_scored, {name: whole[:, scored] for name, whole in found.items()}
