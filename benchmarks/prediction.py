"""Compare the prediction flow with a plain script: read the whole table, `model.predict`, write the result.

    python -m benchmarks.prediction [ROUNDS] [ROWS] [WORD]

All sides run ROUNDS times (default 3), alternately; ROWS (default 10,000,000) is the size of the large tables. With
WORD, only jobs run that have it in their name, such as `forest` or `csv`. Each side runs in a process of its own, with
one Prefect server. The time is from loading the model to the result on the disk, including the flow's requests to the
server. The flow writes probabilities but in "csv alone"; the script writes them in "both", where a forest has `n_jobs`
as there are cores. There a third side is the flow on one core. Start-up is timed separately, from the start of the
process to the first scored batch.

Held for a forest: the flow is 1.7 times as fast on two cores as on one, at least as fast as the script, and takes at
most 700 MB; for "csv both" it is at least as fast as the script.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.prefect_stack import Stack

MIB = 1 << 20
COLUMNS = 10
LEAST_SPEEDUP, MOST_MEMORY = 1.7, 700 * MIB


def main() -> int:
    """Run the jobs; print the tables, and the figures as JSON on the last line; the exit status says if all is held."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    figures: dict[str, Any] = {"rounds": rounds}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Stack(folder) as stack:
            server = {"PREFECT_API_URL": stack.url, "PREFECT_API_AUTH_STRING": ":".join(stack.auth)}
            os.environ |= server | {"PREFECT_HOME": str(folder)}
            jobs = [
                ("logistic_regression", "parquet", large),
                ("logistic_regression", "parquet", large // 10),
                ("random_forest", "parquet both", large),
                ("svm", "parquet", min(500_000, large)),
                ("logistic_regression", "csv", large),
                ("logistic_regression", "csv alone", large),
                ("logistic_regression", "csv both", large),
            ]
            jobs = [job for job in jobs if word in f"{job[0]}, {job[1]}"]
            for classifier in sorted({job[0] for job in jobs} | {"logistic_regression"}):
                train(folder, classifier)
            heads = f"{'rows':>11} {'peer':>11} {'flow':>11} {'ratio':>6} {'peak MB: peer':>14} {'flow':>6}"
            print(f"{'rows/s, median':<34} {heads}")
            for classifier, form, rows in jobs:
                figures[f"{classifier} {form} {rows}"] = _job(folder, classifier, form, rows, rounds)
            if not word:
                figures["start-up"] = _start_up(folder, rounds)
    print(json.dumps(figures))
    return int(any(job.get("held") is False for job in figures.values() if isinstance(job, dict)))


def _job(folder: Path, classifier: str, form: str, rows: int, rounds: int) -> dict[str, Any]:
    table = folder / f"rows-{rows}.{form.split(maxsplit=1)[0]}"
    if not table.exists():
        write_rows(table, rows)
    forest, both = classifier == "random_forest", form.endswith("both")
    runs: dict[str, list[dict[str, float]]] = {"peer": [], "flow": [], **({"one core": []} if forest else {})}
    for _ in range(rounds):
        for side, runs_of_side in runs.items():
            runs_of_side.append(_child(side, classifier, form, str(table), str(folder)))
    seconds = {
        side: statistics.median(one_run["seconds"] for one_run in runs_of_side) for side, runs_of_side in runs.items()
    }
    peak = {side: max(one_run["peak"] for one_run in runs_of_side) for side, runs_of_side in runs.items()}
    ratio = seconds["peer"] / seconds["flow"]
    print(
        f"{f'{classifier}, {form}':<34} {rows:>11,} {rows / seconds['peer']:>11,.0f} {rows / seconds['flow']:>11,.0f} "
        f"{ratio:>6.2f} {peak['peer'] / MIB:>14,.0f} {peak['flow'] / MIB:>6,.0f}",
        flush=True,
    )
    figures: dict[str, Any] = {"seconds": runs, "ratio": ratio, "peak": peak}
    if both:
        figures["held"] = ratio >= 1
    if forest:
        figures["times"] = seconds["one core"] / seconds["flow"]
        print(f"{'':<34} {figures['times']:.2f} times as fast as on one core", flush=True)
        figures["held"] &= figures["times"] >= LEAST_SPEEDUP and peak["flow"] <= MOST_MEMORY
    return figures


def _start_up(folder: Path, rounds: int) -> dict[str, Any]:
    imports, first = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import bakeoff, sklearn, pandas, pyarrow"], check=True)
        imports.append(time.perf_counter() - started)
        first.append(_child("first", str(folder))["seconds"])
    ratio = statistics.median(first) / statistics.median(imports)
    print(f"seconds to the first batch {statistics.median(first):.2f}, imports alone {statistics.median(imports):.2f}")
    print(f"ratio {ratio:.2f}")
    return {"first batch": first, "imports": imports, "ratio": ratio}


def _child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.prediction", "--child", *arguments, str(time.time())]
    process = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    figures: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    return figures


def child(side: str, *arguments: str) -> None:
    """Run one side's job in this process; prints seconds and peak memory."""
    {"peer": _peer, "flow": _flow, "one core": _flow_on_one_core, "first": _first}[side](*arguments)


def _peer(classifier: str, form: str, table: str, folder: str, _: str) -> None:
    import joblib
    import pandas as pd

    store = Path(folder, "models", classifier)
    started = time.perf_counter()
    model = joblib.load(store / (store / "champion").read_text().strip() / "model.joblib")
    if classifier == "random_forest":
        model[-1].n_jobs = os.cpu_count()
    rows = pd.read_parquet(table) if form.startswith("parquet") else pd.read_csv(table)
    if form.endswith("both"):
        shares = model.predict_proba(rows)
        predictions = pd.DataFrame(shares, columns=[f"probability_{name}" for name in model.classes_])
        predictions.insert(0, "prediction", model.classes_[shares.argmax(axis=1)])
    else:
        predictions = pd.DataFrame({"prediction": model.predict(rows)})
    if form.startswith("parquet"):
        predictions.to_parquet(Path(folder, "peer.parquet"), index=False)
    else:
        predictions.to_csv(Path(folder, "peer.csv"), index=False)
    _print_figures(time.perf_counter() - started)


def _flow(classifier: str, form: str, table: str, folder: str, _: str) -> None:
    import shutil

    from bakeoff.config import PredictionConfig
    from flows.prediction import prediction
    from tasks.runs.heartbeat import disable_prefect_heartbeats

    output = Path(folder, "out")
    options: dict[str, Any] = {"format": form.split(maxsplit=1)[0], "probabilities": not form.endswith("alone")}
    config = PredictionConfig(name=classifier, store=Path(folder, "models"), input=table, output=str(output), **options)
    started = time.perf_counter()
    with disable_prefect_heartbeats():  # as flows.local.command_line has it
        prediction(config)
    seconds = time.perf_counter() - started
    shutil.rmtree(output)
    _print_figures(seconds)


def _flow_on_one_core(*arguments: str) -> None:
    os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    _flow(*arguments)


def _first(folder: str, began: str) -> None:
    """Run the flow from the command line up to the first scored batch."""
    import runpy

    from bakeoff.prediction.scorer import Scorer

    score = Scorer.score

    def timed(self: Any, batch: Any) -> Any:
        scored = score(self, batch)
        _print_figures(time.time() - float(began))
        os._exit(0)
        return scored

    Scorer.score = timed  # type: ignore[method-assign]
    sys.argv = ["flows.prediction", "--name", "logistic_regression", "--store", f"{folder}/models"]
    sys.argv += ["--output", f"{folder}/first"]
    runpy.run_module("flows.prediction", run_name="__main__")


def _print_figures(seconds: float) -> None:
    # Not ru_maxrss, which starts with the memory of the parent process.
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    peak = int(line.split()[1]) * 1024
    print(json.dumps({"seconds": seconds, "peak": peak}), flush=True)


def train(folder: Path, classifier: str) -> None:
    """Train a model of one classifier on the default rows."""
    command = [sys.executable, "-m", "flows.training", "--name", classifier, "--store", f"{folder}/models"]
    command += ["--workspace", f"{folder}/work", "--classifiers", json.dumps({classifier: {}})]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_rows(path: Path, rows: int) -> None:
    """Write a table of new rows of the default population, made a million at a time."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    from bakeoff.config import DatasetConfig
    from bakeoff.data.synthetic import generate_rows

    names = [f"feature_{i}" for i in range(COLUMNS)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    parquet = path.suffix == ".parquet"
    with (pa.parquet.ParquetWriter if parquet else pa.csv.CSVWriter)(path, schema) as writer:
        for batch, start in enumerate(range(0, rows, 1_000_000), start=1):
            X, _ = generate_rows(DatasetConfig(n_samples=min(1_000_000, rows - start), batch=batch))
            writer.write_table(pa.table(dict(zip(names, X.T.copy())), schema=schema))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        raise SystemExit(main())
