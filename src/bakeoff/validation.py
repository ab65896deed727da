"""Cross-validation, one fold at a time, so that folds can run side by side."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bakeoff.answers import Answers, ask, to_codes
from bakeoff.classifiers import title
from bakeoff.config import CrossValidationConfig
from bakeoff.folding import n_splits
from bakeoff.preprocessing import Contestant, fit_pipeline
from bakeoff.reference import DatasetRef, read_folds, read_groups, read_part
from bakeoff.scoring import score

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoldScore:
    """What one contestant reached on one fold.

    Attributes:
        answers: the file of its answers for the rows that it was scored on, as `ask` gives them.
    """

    fold: int
    score: float
    seconds: float
    answers: Path


def score_fold(
    ref: DatasetRef, contestant: Contestant, cross_validation: CrossValidationConfig, fold: int, folder: Path
) -> FoldScore:
    """Fit a contestant on all training rows but one fold's, score it on that fold, and keep its answers.

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
    pipeline = fit_pipeline(contestant, ref.features, X.iloc[fit_rows], y[fit_rows])
    answers = ask(pipeline, X.iloc[score_rows], ref.classes, contestant.scoring)
    value = score(contestant.scoring, to_codes(y[score_rows], ref.classes), answers, len(ref.classes))
    seconds = time.perf_counter() - started
    logger.info(
        "%s, fold %d of %d: %s %.4f in %.2f s",
        title(contestant.name),
        fold,
        n_splits(cross_validation),
        contestant.scoring,
        value,
        seconds,
    )
    folder.mkdir(exist_ok=True)  # without its parents: a run that has ended leaves nothing behind
    path = folder / f"{contestant.name}-{fold}.npy"
    np.save(path, answers)
    return FoldScore(fold, value, seconds, path)


def read_answers(
    ref: DatasetRef, cross_validation: CrossValidationConfig, folds: Mapping[str, Sequence[FoldScore]]
) -> Answers:
    """The out-of-fold answers of several contestants, which all answered the same rows.

    Args:
        folds: for each contestant all its folds, in order.
    """
    y = to_codes(read_part(ref, "train")[1], ref.classes)
    repeats = cross_validation.repeats
    numbers = np.zeros((repeats, len(y)), dtype=int)
    given: dict[str, np.ndarray] = {}
    for position, (_, rows) in enumerate(read_folds(ref, cross_validation)):
        repeat = position // cross_validation.folds
        numbers[repeat, rows] = position + 1
        for name, several in folds.items():
            answers = np.load(several[position].answers)
            whole = given.setdefault(name, np.zeros((repeats, len(y), *answers.shape[1:]), dtype=answers.dtype))
            whole[repeat, rows] = answers
    scored = numbers[0] > 0  # by time, the oldest rows are fitted on only
    groups = read_groups(ref, "train")
    return Answers(
        y[scored],
        numbers[:, scored],
        {name: whole[:, scored] for name, whole in given.items()},
        len(ref.classes),
        None if groups is None else groups[scored],
    )
