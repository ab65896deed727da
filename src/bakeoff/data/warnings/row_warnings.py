"""All warnings of a dataset and its split."""

from bakeoff.data.datasets import Dataset
from bakeoff.data.split import Split
from bakeoff.data.warnings.class_balance import warn_of_few_test_rows, warn_of_majority
from bakeoff.data.warnings.leaks import warn_of_leaks
from bakeoff.data.warnings.odd_values import warn_of_classes, warn_of_sentinels
from bakeoff.data.warnings.repeated_rows import warn_of_repeated_rows
from bakeoff.metrics import MetricName


def warn_of_rows(dataset: Dataset, split: Split, scoring: MetricName) -> tuple[str, ...]:
    """Return the warnings of a dataset and its split, each a sentence without its full stop.

    Args:
        dataset: all rows.
        split: the positions of the rows by part.
        scoring: the metric of the race.
    """
    X, y = dataset.X, dataset.y.to_numpy()
    train = split["train"]
    warnings = [
        *warn_of_classes(dataset.target, y),
        warn_of_majority(y[train], scoring),
        warn_of_few_test_rows(y, split["test"]),
        warn_of_repeated_rows(X, y, split),
        *warn_of_leaks(X, y, train),
        *warn_of_sentinels(X, train),
    ]
    return tuple(warning for warning in warnings if warning)
