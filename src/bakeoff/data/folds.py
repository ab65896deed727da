"""Make the folds of the training rows: stratified, by group, or forward in time."""

import numpy as np

from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import By
from bakeoff.data.split import nearest_boundaries
from bakeoff.errors import DataError

Fold = tuple[np.ndarray, np.ndarray]


def make_folds(
    config: CrossValidationConfig, y: np.ndarray, by: By = "random", key: np.ndarray | None = None
) -> list[Fold]:
    """Make the folds of the training rows.

    Random folds are stratified; without a `random_state` they are those of `cross_val_score(cv=folds)`, in row order.
    Folds by group keep groups whole and are stratified as far as that allows. Folds by time divide the rows into
    `folds` + 1 periods of about equally many rows: fold k is scored on period k + 1 and fitted on all rows before it.

    Args:
        config: the number of folds and repeats, and the random state.
        y: the classes of the training rows, shape (n_rows,).
        by: how rows are assigned to folds.
        key: the group or time of each row, shape (n_rows,); times in ascending order.

    Returns:
        For each fold the positions of the rows to fit on and of those to score.

    Raises:
        DataError: there are too few different times.
    """
    if by == "time":
        assert key is not None
        return _forward(config.folds, key)
    from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold, StratifiedKFold

    rows = np.zeros(len(y))
    if by == "group":
        seeds = np.random.RandomState(config.random_state or 0).randint(2**31, size=config.repeats)
        shuffled = config.random_state is not None
        return [
            fold
            for seed in seeds
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
    cuts = nearest_boundaries(times, [len(times) * period // (folds + 1) for period in range(1, folds + 1)])
    if not cuts:
        raise DataError(
            f"the training rows have {len(np.unique(times))} different times, and {folds} folds by time need "
            f"{folds + 1}; lower cross_validation.folds (at least 2)"
        )
    return [(np.arange(start), np.arange(start, stop)) for start, stop in zip(cuts, [*cuts[1:], len(times)])]
