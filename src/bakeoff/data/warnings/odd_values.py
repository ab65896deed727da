"""Warnings of values that may stand for something else: classes written in two ways, and markers of missing values."""

import re
from collections import defaultdict

import numpy as np
import pandas as pd

from bakeoff.formatting import format_count, list_first
from bakeoff.tables.numbers import MARKERS

NAMES = {"none", "nil"}  # of the markers, the ones that people name classes
UNKNOWN = frozenset(MARKERS) - NAMES | {"n/a", "na", "null", "nan", "(blank)", "blank", "undefined", "tbd", ""}
CODES = re.compile(r"-9{2,}(?:\.0)?|9{3,}(?:\.0)?")
ROWS, CELLS, FEWEST_ROWS = 20_000, 2_000_000, 300  # most rows and cells of the sample, but so many rows at least
LEAST_SHARE = 0.05  # of the rows that have a marker
LEAST_OTHERS = 10  # different values beside it
SHOWN = 5  # classes or columns in a warning


def warn_of_classes(target: str, y: np.ndarray) -> list[str]:
    """Return warnings of classes that are written in several ways, and of some that mean that the class is unknown.

    Args:
        target: the name of the target.
        y: the classes of all rows, shape (n_rows,).
    """
    names = [str(name) for name in np.unique(y)]
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        alike["".join(name.split()).casefold()].append(name)
    groups = [group for group in alike.values() if len(group) > 1]
    if {"0", "1"} & alike.keys() and {"true", "false"} & alike.keys():
        groups.append([name for name in names if name.casefold() in ("0", "1", "true", "false")])
    warnings = []
    if groups:
        listed = list_first([" and ".join(map(repr, group)) for group in groups], SHOWN)
        warnings.append(f"the target {target!r} has classes that may be the same: {listed}; write each in one way")
    unknown = [name for name in names if name.strip().casefold() in UNKNOWN or CODES.fullmatch(name)]
    if unknown and len(names) - len(unknown) >= 2:
        count = int(np.isin(y.astype(str), unknown).sum())
        one = len(unknown) == 1
        warnings.append(
            f"{'class' if one else 'classes'} {list_first(list(map(repr, unknown)), SHOWN)} of the target {target!r} "
            f"({format_count(count, 'row')}) may mean that the class is unknown: if so, leave the target empty there"
        )
    return warnings


def warn_of_sentinels(X: pd.DataFrame, train: np.ndarray) -> list[str]:
    """Return a warning of numbers such as -999 that may stand for a missing value, if there are any.

    Args:
        X: the features of all rows, shape (n_rows, n_features).
        train: the positions of the training rows, of which a sample is examined.
    """
    found = {}
    rows = train[:: len(train) // min(ROWS, max(CELLS // X.shape[1], FEWEST_ROWS)) + 1]
    for name, column in X.items():
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            marker = _find_sentinel(column.iloc[rows].to_numpy(dtype=float, na_value=np.nan))
            if marker is not None:
                found[str(name)] = marker
    if not found:
        return []
    listed = list_first([f"{name!r} ({marker})" for name, marker in found.items()], SHOWN)
    return [
        f"one number far from all others fills many cells of {listed}: if it stands for a missing value, leave these "
        "cells empty"
    ]


def _find_sentinel(values: np.ndarray) -> str | None:
    """Describe a frequent number farther from all others than these are from each other, or -1 below all others."""
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(distinct) <= LEAST_OTHERS:
        return None
    for place, near, far in ((0, 1, -1), (-1, -2, 0)):
        gap, spread = abs(distinct[near] - distinct[place]), abs(distinct[far] - distinct[near])
        minus = distinct[place] == -1 and distinct[near] >= 0 and counts[place] > counts[near]
        if counts[place] >= LEAST_SHARE * len(values) and (gap > spread or minus):
            return f"{distinct[place]:g} in {counts[place] / len(values):.0%} of the rows"
    return None
