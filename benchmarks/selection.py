"""Measure level and power of the tests between contestants, and the coverage of the intervals.

    python -m benchmarks.selection [REPLICATES]

Contestants are logistic regressions, each on its own columns: if all columns have the same distribution they are
exchangeable, and so exactly equal; with a stronger column one is better by a known amount. Each replicate (by default
1,000) draws rows, cross-validates and tests like the training flow. The two classes are normal with a distance between
them, so a fitted model's true accuracy is known in closed form.
"""

import json
import sys
import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import stats
from sklearn.linear_model import LogisticRegression

from bakeoff.classifiers import build_classifier
from bakeoff.config import CrossValidationConfig, SelectionConfig
from bakeoff.data.folds import make_folds
from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare, holm_adjust
from bakeoff.evaluation.intervals import wilson_interval
from bakeoff.evaluation.paired_tests import corrected_resampled_t_test, mcnemar_test
from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.metrics import METRICS
from bakeoff.training.selection import pick_best

NAMES = ("logistic_regression", "svm", "random_forest")  # placeholders; only their order of simplicity matters
COLUMNS = 3  # of each contestant
DISTANCE = 1.0  # of each class's mean from 0, over all columns of a contestant
GAIN = 0.045
RESAMPLES = 400
LEARNERS = {"logistic_regression": {}, "svm": {}, "random_forest": {"n_estimators": 25}}


def draw(seed: int, n_rows: int, distances: tuple[float, ...]) -> tuple[list[np.ndarray], np.ndarray]:
    """Draw rows of two equally likely classes: the columns of each contestant, and the classes."""
    generator = np.random.default_rng(seed)
    y = generator.integers(0, 2, n_rows)
    shifts = [distance / np.sqrt(COLUMNS) * (2 * y - 1)[:, None] for distance in distances]
    return [generator.standard_normal((n_rows, COLUMNS)) + shift for shift in shifts], y


def true_accuracy(model: LogisticRegression, distance: float) -> float:
    """Return the true accuracy of a linear rule between two normal classes."""
    weights, offset = model.coef_[0], model.intercept_[0]
    reach, norm = weights.sum() * distance / np.sqrt(COLUMNS), np.linalg.norm(weights)
    return float(np.mean(stats.norm.cdf([(reach + offset) / norm, (reach - offset) / norm])))


