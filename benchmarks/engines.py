"""Compare fits by scikit-learn and by scikit-learn-intelex: which is faster from how many rows on?

    python -m benchmarks.engines [ROUNDS]

Each fit runs ROUNDS times (default 3), alternately, in a process with one thread, like each step of a race. The time
is that of fitting the classifier after preprocessing, including the conversion to scikit-learn's estimator.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

SIZES = {"logistic_regression": (1_000, 10_000, 100_000), "random_forest": (200, 1_000, 10_000, 50_000)}
ENGINES = ("scikit-learn", "sklearnex")


def main() -> None:
    """Print the table, and the figures as JSON on the last line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.engines", "--child", str(rounds)]
    subprocess.run(command, check=True, env={**os.environ, **one_thread})


def child(rounds: int) -> None:
    """Fit in a process with one thread."""
    from bakeoff.classifiers import CLASSIFIERS
    from bakeoff.config import DatasetConfig
    from bakeoff.data.load import load_dataset
    from bakeoff.estimators.contestant import Contestant
    from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline

    figures: list[dict[str, Any]] = []
    print(f"{'seconds a fit, median':<22} {'rows':>8} {'scikit-learn':>13} {'sklearnex':>10} {'times':>6}")
    for name, sizes in SIZES.items():
        for rows in sizes:
            dataset = load_dataset(DatasetConfig(n_samples=rows))
            seconds: dict[str, list[float]] = {engine: [] for engine in ENGINES}
            for _ in range(rounds):
                for engine in ENGINES:
                    parameters = CLASSIFIERS[name].defaults
                    contestant = Contestant(name, parameters, "auto", "accuracy", "auto", engine)  # type: ignore[arg-type]
                    pipeline = build_pipeline(contestant, dataset.features)
                    started = time.perf_counter()
                    fit_pipeline(pipeline, dataset.X, dataset.y.to_numpy())
                    seconds[engine].append(time.perf_counter() - started)
            plain, faster = (statistics.median(seconds[engine]) for engine in ENGINES)
            print(f"{name:<22} {rows:>8,} {plain:>13.3f} {faster:>10.3f} {plain / faster:>6.1f}", flush=True)
            figures.append({"classifier": name, "rows": rows, "seconds": seconds, "times": plain / faster})
    print(json.dumps({"rounds": rounds, "fits": figures}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main()
