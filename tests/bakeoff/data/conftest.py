"""Files that are split by a column."""

import numpy as np
import pandas as pd


def table(tmp_path, name="rows.parquet", **columns):
    """A file of 120 rows of two classes with the columns given, and what trains on it."""
    path = tmp_path / name
    frame = pd.DataFrame({"a": np.tile([0.0, 1.0, 0.2], 40), "y": np.tile(["u", "v", "u"], 40), **columns})
    frame.to_parquet(path) if name.endswith("parquet") else frame.to_csv(path, index=False)
    return {"source": "file", "path": str(path), "target": "y"}


DAYS = pd.date_range("2026-01-01", periods=120, freq="D")
