"""Measure how the time of a fit grows with rows, columns and classes, for the formulas of `estimators.fit_time`.

    python -m benchmarks.costs [POINTS]

Each way of fitting is timed on POINTS (default 40) random tables, on one thread: 2,000 to 50,000 rows, 4 to 60
columns, 2 to 10 classes, easy and hard ones, and for NystroemSVC 500 to 3,000 landmarks. The coefficients of the
formulas' terms are fitted by non-negative least squares on relative errors. Prints them, the committed ones, and for
both the factor that 90 % of the measurements are within. A formula for the exact SVM can't know how hard the rows are,
so what slices of the same tables predict stands beside each fit (`estimators.slices.counted`).
"""

import json
import math
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
from scipy.optimize import nnls

from bakeoff.estimators.fit_time import (
    FORMULAS,
    LEAST_SECONDS,
    CostTerm,
    ProblemSize,
)

LEAST_SLICED = 0.2  # seconds: below that the start of a fit counts


def main() -> None:
    """Print the formulas, and the figures as JSON on the last line."""
    points = sys.argv[1] if len(sys.argv) > 1 else "40"
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.costs", "--child", points]
    subprocess.run(command, check=True, env={**os.environ, **one_thread})


def child(points: int) -> None:
    """Measure in a process with one thread."""
    from sklearn.datasets import make_classification
    from sklearn.preprocessing import StandardScaler

    sliced: list[tuple[float, float]] = []
    random, measured = np.random.RandomState(0), {pair: [] for pair in FORMULAS}  # type: ignore[var-annotated]
    for number in range(points):
        rows = int(math.exp(random.uniform(math.log(2_000), math.log(50_000))))
        columns = int(math.exp(random.uniform(math.log(4), math.log(60))))
        classes = random.randint(2, 11)
        informative = max(4, int(columns * random.uniform(0.3, 1)))
        X, y = make_classification(
            rows,
            n_features=columns,
            n_informative=informative,
            n_redundant=0,
            n_classes=classes,
            n_clusters_per_class=1,
            class_sep=random.uniform(0.5, 3),
            flip_y=random.choice([0, 0.02, 0.05, 0.2, 0.5, 1.0]),
            random_state=number,
        )
        X, components = StandardScaler().fit_transform(X), random.randint(500, 3_001)
        for (name, way), measurements in measured.items():
            seconds = _time(_estimator(name, way, components), X, y)
            measurements.append(((ProblemSize(rows, columns, classes), components), seconds))
            if (name, way) == ("svm", "exact"):
                sliced.append((_predict_from_slices(X, y), seconds))
        line = " ".join(f"{measurements[-1][1]:8.3f}" for measurements in measured.values())
        line += f"  exact SVM predicted {sliced[-1][0]:8.3f}"
        print(f"{rows:>7,} rows {columns:>3} columns {classes:>3} classes {components:>5} landmarks {line}", flush=True)
    fits = {f"{name}, {way}": _fit(measurements, FORMULAS[name, way]) for (name, way), measurements in measured.items()}
    for text, figures in fits.items():
        print(f"{text:<36}", json.dumps(figures))
    ratios = np.array([predicted / seconds for predicted, seconds in sliced if seconds >= LEAST_SLICED])
    by_slices = {"within_factor": _within(ratios), "measured": len(ratios)}
    print(f"{'svm, exact, by slices':<36}", json.dumps(by_slices))
    print(json.dumps({"points": points, "formulas": fits, "svm_by_slices": by_slices}))


def _predict_from_slices(X: np.ndarray, y: np.ndarray) -> float:
    import pandas as pd

    from bakeoff.estimators.contestant import Contestant
    from bakeoff.estimators.slices.counted import predict_exact_svm

    svm = Contestant("svm", {}, "none", "accuracy", "auto")
    return predict_exact_svm(svm, [], pd.DataFrame(X), y) or math.nan


def _estimator(name: str, way: str, components: int) -> Any:
    from bakeoff.classifiers import CLASSIFIERS, build_classifier
    from bakeoff.estimators.engines import load_estimator
    from bakeoff.estimators.nystroem_svc import NystroemSVC

    if way == "nystroem":
        return NystroemSVC(n_components=components, random_state=42)
    engine: Any = "scikit-learn" if way == "exact" else way
    return build_classifier(name, CLASSIFIERS[name].defaults, load_estimator(name, engine))


def _time(estimator: Any, X: np.ndarray, y: np.ndarray) -> float:
    started = time.perf_counter()
    estimator.fit(X, y)
    return time.perf_counter() - started


def _fit(measured: list[tuple[tuple[Any, int], float]], terms: tuple[CostTerm, ...]) -> dict[str, Any]:
    kept = [(size, landmarks, seconds) for (size, landmarks), seconds in measured if seconds >= LEAST_SECONDS]
    seconds = np.array([seconds for _, _, seconds in kept])
    design = np.array([[term.of(size, landmarks) for term in terms] for size, landmarks, _ in kept])
    measured_terms = nnls(design / seconds[:, None], np.ones(len(seconds)))[0]
    return {
        "terms": [float(f"{term.seconds * times:.2g}") for term, times in zip(terms, measured_terms)],
        "committed": [term.seconds for term in terms],
        "within_factor": _within(design @ measured_terms / seconds),
        "committed_within_factor": _within(design.sum(axis=1) / seconds),
        "measured": len(kept),
    }


def _within(ratios: np.ndarray) -> float:
    return round(float(np.exp(np.quantile(np.abs(np.log(ratios)), 0.9))), 2)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(int(sys.argv[2]))
    else:
        main()
