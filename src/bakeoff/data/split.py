"""Split rows into training, test and hold-out parts: at random, by time, or by group."""

import contextlib

import numpy as np

from bakeoff.config import SplitConfig
from bakeoff.data.dataset_ref import Part
from bakeoff.data.datasets import Dataset
from bakeoff.errors import DataError

PARTS: tuple[Part, ...] = ("train", "test", "validation")
Split = dict[Part, np.ndarray]

LEAST_HELD_OUT = 3  # with fewer held-out rows of a class, train_test_split may refuse to split them again


def split_rows(dataset: Dataset, config: SplitConfig) -> Split:
    """Split all rows into three disjoint parts.

    The share `test_size` of all rows is held out; of those, the share `holdout_share` is kept for the prediction
    flow. By time the training rows are the oldest and the hold-out rows the newest. Rows with the same time or group
    stay together.

    Args:
        dataset: the rows.
        config: the split's config.

    Returns:
        The positions of the rows by part: in the order of `train_test_split` if random, from the oldest if by time, and
        in ascending order if by group.

    Raises:
        DataError: there are too few rows, classes, times or groups.
    """
    if config.by == "random":
        return _at_random(dataset.y.to_numpy(), config)
    assert dataset.split_key is not None
    return (_by_time if config.by == "time" else _by_group)(dataset.split_key, config)


def nearest_boundaries(times: np.ndarray, wanted: list[int]) -> list[int]:
    """Find the cuts nearest to the wanted ones that don't separate rows of the same time.

    Args:
        times: the times in ascending order, shape (n_rows,).
        wanted: positions in ascending order.

    Returns:
        As many distinct positions as `wanted`, in ascending order; empty if there are too few different times.
    """
    changes = np.flatnonzero(np.diff(times)) + 1
    if len(changes) < len(wanted):
        return []
    cuts: list[int] = []
    for number, position in enumerate(wanted):
        remaining = len(wanted) - number - 1  # cuts that must still fit after this one
        first = int(np.searchsorted(changes, cuts[-1], side="right")) if cuts else 0
        candidates = changes[first : len(changes) - remaining]
        cuts.append(int(candidates[np.argmin(np.abs(candidates - position))]))
    return cuts


def _at_random(y: np.ndarray, config: SplitConfig) -> Split:
    """Split rows at random; rows of rare classes are split class by class if `train_test_split` refuses them.

    Raises:
        DataError: the rows can't be split.
    """
    try:
        return _drawn(y, config)
    except ValueError as error:
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        rare = counts * config.test_size < LEAST_HELD_OUT
        if config.stratify and rare.any():
            if (~rare).sum() < 2:
                rare[:] = True
            with contextlib.suppress(ValueError):
                return _drawn_apart(y, codes, np.flatnonzero(rare), config)
        raise DataError(
            f"{len(y)} rows can't be split with split.test_size {config.test_size} and split.holdout_share "
            f"{config.holdout_share} ({str(error).split('. ')[0].rstrip('.')}); "
            "use more rows, other shares or split.stratify: false"
        ) from error


def _drawn(y: np.ndarray, config: SplitConfig) -> Split:
    """Split rows by `train_test_split`.

    Raises:
        ValueError: it refuses.
    """
    from sklearn.model_selection import train_test_split

    train, held_out = train_test_split(
        np.arange(len(y)),
        test_size=config.test_size,
        random_state=config.random_state,
        stratify=y if config.stratify else None,
    )
    test, validation = train_test_split(
        held_out,
        test_size=config.holdout_share,
        random_state=config.random_state,
        stratify=y[held_out] if config.stratify else None,
    )
    return {"train": train, "test": test, "validation": validation}


def _drawn_apart(y: np.ndarray, codes: np.ndarray, rare: np.ndarray, config: SplitConfig) -> Split:
    """Split the rows of rare classes class by class, and the others by `train_test_split`.

    Args:
        y: the classes, shape (n_rows,).
        codes: the class codes from 0, shape (n_rows,).
        rare: the codes of the rare classes.
        config: the split's config.

    Raises:
        ValueError: a part would have no rows, or `train_test_split` refuses the others.
    """
    common = np.flatnonzero(~np.isin(codes, rare))
    drawn = _drawn(y[common], config) if len(common) else dict.fromkeys(PARTS, common)
    parts = {part: [common[rows]] for part, rows in drawn.items()}
    random = np.random.RandomState(config.random_state)
    for code in rare:
        rows = random.permutation(np.flatnonzero(codes == code))
        # At least two rows are kept for training.
        held_out = max(min(round(len(rows) * config.test_size), len(rows) - 2), 0)
        cuts = [len(rows) - held_out, len(rows) - round(held_out * config.holdout_share)]
        for part, chosen in zip(parts, np.split(rows, cuts)):
            parts[part].append(chosen)
    split = {part: np.concatenate(rows) for part, rows in parts.items()}
    if not all(map(len, split.values())):
        raise ValueError("some parts would have no rows")
    return split


def _by_time(times: np.ndarray, config: SplitConfig) -> Split:
    order = np.argsort(times, kind="stable")
    cuts = nearest_boundaries(times[order], _shares(len(times), config))
    if not cuts:
        raise DataError(
            f"column {config.column!r}, which split.by: time follows, has {len(np.unique(times))} different "
            "times; training, test and hold-out rows need one each at least"
        )
    return dict(zip(PARTS, np.split(order, cuts)))


def _by_group(groups: np.ndarray, config: SplitConfig) -> Split:
    order = np.random.RandomState(config.random_state).permutation(groups.max() + 1)
    rank = np.argsort(order)[groups]  # the rank of each row's group in random order
    cuts = nearest_boundaries(np.sort(rank), _shares(len(groups), config))
    if not cuts:
        raise DataError(
            f"column {config.column!r}, which split.by: group follows, has {len(order)} groups; training, test and "
            "hold-out rows need one each at least"
        )
    parts = np.split(np.argsort(rank, kind="stable"), cuts)
    return dict(zip(PARTS, map(np.sort, parts)))


def _shares(n_rows: int, config: SplitConfig) -> list[int]:
    """Return the positions where test and hold-out rows would begin if rows could be cut anywhere."""
    held_out = int(np.ceil(n_rows * config.test_size))
    return [n_rows - held_out, n_rows - int(np.ceil(held_out * config.holdout_share))]
