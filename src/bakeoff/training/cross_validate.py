"""Cross-validation, one fold at a time, so that folds can run side by side."""

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
from bakeoff.evaluation.predictions import HeldOutPredictions, encode_labels, response_values
from bakeoff.evaluation.scoring import score
from bakeoff.metrics import METRICS
from bakeoff.runtime.step_cache import cached_step
from bakeoff.runtime.workspace import RunFolder
from bakeoff.training.fit import contestant_key
from bakeoff.training.out_of_fold import assemble, held_out_scores
from bakeoff.training.results import FoldScore

logger = logging.getLogger(__name__)


def score_fold(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, folder: Path
) -> FoldScore:
    """Fit a contestant on all training rows but one fold's, score it on that fold, and keep what it says of these rows.

    The preprocessing is fitted on the same rows as the classifier: the fold's own rows teach it nothing.

    Args:
        fold: counted from 1, over all repeats.
        folder: where the answers are written.

    Raises:
        ValueError: scikit-learn refuses a parameter's value or the rows.
    """
    X, y = read_part(ref, "train")
    fit_rows, score_rows = read_folds(ref, cross_validation)[fold - 1]
    started = time.perf_counter()
    pipeline = fit_for_scoring(contestant, ref.features, X.iloc[fit_rows], y[fit_rows])
    described: dict[str, Any] = held_out_scores(pipeline, X.iloc[score_rows], ref.classes)
    answers = described["predicted"]
    if METRICS[contestant.scoring].of_probabilities:
        answers = response_values(pipeline, X.iloc[score_rows], ref.classes, contestant.scoring)
    value = score(contestant.scoring, encode_labels(y[score_rows], ref.classes), answers, len(ref.classes))
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
    folder.mkdir(exist_ok=True)  # without its parents: a run that has ended leaves nothing behind
    path, outputs = (folder / f"{contestant.name}-{fold}.{suffix}" for suffix in ("npy", "npz"))
    np.save(path, answers)
    np.savez(outputs, **described)
    return FoldScore(fold, value, seconds, path, outputs)


def read_answers(
    ref: DatasetRef, cross_validation: CrossValidationConfig, folds: Mapping[str, Sequence[FoldScore]]
) -> HeldOutPredictions:
    """The out-of-fold answers of several contestants, which all answered the same rows.

    Args:
        folds: for each contestant all its folds, in order.
    """
    read = {name: [np.load(fold.answers) for fold in several] for name, several in folds.items()}
    rows, given = assemble(ref, cross_validation, read)
    return HeldOutPredictions(rows.y, rows.folds, given, len(ref.classes), rows.groups)


def score_fold_cached(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, run: RunFolder
) -> FoldScore:
    """As `score_fold`."""
    from bakeoff.training.cross_validate import score_fold

    def work(folder: Path) -> FoldScore:
        return score_fold(ref, contestant, cross_validation, fold, folder)

    key = {
        **contestant_key(ref, contestant),
        "cross_validation": cross_validation.model_dump(mode="json"),
        "fold": fold,
    }
    return cached_step(run, f"fold-{contestant.name}-{fold}", key, FoldScore, work)
