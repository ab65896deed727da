"""Prediction folders."""

import json


def write_run(folder, version, **summary):
    """Write what the prediction flow does, as far as the pages read it."""
    folder.mkdir(parents=True)
    counts = {"name": "classifier", "version": version, "rows": 990, "predicted": 988, "rejected": 2}
    (folder / "summary.json").write_text(json.dumps(counts | summary))
    (folder / "report.html").write_text("<body>a report of predictions</body>")
