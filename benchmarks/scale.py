"""Measure how a race grows with its rows, at 10,000, 100,000 and 1,000,000 rows, and the SVM's accuracy.

    python -m benchmarks.scale [ROUNDS] [ROWS …]

Each size runs ROUNDS times (default 5), alternately, as a whole process with one running Prefect server; the memory is
that of all processes of a run. The exponent is the slope of log seconds over log rows, by least squares. The SVM is
then fitted exactly and by Nystroem's features on 50,000 rows of three kinds, in separate races.

Requirements: exponent ≤ 1.1; a million rows in ≤ 600 s and ≤ 4,096 MiB; the approximation loses ≤ 0.005 of accuracy.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.jobs import TRAIN, run_job
from tests.support.prefect_stack import Stack

SIZES = (10_000, 100_000, 1_000_000)
KINDS: dict[str, dict[str, Any]] = {
    "default": {},
    "near": {"class_sep": 1.0, "n_informative": 8},
    "several clouds": {"class_sep": 0.6, "n_informative": 10, "flip_y": 0.05, "n_clusters_per_class": 4},
}
MOST = {"exponent": 1.1, "seconds": 600, "mib": 4096, "lost": 0.005}


def main() -> int:
    """Print the tables, and the figures as JSON on the last line; the exit status is 1 if a requirement is not met."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    sizes = tuple(map(int, sys.argv[2:])) or SIZES
    with tempfile.TemporaryDirectory() as name, Stack(Path(name)) as stack:
        runs: dict[int, list[dict[str, Any]]] = {rows: [] for rows in sizes}
        for _ in range(rounds):
            for rows in sizes:
                runs[rows].append(race(Path(name), stack.url, {"n_samples": rows}))
        lost = {kind: accuracies(Path(name), stack.url, options) for kind, options in KINDS.items()}
    print(f"{'rows':>10} {'seconds':>8} {'MiB':>6}   fit seconds (predicted), how")
    for rows, races in runs.items():
        figures = median(races)
        print(f"{rows:>10,} {figures['seconds']:>8.1f} {figures['mib']:>6,.0f}   {describe_fits(races[-1]['fits'])}")
    medians = {rows: median(races) for rows, races in runs.items()}
    seconds = [figures["seconds"] for figures in medians.values()]
    exponent = float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0]) if len(sizes) > 1 else float("nan")
    print(f"exponent {exponent:.2f}")
    for kind, (exact, near) in lost.items():
        print(f"SVM on 50,000 rows, {kind:<16} exact {exact:.4f}, approximated {near:.4f}")
    last = medians[max(sizes)]
    held = {
        "exponent": not exponent > MOST["exponent"],
        "seconds": last["seconds"] <= MOST["seconds"],
        "mib": last["mib"] <= MOST["mib"],
        "lost": all(near >= exact - MOST["lost"] for exact, near in lost.values()),
    }
    print(json.dumps({"rounds": rounds, "runs": runs, "exponent": exponent, "accuracies": lost, "held": held}))
    return int(not all(held.values()))


def race(folder: Path, url: str, dataset: dict[str, Any], *flags: str) -> dict[str, Any]:
    """Run one training run in a process of its own."""
    options = [f"--dataset.{key}={value}" for key, value in dataset.items()]
    places = ["--store", f"{folder}/models-{dataset['n_samples']}", "--workspace", f"{folder}/work"]
    command = [*TRAIN, *places, *options, *flags]
    job = run_job(command, look=True, PREFECT_API_URL=url, PREFECT_HOME=str(folder))
    card = json.loads(Path(job.output.strip().splitlines()[-1], "card.json").read_text())
    return {
        "seconds": job.seconds,
        "mib": job.peak,
        "fits": {
            name: {key: scores[key] for key in ("fit_seconds", "predicted_seconds", "engine", "approximation")}
            for name, scores in card["classifiers"].items()
        },
        "accuracy": {name: scores["test"]["accuracy"] for name, scores in card["classifiers"].items()},
    }


def accuracies(folder: Path, url: str, options: dict[str, Any]) -> tuple[float, float]:
    """Return the accuracies of the exact SVM and the approximated one, on the same test rows."""
    alone = ["--classifiers", json.dumps({"svm": {}})]
    exact, near = (
        race(folder, url, {"n_samples": 50_000, **options}, "--svm.approximation", way, *alone)["accuracy"]["svm"]
        for way in ("exact", "nystroem")
    )
    return exact, near


def median(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Return the median of the seconds and the maximum of the memory."""
    return {
        "seconds": statistics.median(run["seconds"] for run in runs),
        "mib": max(run["mib"] for run in runs),
    }


def describe_fits(fits: dict[str, dict[str, Any]]) -> str:
    """Describe each contestant's fit."""
    return ", ".join(
        f"{name} {fit['fit_seconds']:.1f} ({fit['predicted_seconds']:.1f}), "
        + (f"{fit['approximation']['components']} landmarks" if fit["approximation"] else fit["engine"])
        for name, fit in fits.items()
    )


if __name__ == "__main__":
    raise SystemExit(main())
