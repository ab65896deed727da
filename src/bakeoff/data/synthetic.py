"""Rows of scikit-learn's make_classification, batch after batch of one population, which may drift."""

import hashlib
import json
import math
from typing import Any

import numpy as np

from bakeoff.config import DatasetConfig

POPULATION = (
    "n_samples", "n_features", "n_informative", "n_redundant", "n_classes", "n_clusters_per_class",
    "class_sep", "flip_y", "random_state",
)  # fmt: skip
FIRST_TIME, DAY = 10**9, 86_400  # batches from here on are seconds since 1970, as scheduled runs have them


def generate_rows(config: DatasetConfig) -> tuple[np.ndarray, np.ndarray]:
    """One batch of the population that the config describes.

    Batch 0 is what make_classification returns. Every other batch has the same clusters in the same columns, and rows,
    noise and redrawn classes of its own. With `drift` batch b is rotated by `2π · drift · b`; where a batch is a time,
    b are its days.

    Returns:
        the features, shape (n_samples, n_features), and the classes, shape (n_samples,).
    """
    X, y = _first_batch(config) if not config.batch else _other_batch(config, config.batch)
    batch = config.batch or 0
    return _rotate(X, config.drift * (batch / DAY if batch >= FIRST_TIME else batch)), y


def population_digest(config: DatasetConfig) -> str:
    """What tells one population's features from another's, whatever the batch and whichever classes were redrawn."""
    told = {name: getattr(config, name) for name in POPULATION if name != "flip_y"}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _first_batch(config: DatasetConfig, **changed: Any) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import make_classification

    parameters = {name: getattr(config, name) for name in POPULATION}
    X, y = make_classification(**parameters | changed)
    return X, y


class _SamePopulation(np.random.RandomState):
    """A seed's stream of random numbers, but for the normal ones, which are new.

    make_classification draws its rows as normal numbers, and everything that makes the population (the clusters'
    corners and shapes, the mixtures) from the other methods: the seed's own normal numbers are drawn and thrown away,
    so that these stay what they are.
    """

    def __init__(self, seed: int, rows: np.random.Generator) -> None:
        super().__init__(seed)
        self._rows = rows

    def standard_normal(self, size: Any = None) -> Any:
        super().standard_normal(size)
        return self._rows.standard_normal(size)


def _other_batch(config: DatasetConfig, batch: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng([config.random_state, batch])
    stream = _SamePopulation(config.random_state, rows)
    X, y = _first_batch(config, random_state=stream, shuffle=False, flip_y=0)
    redrawn = rows.random(len(y)) < config.flip_y
    y[redrawn] = rows.integers(config.n_classes, size=int(redrawn.sum()))
    order = rows.permutation(len(y))
    return X[order][:, _column_order(config)], y[order]


def _column_order(config: DatasetConfig) -> np.ndarray:
    """From where make_classification's last step took each column; it shuffles them by the seed, too."""
    plain, shuffled = _first_batch(config, shuffle=False)[0], _first_batch(config)[0]
    return np.argsort(plain.max(axis=0))[np.argsort(np.argsort(shuffled.max(axis=0)))]


def _rotate(X: np.ndarray, turns: float) -> np.ndarray:
    """Turn each pair of neighbouring columns: as hard to tell apart as before, but elsewhere."""
    if not turns % 1:
        return X
    cosine, sine = math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns)
    turned = X.copy()
    last = X.shape[1] - X.shape[1] % 2
    turned[:, 0:last:2] = cosine * X[:, 0:last:2] - sine * X[:, 1:last:2]
    turned[:, 1:last:2] = sine * X[:, 0:last:2] + cosine * X[:, 1:last:2]
    return turned
