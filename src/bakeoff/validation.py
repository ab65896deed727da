"""Cross-validation, one fold at a time, so that folds can run side by side."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.config import CrossValidationConfig
from bakeoff.preprocessing import build_pipeline
from bakeoff.splitting import DatasetRef, read_part

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldScore:
    """What one contestant reached on one fold."""

    fold: int
    score: float
    seconds: float


def n_splits(config: CrossValidationConfig) -> int:
    """How many folds there are, over all repeats."""
    return config.folds * config.repeats


def split_folds(config: CrossValidationConfig, y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The stratified folds of the training rows.

    Without a `random_state` they are those of `cross_val_score(cv=folds)`: in row order.

    Args:
        y: the training rows' classes, shape (n_rows,).

    Returns:
        for each fold the positions of the rows to fit on and of the rows to score.
    """
    from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold

    if config.random_state is None:
        splitter = StratifiedKFold(config.folds)
    else:
        splitter = RepeatedStratifiedKFold(
            n_splits=config.folds, n_repeats=config.repeats, random_state=config.random_state
        )
    return list(splitter.split(np.zeros(len(y)), y))


def score_fold(
    ref: DatasetRef,
    name: str,
    parameters: Mapping[str, Any],
    preprocessing: str,
    cross_validation: CrossValidationConfig,
    fold: int,
) -> FoldScore:
    """Fit a contestant on all training rows but one fold's, and score it on that fold.

    The preprocessing is fitted on the same rows as the classifier: the fold's own rows teach it nothing.

    Args:
        fold: counted from 1, over all repeats.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    from sklearn.metrics import get_scorer

    X, y = read_part(ref, "train")
    fit_rows, score_rows = split_folds(cross_validation, y)[fold - 1]
    started = time.perf_counter()
    pipeline = build_pipeline(name, parameters, ref.features, preprocessing)
    pipeline.fit(X.iloc[fit_rows], y[fit_rows])
    score = get_scorer(cross_validation.scoring)(pipeline, X.iloc[score_rows], y[score_rows])
    seconds = time.perf_counter() - started
    logger.info(
        "%s, fold %d of %d: %s %.4f in %.2f s",
        title(name),
        fold,
        n_splits(cross_validation),
        cross_validation.scoring,
        score,
        seconds,
    )
    return FoldScore(fold, float(score), seconds)
