"""Cross-validate a contestant one fold at a time, so that folds can run in parallel."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.parts import read_folds, read_part
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.pipeline import fit_for_scoring
from bakeoff.estimators.search import search_parameters
from bakeoff.evaluation.baseline import predict_baseline
from bakeoff.evaluation.predictions import HeldOutPredictions, encode_labels, response_values
from bakeoff.evaluation.results import BASELINE
from bakeoff.evaluation.scoring import score
from bakeoff.metrics import METRICS
from bakeoff.runtime.step_cache import cached_step
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.fit import contestant_key
from bakeoff.training.held_out.out_of_fold import assemble, held_out_scores
from bakeoff.training.results import FoldScore

logger = logging.getLogger(__name__)


def score_fold(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, folder: Path
) -> FoldScore:
    """Fit a contestant on the training rows outside a fold, score it on the fold, and save the fold's predictions.

    Preprocessing is fitted, and parameters are searched, on the same rows as the classifier, so nothing leaks from the
    fold.

    Args:
        fold: the fold's number from 1, over all repeats.
        folder: where the predictions are written.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    X, y = read_part(ref, "train")
    fit_rows, score_rows = read_folds(ref, cross_validation)[fold - 1]
    started = time.perf_counter()
    contestant, search = search_parameters(ref, contestant, fit_rows)
    pipeline = fit_for_scoring(contestant, ref.features, X.iloc[fit_rows], y[fit_rows])
    held_out: dict[str, Any] = held_out_scores(pipeline, X.iloc[score_rows], ref.classes)
    predictions = held_out["predicted"]
    if METRICS[contestant.scoring].of_probabilities:
        predictions = response_values(pipeline, X.iloc[score_rows], ref.classes, contestant.scoring)
    value = score(contestant.scoring, encode_labels(y[score_rows], ref.classes), predictions, len(ref.classes))
    seconds = time.perf_counter() - started
    logger.info(
        "%s, fold %d of %d: %s %.4f in %.2f s",
        title(contestant.name),
        fold,
        cross_validation.n_splits,
        contestant.scoring,
        value,
        seconds,
    )
    folder.mkdir(exist_ok=True)  # no parents: a run that has ended must not leave a folder
    path, outputs = (folder / f"{contestant.name}-{fold}.{suffix}" for suffix in ("npy", "npz"))
    np.save(path, predictions)
    np.savez(outputs, **held_out)
    return FoldScore(fold, value, seconds, path, outputs, search)


def read_predictions(
    ref: DatasetRef, cross_validation: CrossValidationConfig, folds: Mapping[str, Sequence[FoldScore]]
) -> HeldOutPredictions:
    """Read the out-of-fold predictions of several contestants, and add those of the baseline.

    Args:
        folds: by contestant, all its folds in order.
    """
    by_fold = {name: [np.load(fold.predictions) for fold in scores] for name, scores in folds.items()}
    y, n_classes = encode_labels(read_part(ref, "train")[1], ref.classes), len(ref.classes)
    splits = read_folds(ref, cross_validation)
    by_fold[BASELINE] = [
        predict_baseline(y[fit_rows], len(score_rows), n_classes, cross_validation.scoring)
        for fit_rows, score_rows in splits
    ]
    rows, by_model = assemble(ref, y, splits, cross_validation.repeats, by_fold)
    return HeldOutPredictions(rows.y, rows.folds, by_model, n_classes, rows.groups)


def score_fold_cached(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """Call `score_fold`, or return its cached result."""
    from bakeoff.training.cross_validate import score_fold

    def compute(folder: Path) -> FoldScore:
        return score_fold(ref, contestant, cross_validation, fold, folder)

    key = {
        **contestant_key(ref, contestant),
        "cross_validation": cross_validation.model_dump(mode="json"),
        "fold": fold,
    }
    return cached_step(run, f"fold-{contestant.name}-{fold}", key, FoldScore, compute)