def cross_validate(
    tables: list[np.ndarray], y: np.ndarray, distances: tuple[float, ...], config: CrossValidationConfig
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Return out-of-fold probabilities by contestant, the folds, and each fold's measured and true accuracies."""
    folds = make_folds(config, y)
    shares = {name: np.zeros((config.repeats, len(y), 2)) for name in NAMES[: len(tables)]}
    numbers = np.zeros((config.repeats, len(y)), dtype=int)
    scores, truth = np.zeros((len(tables), len(folds))), np.zeros((len(tables), len(folds)))
    for position, (fitted, scored) in enumerate(folds):
        numbers[position // config.folds, scored] = position + 1
        for place, (table, distance) in enumerate(zip(tables, distances)):
            model = LogisticRegression().fit(table[fitted], y[fitted])
            probabilities = model.predict_proba(table[scored])
            shares[NAMES[place]][position // config.folds, scored] = probabilities
            scores[place, position] = np.mean(probabilities.argmax(axis=1) == y[scored])
            truth[place, position] = true_accuracy(model, distance)
    return shares, numbers, scores, truth


def replicate(seed: int, n_rows: int, distances: tuple[float, ...], metrics: tuple[str, ...]) -> dict[str, Any]:
    """Run one race; returns p-values by metric and pair, the winner, and the true accuracies."""
    tables, y = draw(seed, n_rows, distances)
    shares, folds, scores, truth = cross_validate(tables, y, distances, CrossValidationConfig())
    pairs = list(combinations(shares, 2))
    p_values = {}
    for metric in metrics:
        values = shares if METRICS[metric].of_probabilities else {name: s.argmax(axis=2) for name, s in shares.items()}
        predictions = HeldOutPredictions(y, folds, values, 2)
        closed = METRICS[metric].is_mean_over_rows
        resampled = None if closed else bootstrap_scores(predictions, metric, RESAMPLES, seed)
        compared = {pair: compare(predictions, *pair, metric, resampled) for pair in pairs}
        p_values[metric] = [comparison.p_value for comparison in compared.values()]
        if metric == "accuracy":
            by_rows = compared
    means = {name: float(fold_scores.mean()) for name, fold_scores in zip(shares, scores)}
    winner = pick_best(means, by_rows, "accuracy", SelectionConfig()).winner
    difference = corrected_resampled_t_test(scores[0] - scores[1], 1 / 4)
    first_pair = by_rows[pairs[0]]
    return {
        "p": p_values,
        "winner": winner,
        "truth": truth.mean(axis=1),
        "single_folds": difference.p_value,
        "discordance": ((first_pair.wins or 0) + (first_pair.losses or 0)) / n_rows,
    }


def replicate_strict(seed: int, n_rows: int, distances: tuple[float, ...]) -> float:
    """Return the p-value of Nadeau and Bengio's test on 10 × 5 folds."""
    tables, y = draw(seed, n_rows, distances)
    scores = cross_validate(tables, y, distances, CrossValidationConfig(repeats=10, random_state=seed))[2]
    return corrected_resampled_t_test(scores[0] - scores[1], 1 / 4).p_value


def replicate_export(seed: int, n_train: int, n_test: int, distances: tuple[float, ...]) -> tuple[bool, float]:
    """Return whether the interval on the test rows contains the winner's true accuracy, and its width."""
    tables, y = draw(seed, n_train + n_test, distances)
    train, test = [table[:n_train] for table in tables], [table[n_train:] for table in tables]
    shares, folds, scores, _ = cross_validate(train, y[:n_train], distances, CrossValidationConfig())
    predictions = HeldOutPredictions(y[:n_train], folds, {name: s.argmax(axis=2) for name, s in shares.items()}, 2)
    compared = {pair: compare(predictions, *pair, "accuracy") for pair in combinations(shares, 2)}
    means = {name: float(fold_scores.mean()) for name, fold_scores in zip(shares, scores)}
    place = NAMES.index(pick_best(means, compared, "accuracy", SelectionConfig()).winner)
    model = LogisticRegression().fit(train[place], y[:n_train])
    low, high = wilson_interval(model.predict(test[place]) == y[n_train:])
    return low <= true_accuracy(model, distances[place]) <= high, high - low


def replicate_learner(seed: int, name: str, n_rows: int) -> float:
    """Return the p-value of McNemar's test between two equal contestants of one kind on their own columns."""
    tables, y = draw(seed, n_rows, (DISTANCE, DISTANCE))
    predictions = np.zeros((2, n_rows), dtype=int)
    for fitted, scored in make_folds(CrossValidationConfig(), y):
        for place, table in enumerate(tables):
            model = build_classifier(name, LEARNERS[name]).fit(table[fitted], y[fitted])
            predictions[place, scored] = model.predict(table[scored])
    first, second = predictions == y
    return mcnemar_test(int(np.sum(first & ~second)), int(np.sum(second & ~first)), n_rows).p_value


def run(work: Parallel, function: Callable[..., Any], count: int, *arguments: Any) -> list[Any]:
    """Run replicates of a function, each with its own seed."""
    return list(work(delayed(function)(seed, *arguments) for seed in range(count)))


def find_distance(n_rows: int) -> float:
    """Find the distance at which the second contestant is truly better by `GAIN`, both fitted on 4/5 of the rows."""

    def gain(distance: float) -> float:
        distances = (DISTANCE, distance)
        seeds = range(10_000, 10_000 + 200_000 // n_rows)  # different from the replicates'
        tables = [draw(seed, n_rows * 4 // 5, distances) for seed in seeds]
        reached = [
            [true_accuracy(LogisticRegression().fit(X, y), d) for X, d in zip(columns, distances)]
            for columns, y in tables
        ]
        first, second = np.mean(reached, axis=0)
        return float(second - first)

    low, high = DISTANCE, DISTANCE + 0.6
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) < GAIN else (low, middle)
    return (low + high) / 2


def measure(work: Parallel, count: int) -> dict[str, Any]:
    """Compute all figures of the tables."""
    equal: dict[int, Any] = {}
    for n_rows in (150, 500, 2000):
        metrics = tuple(METRICS) if n_rows == 500 else ("accuracy",)
        results = run(work, replicate, count, n_rows, (DISTANCE,) * 3, metrics)
        p_values = {metric: np.array([result["p"][metric] for result in results]) for metric in metrics}
        equal[n_rows] = {
            "level": {metric: float(np.mean(values[:, 0] < 0.05)) for metric, values in p_values.items()},
            "family_wise": float(np.mean([min(holm_adjust(result["p"]["accuracy"])) < 0.05 for result in results])),
            "simplest_crowned": float(np.mean([result["winner"] == NAMES[0] for result in results])),
            "discordance": float(np.mean([result["discordance"] for result in results])),
            "level_single_folds": float(np.mean([result["single_folds"] < 0.05 for result in results])),
        }
    better: dict[int, Any] = {}
    for n_rows in (500, 2000):
        distances = (DISTANCE, find_distance(n_rows))
        results = run(work, replicate, count, n_rows, distances, ("accuracy",))
        truth = np.array([result["truth"] for result in results]).mean(axis=0)
        better[n_rows] = {
            "true_gain": float(truth[1] - truth[0]),
            "discordance": float(np.mean([result["discordance"] for result in results])),
            "power": float(np.mean([result["p"]["accuracy"][0] < 0.05 for result in results])),
            "crowned": float(np.mean([result["winner"] == NAMES[1] for result in results])),
            "power_single_folds": float(np.mean([result["single_folds"] < 0.05 for result in results])),
            "distances": distances,
        }
    learners = {
        name: float(np.mean(np.array(run(work, replicate_learner, count, name, 500)) < 0.05)) for name in LEARNERS
    }
    strict = {
        "level": float(np.mean(np.array(run(work, replicate_strict, count, 500, (DISTANCE,) * 2)) < 0.05)),
        "power": float(np.mean(np.array(run(work, replicate_strict, count, 500, better[500]["distances"])) < 0.05)),
    }
    covered = {}
    for n_test in (500, 2000):
        results = run(work, replicate_export, 2 * count, 1000, n_test, (DISTANCE, DISTANCE, DISTANCE + 0.1))
        covered[n_test] = {
            "coverage": float(np.mean([holds for holds, _ in results])),
            "width": float(np.mean([width for _, width in results])),
        }
    return {
        "replicates": count,
        "equal": equal,
        "learners": learners,
        "better": better,
        "strict_10x5": strict,
        "wilson": covered,
    }


def main() -> None:
    """Print the tables, and the figures as JSON on the last line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    warnings.simplefilter("ignore")
    with Parallel(n_jobs=-1) as work:
        figures = measure(work, count)
    print(f"Three equal contestants, {count:,} replicates; shares of races in which a test at 0.05 finds a difference")
    columns = ("discordance", "McNemar mid-p", "family-wise", "simplest crowned", "t on 5 folds")
    print(f"{'rows':>6}" + "".join(f"{name:>18}" for name in columns))
    for n_rows, line in figures["equal"].items():
        level = line["level"]["accuracy"]
        shares = line["discordance"], level, line["family_wise"], line["simplest_crowned"], line["level_single_folds"]
        print(f"{n_rows:>6,}" + "".join(f"{share:>18.3f}" for share in shares))
    others = ", ".join(f"{metric} {level:.3f}" for metric, level in figures["equal"][500]["level"].items())
    print(f"\nLevel at 500 rows by metric: {others}")
    others = ", ".join(f"{name} {level:.3f}" for name, level in figures["learners"].items())
    print(f"Level at 500 rows by classifier: {others}")
    print("\nA second contestant that is truly better; shares of races in which that is found")
    print(f"{'rows':>6}" + "".join(f"{name:>18}" for name in ("true gain", *columns[:2], "crowned", columns[-1])))
    for n_rows, line in figures["better"].items():
        shares = (line[name] for name in ("true_gain", "discordance", "power", "crowned", "power_single_folds"))
        print(f"{n_rows:>6,}" + "".join(f"{share:>18.3f}" for share in shares))
    strict = figures["strict_10x5"]
    print(f"\nNadeau and Bengio on 10 × 5 folds, 500 rows: level {strict['level']:.3f}, power {strict['power']:.3f}")
    print(
        f"\nWilson's 95 % interval on the test rows and the exported winner's true accuracy, {2 * count:,} replicates"
    )
    for n_test, line in figures["wilson"].items():
        print(f"{n_test:>6,} rows: covered in {line['coverage']:.3f}, {line['width']:.4f} wide")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
