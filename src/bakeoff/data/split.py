"""Which rows are for training, test and validation: drawn at random, by time, or by group."""

import numpy as np

from bakeoff.config import SplitConfig
from bakeoff.data.dataset_ref import Part
from bakeoff.data.datasets import Dataset
from bakeoff.errors import DataError

Split = dict[Part, np.ndarray]


def split_rows(dataset: Dataset, config: SplitConfig, folds: int) -> Split:
    """Draw the three parts: disjoint, and together all rows.

    `test_size` of all rows is held out; of those, `validation_share` is kept for the prediction flow. By time the
    training rows are the oldest and the validation rows the newest; rows of the same moment stay together, and so do
    those of one group.

    Args:
        folds: how many folds the training rows must serve; every class needs as many training rows.

    Returns:
        for each part the positions of its rows in the dataset: in the order that `train_test_split` gave them; by time,
        from the oldest on; by group, in the dataset's order.

    Raises:
        DataError: too few rows, classes, moments or groups, in words that name what there is and what would do.
    """
    y = dataset.y.to_numpy()
    _refuse_small_classes(dataset.target, y, folds, "rows")
    if config.by == "random":
        split = _at_random(y, config)
    else:
        assert dataset.split_key is not None
        split = (_by_time if config.by == "time" else _by_group)(dataset.split_key, config)
    _refuse_small_classes(dataset.target, y[split["train"]], folds, "training rows", np.unique(y))
    if config.by == "group":
        assert dataset.split_key is not None
        _refuse_few_groups(dataset.split_key[split["train"]], folds, config)
    return split


def nearest_boundaries(times: np.ndarray, wanted: list[int]) -> list[int]:
    """The cuts nearest to those wanted that part no rows of the same moment.

    Args:
        times: in order, shape (n_rows,).
        wanted: positions in growing order.

    Returns:
        as many different positions in growing order; none where there are too few moments.
    """
    changes = np.flatnonzero(np.diff(times)) + 1
    if len(changes) < len(wanted):
        return []
    cuts: list[int] = []
    for place, position in enumerate(wanted):
        left = len(wanted) - place - 1  # cuts that must find room behind this one
        first = int(np.searchsorted(changes, cuts[-1], side="right")) if cuts else 0
        room = changes[first : len(changes) - left]
        cuts.append(int(room[np.argmin(np.abs(room - position))]))
    return cuts


def _at_random(y: np.ndarray, config: SplitConfig) -> Split:
    from sklearn.model_selection import train_test_split

    try:
        train, held_out = train_test_split(
            np.arange(len(y)),
            test_size=config.test_size,
            random_state=config.random_state,
            stratify=y if config.stratify else None,
        )
        test, validation = train_test_split(
            held_out,
            test_size=config.validation_share,
            random_state=config.random_state,
            stratify=y[held_out] if config.stratify else None,
        )
    except ValueError as error:
        raise DataError(
            f"{len(y)} rows can't be split with split.test_size {config.test_size} and split.validation_share "
            f"{config.validation_share} ({str(error).split('. ')[0].rstrip('.')}); "
            "use more rows, other shares or split.stratify: false"
        ) from error
    return {"train": train, "test": test, "validation": validation}


def _by_time(times: np.ndarray, config: SplitConfig) -> Split:
    order = np.argsort(times, kind="stable")
    cuts = nearest_boundaries(times[order], _shares(len(times), config))
    if not cuts:
        raise DataError(
            f"column {config.column!r}, which split.by: time follows, has {len(np.unique(times))} different "
            "times; training, test and validation rows need one each at least"
        )
    return dict(zip(("train", "test", "validation"), np.split(order, cuts)))


def _by_group(groups: np.ndarray, config: SplitConfig) -> Split:
    drawn = np.random.RandomState(config.random_state).permutation(groups.max() + 1)
    place = np.argsort(drawn)[groups]  # rows of the group that was drawn first come first
    cuts = nearest_boundaries(np.sort(place), _shares(len(groups), config))
    if not cuts:
        raise DataError(
            f"column {config.column!r}, which split.by: group follows, has {len(drawn)} groups; training, test and "
            "validation rows need one each at least"
        )
    parts = np.split(np.argsort(place, kind="stable"), cuts)
    return dict(zip(("train", "test", "validation"), map(np.sort, parts)))


def _shares(n_rows: int, config: SplitConfig) -> list[int]:
    """Where the test rows and where the validation rows begin, were there no moments or groups to keep together."""
    held_out = int(np.ceil(n_rows * config.test_size))
    return [n_rows - held_out, n_rows - int(np.ceil(held_out * config.validation_share))]


def _refuse_few_groups(groups: np.ndarray, folds: int, config: SplitConfig) -> None:
    if (count := len(np.unique(groups))) < folds:
        raise DataError(
            f"the training rows have {count} groups of {config.column!r}, fewer than the {folds} folds of the "
            "cross-validation; add groups or lower cross_validation.folds (at least 2)"
        )


def _refuse_small_classes(
    target: str, y: np.ndarray, folds: int, rows: str, expected: np.ndarray | None = None
) -> None:
    classes, counts = np.unique(y, return_counts=True)
    if expected is None and len(classes) == 1:
        raise DataError(f"the target {target!r} has one class only, {str(classes[0])!r}; a classifier needs two")
    sizes = dict(zip(classes, counts))
    for name in classes if expected is None else expected:
        if (size := sizes.get(name, 0)) < folds:
            raise DataError(
                f"class {str(name)!r} of {target!r} has {size} {rows if size != 1 else rows[:-1]}, fewer than "
                f"the {folds} folds of the cross-validation; add rows of it, lower cross_validation.folds (at least 2) "
                "or take the class out"
            )
