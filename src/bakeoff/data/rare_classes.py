"""Split a dataset so that every class can be cross-validated: leave out rare classes, lower the number of folds."""

from collections.abc import Mapping

import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.datasets import Dataset
from bakeoff.data.split import Split, split_rows
from bakeoff.errors import DataError
from bakeoff.formatting import list_first

LEAST = 2  # training rows of a class, so that in two folds each is fitted on one of them
SHOWN = 10  # classes that are named


def split_dataset(dataset: Dataset, config: TrainingConfig) -> tuple[Dataset, Split, int]:
    """Split the rows, without the classes that are too rare.

    Args:
        dataset: all rows.
        config: the run's config: `dataset.min_class_rows`, `split`, `cross_validation.folds` and `strict`.

    Returns:
        The dataset without the rows of classes that have fewer than `min_class_rows` rows, or fewer than two training
        rows; its split; and the number of folds, lowered to the number of training rows of the rarest class.

    Raises:
        DataError: fewer than two classes remain, or `strict` refuses what would have to be left out or lowered; the
            message names all classes concerned.
    """
    target, folds, least = dataset.target, config.cross_validation.folds, config.dataset.min_class_rows
    sizes = _count(dataset.y.to_numpy())
    if len(sizes) == 1:
        raise DataError(
            f"the target {target!r} has one class only, {str(next(iter(sizes)))!r}; a classifier needs two"
            + "".join(f"; {line}" for line in [*dataset.warnings, *dataset.tidied])
        )
    if config.strict:
        _refuse_few(target, sizes, folds, "rows")
    dataset = _leave_out(dataset, {name: size for name, size in sizes.items() if size < least}, f"{least} rows", config)
    while True:
        split = split_rows(dataset, config.split)
        training = _count(dataset.y.to_numpy()[split["train"]])
        trained = {name: training.get(name, 0) for name in _count(dataset.y.to_numpy())}
        if config.strict:
            _refuse_few(target, trained, folds, "training rows")
        few = {name: size for name, size in trained.items() if size < LEAST}
        if not few:
            break
        dataset = _leave_out(dataset, few, f"{LEAST} training rows", config)
    if config.split.by == "group":
        _refuse_few_groups(dataset, split, config)
    allowed = min(folds, *trained.values())
    if allowed < folds:
        rarest = min(trained, key=lambda name: trained[name])
        line = (
            f"cross_validation.folds lowered from {folds} to {allowed}, the training rows of class {str(rarest)!r}; "
            "dataset.min_class_rows leaves such classes out"
        )
        dataset = dataset.take(np.arange(len(dataset.y)), line)
    return dataset, split, allowed


def _count(y: np.ndarray) -> dict[object, int]:
    """Return the number of rows by class."""
    return dict(zip(*(array.tolist() for array in np.unique(y, return_counts=True))))


def _leave_out(dataset: Dataset, few: Mapping[object, int], least: str, config: TrainingConfig) -> Dataset:
    """Leave out the rows of some classes.

    Args:
        dataset: the rows.
        few: the number of rows of each class to leave out.
        least: what these classes have fewer of, such as "2 training rows", for the message.
        config: the run's config.

    Raises:
        DataError: fewer than two classes would remain.
    """
    if not few:
        return dataset
    y = dataset.y.to_numpy()
    keep = ~np.isin(y, np.array(list(few)))
    listed = _listed(few)
    if len(np.unique(y[keep])) < 2:
        raise DataError(
            f"the target {dataset.target!r} has fewer than two classes with {least} or more: {listed} have fewer; add "
            f"rows of them, or lower dataset.min_class_rows ({config.dataset.min_class_rows}, at least 2)"
        )
    count = int((~keep).sum())
    what = f"{count:,} rows are left out, since their classes have"
    if count == 1:
        what = "1 row is left out, since its class has"
    return dataset.take(np.flatnonzero(keep), f"{what} fewer than {least}: {listed}")


def _refuse_few(target: str, sizes: Mapping[object, int], folds: int, rows: str) -> None:
    """Refuse classes with fewer rows than folds.

    Args:
        target: the name of the target column.
        sizes: the number of rows by class.
        folds: the number of folds.
        rows: what the rows are called in the message.

    Raises:
        DataError: there are some; the message names all of them.
    """
    if few := {name: size for name, size in sizes.items() if size < folds}:
        raise DataError(
            f"{len(few)} {'class' if len(few) == 1 else 'classes'} of {target!r} {'has' if len(few) == 1 else 'have'} "
            f"fewer {rows} than the {folds} folds of the cross-validation: {_listed(few)}; add rows, lower "
            "cross_validation.folds (at least 2), or leave strict out"
        )


def _refuse_few_groups(dataset: Dataset, split: Split, config: TrainingConfig) -> None:
    assert dataset.split_key is not None
    folds = config.cross_validation.folds
    if (count := len(np.unique(dataset.split_key[split["train"]]))) < folds:
        raise DataError(
            f"the training rows have {count} groups of {config.split.column!r}, fewer than the {folds} folds of the "
            "cross-validation; add groups or lower cross_validation.folds (at least 2)"
        )


def _listed(sizes: Mapping[object, int]) -> str:
    return list_first([f"{str(name)!r} ({size})" for name, size in sizes.items()], SHOWN)
