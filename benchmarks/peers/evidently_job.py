"""Let Evidently's data drift preset judge the batches of `benchmarks.drift`, in an environment of its own.

The argument is a folder with `reference-VERSION.parquet` and `batch-VERSION-ROWS-KIND.parquet`; a line of JSON is
printed for each batch.
"""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
for path in sorted(folder.glob("batch-*.parquet")):
    _, version, rows, kind = path.stem.split("-")
    reference, batch = pd.read_parquet(folder / f"reference-{version}.parquet"), pd.read_parquet(path)
    definition = DataDefinition(
        numerical_columns=[name for name in batch if not name.startswith("category")],
        categorical_columns=[name for name in batch if name.startswith("category")],
    )
    both = (Dataset.from_pandas(rows_of, definition) for rows_of in (batch, reference))
    overall, *columns = Report([DataDriftPreset()]).run(*both).dict()["metrics"]
    drifted = []
    for metric in columns:  # with 7,000 rows of reference all methods are distances, no p-values
        assert "p_value" not in metric["config"]["method"]
        if metric["value"] >= metric["config"]["threshold"]:
            drifted.append(metric["config"]["column"])
    alarm = overall["value"]["share"] >= overall["config"]["drift_share"]
    print(json.dumps({"rows": int(rows), "kind": kind, "drifted": drifted, "alarm": alarm}))
