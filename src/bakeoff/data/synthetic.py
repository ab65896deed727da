"""Generate batches of rows from one population with scikit-learn's make_classification, optionally with drift."""

import hashlib
import json
import math
from typing import Any

import numpy as np

from bakeoff.config import DatasetConfig

# The settings that define a population of rows, from which each batch is a sample.
POPULATION = (
    "n_samples", "n_features", "n_informative", "n_redundant", "n_classes", "n_clusters_per_class",
    "class_sep", "flip_y", "random_state",
)  # fmt: skip
FIRST_TIME, DAY = 10**9, 86_400  # batch numbers from FIRST_TIME on are seconds since the epoch, as in scheduled runs


def generate_rows(config: DatasetConfig) -> tuple[np.ndarray, np.ndarray]:
    """Generate one batch of the population that the config describes.

    Batch 0 is the result of make_classification. Every other batch has the same clusters in the same columns, but its
    own rows, noise and flipped classes. With `drift`, batch b is rotated by 2π · drift · b radians; if the batch is a
    time, b is the time in days since the epoch.

    Returns:
        The features, shape (n_samples, n_features), and the classes, shape (n_samples,).
    """
    X, y = _first_batch(config) if not config.batch else _other_batch(config, config.batch)
    batch = config.batch or 0
    return _rotate(X, config.drift * (batch / DAY if batch >= FIRST_TIME else batch)), y


def population_digest(config: DatasetConfig) -> str:
    """Return a digest of the settings that define the population's features: not batch, drift or `flip_y`."""
    settings = {name: getattr(config, name) for name in POPULATION if name != "flip_y"}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def _first_batch(config: DatasetConfig, **overrides: Any) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_classification

    parameters = {name: getattr(config, name) for name in POPULATION}
    X, y = make_classification(**parameters | overrides)
    return X, y


class _SamePopulation(np.random.RandomState):
    """A generator with the random numbers of a seed, except that its normal numbers are those of another generator.

    make_classification draws its rows by `standard_normal`, and everything that defines the population (the centroids
    and shapes of the clusters, the mixtures) by other methods. The seed's own normal numbers are drawn, too, and
    discarded, so that the other methods return the same numbers as ever.
    """

    def __init__(self, seed: int, rows: np.random.Generator) -> None:
        super().__init__(seed)
        self._rows = rows

    def standard_normal(self, size: Any = None) -> Any:
        super().standard_normal(size)  # discarded; see above
        return self._rows.standard_normal(size)


def _other_batch(config: DatasetConfig, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw new rows from the population of the first batch, then flip classes and shuffle rows and columns."""
    rows = np.random.default_rng([config.random_state, batch])
    stream = _SamePopulation(config.random_state, rows)
    X, y = _first_batch(config, random_state=stream, shuffle=False, flip_y=0)
    flipped = rows.random(len(y)) < config.flip_y
    y[flipped] = rows.integers(config.n_classes, size=int(flipped.sum()))
    order = rows.permutation(len(y))
    return X[order][:, _column_order(config)], y[order]


def _column_order(config: DatasetConfig) -> np.ndarray:
    """Return the order into which make_classification's last step shuffles the columns.

    The columns are recognized by their maxima, which shuffling doesn't change.
    """
    plain, shuffled = _first_batch(config, shuffle=False)[0], _first_batch(config)[0]
    return np.argsort(plain.max(axis=0))[np.argsort(np.argsort(shuffled.max(axis=0)))]


def _rotate(X: np.ndarray, turns: float) -> np.ndarray:
    """Rotate the rows in the plane of each pair of neighbouring columns: classes move, but stay as separable."""
    if not turns % 1:
        return X
    cosine, sine = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    rotated = X.copy()
    last = X.shape[1] - X.shape[1] % 2
    rotated[:, 0:last:2] = cosine * X[:, 0:last:2] - sine * X[:, 1:last:2]
    rotated[:, 1:last:2] = sine * X[:, 0:last:2] + cosine * X[:, 1:last:2]
    return rotated
