"""Columns that teach nothing are left out, and others are not."""

import numpy as np
import pyarrow as pa
import pytest

from bakeoff.tables.unlearned.left_out import why_left_out

ROWS = np.arange(40)
WORDS = pa.array([f"the long story of number {row} and more" for row in ROWS])


@pytest.mark.parametrize(
    ("name", "kind", "cells", "reason"),
    [
        ("n", "number", pa.array(ROWS), "counter"),
        ("n", "number", pa.array(ROWS[::-1] + 7), "counter"),
        ("n", "number", pa.array(ROWS * 3), None),
        ("n", "number", pa.array(np.delete(np.arange(45), [3, 9, 20, 21, 40])), "counter"),
        ("n", "number", pa.array(ROWS * 1.5), None),
        ("n", "number", pa.array(ROWS % 39), None),
        ("n", "number", pa.array(np.arange(3)), None),
        ("index", "number", pa.array(ROWS**2), "counter"),
        ("index", "number", pa.array(ROWS / 7), None),
        ("index", "number", pa.array(ROWS % 7), None),
        ("Unnamed: 0", "category", pa.array([f"r{row}" for row in ROWS]), "counter"),
        ("n", "number", pa.array([None, np.nan], pa.float64()), "empty"),
        ("n", "number", pa.array([7, None]), "constant"),
        ("t", "category", pa.array(["p", "p"]), "constant"),
        ("t", "category", pa.array(["p", None]), None),
        ("t", "category", pa.array([f"k{row}" for row in ROWS]), "names"),
        ("t", "category", pa.array([f"k{row}" if row < 15 else None for row in ROWS]), None),
        ("t", "category", WORDS, "prose"),
        ("t", "category", pa.array(["p", "q"] * 20), None),
        ("b", "boolean", pa.array([True, False]), None),
    ],
)
def test_the_reason_is_the_first_that_holds(name, kind, cells, reason):
    """By the column's cells, and for row names by its name."""
    found = why_left_out(name, kind, pa.chunked_array([cells]))
    assert reason == (found and found[0])
