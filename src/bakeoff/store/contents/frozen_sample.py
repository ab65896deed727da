"""A frozen sample: a few rows with the model's predictions for them, which a loaded model must repeat."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.errors import IntegrityError
from bakeoff.tables.read_table import read_parquet_bytes
from bakeoff.tables.schema import Feature
from bakeoff.tables.schema_validation import validate_table

SAMPLE = "sample.parquet"
ROWS = 64
# Relative and absolute, of scores, by the precision that they are computed in: their last digits are the processor's.
TOLERANCES = {"float64": 1e-6, "float32": 1e-5}


def freeze_sample(model: Any, rows: pa.Table, features: list[Feature], path: Path) -> None:
    """Write up to 64 rows, evenly spaced, with the model's predictions and scores.

    The file has three columns: `features` (a struct of the row's columns), `prediction`, and `scores` (a list, from
    `predict_proba` or else `decision_function`; empty if the model has neither).

    Args:
        model: a fitted Pipeline.
        rows: raw rows with the features' columns; rows that can't be scored are left out.
        features: the schema.
        path: the file to write.
    """
    rows = rows.select([feature.name for feature in features])
    usable = validate_table(rows, features).usable
    chosen = usable[np.unique(np.linspace(0, len(usable) - 1, min(ROWS, len(usable))).astype(int))]
    rows = rows.take(pa.array(chosen, pa.int64())).combine_chunks()
    predictions, scores = _predict_and_score(model, validate_table(rows, features).X)
    columns = [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in rows.columns]
    table = pa.table(
        {
            "features": pa.StructArray.from_arrays(columns, names=rows.column_names),
            "prediction": predictions.tolist(),
            "scores": pa.array(scores.tolist(), pa.list_(pa.float64())),
        }
    )
    pa.parquet.write_table(table, path)


def check_sample(model: Any, content: bytes, features: list[Feature]) -> None:
    """Predict the frozen sample again and compare.

    Args:
        model: a fitted Pipeline.
        content: the content of the sample's file.
        features: the schema.

    Raises:
        IntegrityError: a prediction differs, or a score by more than its tolerance in `TOLERANCES`.
    """
    table = read_parquet_bytes(content)
    if not table.num_rows:
        return
    struct = table["features"].combine_chunks()
    rows = pa.table(dict(zip((field.name for field in struct.type), struct.flatten())))
    predictions, scores = _predict_and_score(model, validate_table(rows, features).X)
    for row, (then, now) in enumerate(zip(table["prediction"].to_pylist(), predictions.tolist())):
        if then != now:
            raise IntegrityError(f"it predicts row {row} of its frozen sample as {now!r}, no longer as {then!r}")
    before = np.array(table["scores"].to_pylist(), dtype=float)
    tolerance = TOLERANCES[_precision(model)]
    if before.shape != scores.shape or not np.allclose(before, scores, rtol=tolerance, atol=tolerance):
        raise IntegrityError("it scores the rows of its frozen sample differently from before")


def _precision(model: Any) -> str:
    """Return what the model's classifier computes in, which its scores' type does not always say."""
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    return getattr(getattr(last, "classifier", last), "computes_in", "float64")


def _predict_and_score(model: Any, X: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions, shape (n_rows,), and scores, shape (n_rows, n_scores)."""
    if not len(X):
        return np.empty(0, dtype=object), np.empty((0, 0))
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if hasattr(last, "calibrate"):  # an isotonic curve's steps would magnify a difference in the last digit
        return model.predict(X), np.asarray(last.scores(model[:-1].transform(X) if len(model) > 1 else X))
    for method in ("predict_proba", "decision_function"):
        if hasattr(model, method):
            scores = getattr(model, method)(X)
            return model.predict(X), np.asarray(scores, dtype=float).reshape(len(X), -1)
    return model.predict(X), np.empty((len(X), 0))
