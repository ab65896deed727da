"""The folds of the training rows: stratified, with whole groups, or forward in time."""

import numpy as np

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import By
from bakeoff.data.split import nearest_boundaries
from bakeoff.errors import DataError

Fold = tuple[np.ndarray, np.ndarray]


def make_folds(
    config: CrossValidationConfig, y: np.ndarray, by: By = "random", key: np.ndarray | None = None
) -> list[Fold]:
    """The folds of the training rows.

    At random they are stratified, and without a `random_state` those of `cross_val_score(cv=folds)`: in row order. By
    group they are stratified as far as whole groups can be. By time fold k is scored on the k-th of `folds` stretches
    of time and fitted on all rows before it; the oldest stretch is never scored.

    Args:
        y: the training rows' classes, shape (n_rows,).
        by: what the split follows.
        key: each row's group or time, shape (n_rows,); times in order.

    Returns:
        for each fold the positions of the rows to fit on and of the rows to score.

    Raises:
        DataError: there are too few different times.
    """
    if by == "time":
        assert key is not None
        return _forward(config.folds, key)
    from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros(len(y))
    if by == "group":
        drawn = np.random.RandomState(config.random_state or 0).randint(2**31, size=config.repeats)
        shuffled = config.random_state is not None
        return [
            fold
            for seed in drawn
            for fold in StratifiedGroupKFold(
                config.folds, shuffle=shuffled, random_state=int(seed) if shuffled else None
            ).split(rows, y, key)
        ]
    if config.random_state is None:
        splitter = StratifiedKFold(config.folds)
    else:
        splitter = RepeatedStratifiedKFold(
            n_splits=config.folds, n_repeats=config.repeats, random_state=config.random_state
        )
    return list(splitter.split(rows, y))


def _forward(folds: int, times: np.ndarray) -> list[Fold]:
    cuts = nearest_boundaries(times, [len(times) * stretch // (folds + 1) for stretch in range(1, folds + 1)])
    if not cuts:
        raise DataError(
            f"the training rows have {len(np.unique(times))} different times, and {folds} folds by time need "
            f"{folds + 1}; lower cross_validation.folds (at least 2)"
        )
    return [(np.arange(start), np.arange(start, stop)) for start, stop in zip(cuts, [*cuts[1:], len(times)])]
