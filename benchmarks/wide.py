"""How training and prediction grow with the columns: tables of 400 rows and 10, 100, 1,000 and 5,000 columns.

    python -m benchmarks.wide [ROUNDS] [COLUMNS …]

ROUNDS (default 3) of each width in turn, beside a plain script that fits the same three Pipelines on the same folds;
medians. `plain script`, `training` and `prediction` are whole processes, the flows with one running Prefect server.
`scoring` is the work of the prediction flow, from finding the version to the last scored row, in a process that has
scored another table, and `predict` is `bakeoff.load(…).predict` of 40 rows in a process that has predicted once. Both
are seconds of a core, since what columns cost them is less than the noise of a process's start.

A width's time is what the narrowest table takes, which is imports, start and end, and what its columns cost. The
exponent is the slope of log (seconds less those of the narrowest) over log columns, between the two widest; it is NaN
where they take no longer than the narrowest.

Held: exponents of training, scoring and `predict` ≤ 1.1; `predict` of 5,000 columns ≤ 1 s.
"""

import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.jobs import TRAIN, run_job
from tests.support.prefect_stack import Stack

WIDTHS = (10, 100, 1_000, 5_000)
ROWS, PREDICTED, REPEATS = 400, 40, 7
JOBS = ("plain script", "training", "prediction", "scoring", "predict")
HELD = ("training", "scoring", "predict")
MOST = {"exponent": 1.1, "predict": 1.0}


def main() -> int:
    """Print the table, and the figures as JSON on the last line; the exit status says whether all is held."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    widths = sorted(map(int, sys.argv[2:])) or list(WIDTHS)
    seconds: dict[str, dict[int, list[float]]] = {job: {width: [] for width in widths} for job in JOBS}
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        for width in widths:
            write_table(Path(name, f"{width}.csv"), width)
        for _ in range(rounds):
            for width in widths:
                for job, took in run_all(name, stack.url, width, widths[0]).items():
                    seconds[job][width] += took
    medians = {job: {width: statistics.median(each) for width, each in of.items()} for job, of in seconds.items()}
    print(f"{'columns':>8}" + "".join(f"{job + ', s':>17}" for job in JOBS))
    for width in widths:
        print(f"{width:>8,}" + "".join(f"{medians[job][width]:>17.2f}" for job in JOBS))
    exponents = {job: exponent(medians[job]) for job in ("plain script", *HELD)}
    shown = [f"{exponents[job]:.2f}" if job in exponents else "–" for job in JOBS]
    print(f"{'exponent':>8}" + "".join(f"{each:>17}" for each in shown))
    held = {job: not exponents[job] > MOST["exponent"] for job in HELD}
    held["predict, seconds"] = medians["predict"][widths[-1]] <= MOST["predict"]
    print("".join(f"NOT HELD: {what}\n" for what, kept in held.items() if not kept), end="")
    print(json.dumps({"rounds": rounds, "seconds": seconds, "exponents": exponents, "held": held}))
    return int(not all(held.values()))


def exponent(seconds: Mapping[int, float]) -> float:
    """Of the two widest tables, without what the narrowest takes; NaN for fewer than three widths."""
    if len(seconds) < 3:
        return math.nan
    narrowest, *_, wide, widest = sorted(seconds)
    grown = [seconds[width] - seconds[narrowest] for width in (wide, widest)]
    return math.log(grown[1] / grown[0]) / math.log(widest / wide) if min(grown) > 0 else math.nan


def run_all(folder: str, url: str, width: int, narrowest: int) -> dict[str, list[float]]:
    """Return the seconds of each job's processes on the table with `width` columns."""
    table, server = f"{folder}/{width}.csv", {"PREFECT_API_URL": url, "PREFECT_HOME": folder}
    model = ["--store", f"{folder}/models", "--name", f"wide-{width}"]
    train = [*model, "--workspace", f"{folder}/work", "--dataset.path", table, "--dataset.target", "label"]
    train += ["--promotion.rule", "never"]  # so that the second round does what the first did
    score = [*model, "--version", "latest", "--input", table, "--output", f"{folder}/{time.time_ns()}"]
    this = [sys.executable, "-m", "benchmarks.wide"]
    return {
        "plain script": [run_job([*this, "--plain", table]).seconds],
        "training": [run_job([*TRAIN, *train], **server).seconds],
        "prediction": [run_job([sys.executable, "-m", "flows.prediction", *score], **server).seconds],
        "scoring": [printed([*this, "--score", folder, str(width), str(narrowest)]) for _ in range(3)],
        "predict": [printed([*this, "--predict", folder, str(width)]) for _ in range(3)],
    }


def printed(command: list[str]) -> float:
    """Return the figure that a process prints last."""
    return float(run_job(command).output.splitlines()[-1])


def write_table(path: Path, width: int) -> None:
    """Rows of two classes, of which five columns tell."""
    from sklearn.datasets import make_classification

    X, y = make_classification(
        n_samples=ROWS, n_features=width, n_informative=5, n_redundant=0, random_state=42, shuffle=False
    )
    frame = pd.DataFrame(X.round(4), columns=[f"column_{i}" for i in range(width)])
    frame["label"] = np.where(y == 1, "yes", "no")
    frame.to_csv(path, index=False)


def plain(table: str) -> None:
    """What people write: the three Pipelines, each cross-validated and fitted, one after another."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score, train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    rows = pd.read_csv(table)
    X, y = rows.drop(columns="label"), rows["label"]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)
    for classifier in (LogisticRegression(max_iter=1000), RandomForestClassifier(random_state=42), SVC()):
        model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), classifier)
        scores = cross_val_score(model, X_train, y_train, cv=5)
        print(type(classifier).__name__, scores.mean(), model.fit(X_train, y_train).score(X_test, y_test))


def predict(folder: str, width: int) -> None:
    """Print the median seconds of a loaded version's `predict`, after a first one."""
    import bakeoff

    model = bakeoff.load(f"wide-{width}", store=f"{folder}/models", version="latest")
    rows = pd.read_csv(f"{folder}/{width}.csv").head(PREDICTED)
    seconds = []
    for _ in range(REPEATS + 1):
        started = time.process_time()
        predictions, _ = model.predict(rows)
        seconds.append(time.process_time() - started)
    if len(predictions) != PREDICTED:
        raise RuntimeError(f"{len(predictions)} of {PREDICTED} rows were predicted")
    print(statistics.median(seconds[1:]))


def score(folder: str, width: int, narrowest: int) -> None:
    """Print the seconds that a version takes to be found and to score its table, after the narrowest table's."""
    from bakeoff.config import PredictionConfig
    from bakeoff.prediction.predict import score_table
    from bakeoff.store.load import find_version

    with tempfile.TemporaryDirectory(dir=folder) as work:
        for number, columns in enumerate((narrowest, width)):
            model, table = f"wide-{columns}", f"{folder}/{columns}.csv"
            config = PredictionConfig(store=f"{folder}/models", name=model, version="latest", input=table)
            output = Path(work, str(number))
            output.mkdir()
            started = time.process_time()
            score_table(config, find_version(config), output)
            seconds = time.process_time() - started
    print(seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        plain(sys.argv[2])
    elif sys.argv[1:2] == ["--predict"]:
        predict(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["--score"]:
        score(sys.argv[2], *map(int, sys.argv[3:5]))
    else:
        raise SystemExit(main())
