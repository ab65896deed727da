"""Measure false alarms, power and cost of the drift check, and the error of the accuracy that it estimates.

    python -m benchmarks.drift [VERSIONS] [alarms|found|accuracy|cost|evidently ...]

VERSIONS (by default 200) are drawn anew, since alarms cluster within one: all its batches meet the same training rows.
(1) and (2): profile and check alone, 7,000 training rows of 50 columns of several shapes and 2,000 test rows; batches
of the same source, or with one normal column shifted. (3): logistic regression and a forest on 5,000 rows whose class
is noisy and not linear in the columns, with out-of-fold predictions, as a version has them; batches of 2,000 rows drawn
from a pool with weights exp(tilt · z), z being a random direction of unit variance. (4): processor seconds of scoring a
table with the check and without it. (5), only if named: Evidently's data drift preset (`make bench-peers`) on such
batches of at most 20 versions, beside the check.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from threadpoolctl import threadpool_limits

from bakeoff.drift.accuracy import estimate_accuracy
from bakeoff.drift.counts import DriftCounter, bin_numbers
from bakeoff.drift.reference import make_profile, profile_predictions
from bakeoff.drift.results import Drift
from bakeoff.drift.verdict import judge_drift
from bakeoff.tables.schema import Feature

COLUMNS, TRAINING_ROWS, TEST_ROWS = 50, 7000, 2000
BATCHES = {100: 5, 1000: 5, 10_000: 3, 100_000: 1}  # of each version, by their rows
SHIFTS = {100: 0.5, 1000: 0.2, 10_000: 0.1}
SHIFTED = 0  # a normal column
CLASSES = ("no", "yes")
TILTS = {"none": 0.0, "half a tilt": 0.5, "a tilt": 1.0}
ACCURACY_ROWS, POOL_ROWS, FOREST_VERSIONS = 2000, 40_000, 5  # of each five versions one has a forest
ROUNDS = 9


def draw(generator: np.random.Generator, count: int) -> pd.DataFrame:
    """Draw rows: 30 normal columns, 5 skewed, 5 of counts, 5 of zeros with few ones, 5 of categories."""
    normal = generator.standard_normal((count, 30))
    normal[:, 1:10] = 0.6 * normal[:, :1] + 0.8 * normal[:, 1:10]  # correlated with the column that is shifted
    columns = {f"normal {place}": normal[:, place] for place in range(30)}
    columns |= {f"skewed {place}": generator.lognormal(0, 1.5, count) for place in range(5)}
    columns |= {f"count {place}": generator.poisson(1 + place, count).astype(float) for place in range(5)}
    columns |= {f"flag {place}": (generator.random(count) < 0.1**place / 2).astype(float) for place in range(5)}
    rows = pd.DataFrame(columns)
    for place in range(5):
        shares = 1 / np.arange(1, 4 * 3**place + 2)
        names = np.array([f"category {code}" for code in range(len(shares))])
        rows[f"category {place}"] = pd.array(names[generator.choice(len(shares), count, p=shares / shares.sum())])
    return rows.astype({f"category {place}": "str" for place in range(5)})


def predict(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return classes and probabilities of a given logistic model."""
    score = rows.iloc[:, :10].to_numpy() @ np.full(10, 0.3) - 0.5
    yes = 1 / (1 + np.exp(-score))
    return (yes > 0.5).astype(int), np.column_stack([1 - yes, yes])


def make_counter(seed: int) -> DriftCounter:
    """Draw a version."""
    generator = np.random.default_rng([seed, 0])
    X, test = draw(generator, TRAINING_ROWS), draw(generator, TEST_ROWS)
    kinds = {name: "category" if name.startswith("category") else "number" for name in X}
    features = [Feature(name, "", kind).with_training_values(X[name]) for name, kind in kinds.items()]
    (codes, _), (all_codes, all_shares) = predict(test), predict(pd.concat([test, X]))
    confidence = all_shares.max(axis=1)
    right = generator.random(len(confidence)) < confidence
    prediction = profile_predictions(np.bincount(codes, minlength=2), confidence[:TEST_ROWS], confidence, right)
    assert len(all_codes) == len(right)
    return DriftCounter(make_profile(X, features, prediction), features)


def check(counter: DriftCounter, rows: pd.DataFrame) -> Drift:
    """Check rows as a run does, in batches of 10,000."""
    counts = sum(
        counter.count(rows.iloc[start : start + 10_000], *predict(rows.iloc[start : start + 10_000]))
        for start in range(0, len(rows), 10_000)
    )
    return judge_drift(counter, np.asarray(counts), CLASSES)


def count_alarms(seed: int) -> Counter[tuple[int, str]]:
    """Count the verdicts on batches of the same source, by their rows."""
    counter, generator = make_counter(seed), np.random.default_rng([seed, 1])
    verdicts: Counter[tuple[int, str]] = Counter()
    for count, batches in BATCHES.items():
        verdicts.update((count, check(counter, draw(generator, count)).verdict) for _ in range(batches))
    return verdicts


def count_found(seed: int) -> Counter[tuple[int, str]]:
    """Count the batches whose shifted column is named, by their rows."""
    counter, generator = make_counter(seed), np.random.default_rng([seed, 2])
    found: Counter[tuple[int, str]] = Counter()
    for count, shift in SHIFTS.items():
        for _ in range(3):
            rows = draw(generator, count)
            rows.iloc[:, SHIFTED] += shift
            moved = check(counter, rows).moved
            verdict = moved[rows.columns[SHIFTED]].verdict if rows.columns[SHIFTED] in moved else "stable"
            found[count, verdict] += 1
    return found


def estimate(seed: int) -> dict[str, list[tuple[float, float, float, bool]]]:
    """Return for each tilt the truth, the estimate, the test accuracy, and whether the interval holds the truth."""
    generator = np.random.default_rng([seed, 3])
    weights = generator.standard_normal((3, 10))
    X = generator.standard_normal((5000 + TEST_ROWS + POOL_ROWS, 10))
    linear, bent, scale = (X @ each for each in weights)
    y = (linear + 0.5 * np.abs(bent) + (0.5 + np.abs(scale) / 2) * generator.standard_normal(len(X)) > 0.5).astype(int)
    forest = seed % FOREST_VERSIONS == 0
    model: Any = RandomForestClassifier(50, random_state=0) if forest else LogisticRegression()
    train, test, pool = slice(0, 5000), slice(5000, 5000 + TEST_ROWS), slice(5000 + TEST_ROWS, None)
    with threadpool_limits(1):
        held_out = np.vstack(
            [
                cross_val_predict(model, X[train], y[train], method="predict_proba"),
                model.fit(X[train], y[train]).predict_proba(X[test]),
            ]
        )
        of_pool = model.predict_proba(X[pool])
    right = held_out.argmax(axis=1) == y[: len(held_out)]
    confidence, test_accuracy = held_out.max(axis=1), float(right[5000:].mean())
    counts = np.bincount(held_out[5000:].argmax(axis=1), minlength=2)
    profile = profile_predictions(counts, confidence[5000:], confidence, right)
    direction = generator.standard_normal(10)
    z = X[pool] @ direction / np.linalg.norm(direction)
    results: dict[str, list[tuple[float, float, float, bool]]] = {}
    for name, tilt in TILTS.items():
        share = np.exp(tilt * z)
        rows = generator.choice(POOL_ROWS, ACCURACY_ROWS, replace=False, p=share / share.sum())
        truth = float((of_pool[rows].argmax(axis=1) == y[pool][rows]).mean())
        binned = bin_numbers(of_pool[rows].max(axis=1), profile.cuts)[:-1]
        found = estimate_accuracy(profile, binned, ACCURACY_ROWS, 0)
        assert found.value is not None
        assert found.interval is not None
        low, high = found.interval
        results.setdefault(name, []).append((truth, found.value, test_accuracy, low <= truth <= high))
    return results


def measure_cost(classifier: str, rows: int) -> tuple[float, float, float]:
    """Return the processor seconds of a run without the check, with it, and of the check alone in one batch."""
    from bakeoff.config import PredictionConfig
    from bakeoff.prediction.predict import score_table
    from bakeoff.prediction.preflight import prepare_job
    from bakeoff.prediction.scorer import Scorer
    from bakeoff.store.load import find_version
    from tests.bakeoff.conftest import run_race

    with tempfile.TemporaryDirectory() as name, threadpool_limits(1):
        folder = Path(name)
        run_race(folder / "work", dataset={"n_samples": 10_000}, classifiers={classifier: {}}).export(folder / "models")
        X = np.random.default_rng(0).standard_normal((rows, 10)) * 2
        table = pd.DataFrame(X, columns=[f"feature_{place}" for place in range(10)])
        table.to_parquet(folder / "rows.parquet")
        config = PredictionConfig(store=folder / "models", input=str(folder / "rows.parquet"))
        ref, seconds = find_version(config), {False: [], True: []}
        original = Scorer.__init__
        for run in range(2 * ROUNDS):
            checked = bool(run % 2)

            def without(self: Scorer, *args: Any, checked: bool = checked, **kwargs: Any) -> None:
                original(self, *args, **kwargs)
                self.drift = self.drift if checked else None

            Scorer.__init__ = without
            prepare_job(config, ref)
            (folder / "out").mkdir(exist_ok=True)
            started = time.process_time()
            score_table(config, ref, folder / "out")
            seconds[checked].append(time.process_time() - started)
            for path in (folder / "out").iterdir():
                if path.is_file():
                    path.unlink()
        Scorer.__init__ = original
        check = prepare_job(config, ref).scorer.drift
        assert check is not None
        batch = pd.DataFrame(X[:100_000], columns=table.columns)
        shares = np.full((100_000, 4), 0.25)
        started = time.process_time()
        for _ in range(ROUNDS):
            check.counter.count(batch, np.zeros(100_000, dtype=int), shares)
        alone = (time.process_time() - started) / ROUNDS * rows / 100_000
        return float(np.median(seconds[False])), float(np.median(seconds[True])), alone


def compare_with_evidently(versions: int) -> None:
    """Print how often Evidently and the check take undrifted batches for drifted, and name the shifted column."""
    names: dict[tuple[int, str], Counter[str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(versions):
            counter, generator = make_counter(seed), np.random.default_rng([seed, 4])
            draw(np.random.default_rng([seed, 0]), TRAINING_ROWS).to_parquet(folder / f"reference-{seed}.parquet")
            for count, shift in SHIFTS.items():
                for kind, added in (("same", 0.0), ("shifted", shift)):
                    rows = draw(generator, count)
                    rows.iloc[:, SHIFTED] += added
                    rows.to_parquet(folder / f"batch-{seed}-{count}-{kind}.parquet")
                    moved = check(counter, rows).moved
                    found = names.setdefault((count, kind), Counter())
                    found["our columns"] += len(moved)
                    found["ours"] += rows.columns[SHIFTED] in moved if added else bool(moved)
        job = [".venv-peers/evidently/bin/python", "benchmarks/peers/evidently_job.py", name]
        for line in subprocess.run(job, check=True, capture_output=True, text=True).stdout.splitlines():
            batch = json.loads(line)
            found, drifted = names[batch["rows"], batch["kind"]], batch["drifted"]
            found["their columns"] += len(drifted)
            found["theirs"] += "normal 0" in drifted if batch["kind"] == "shifted" else bool(drifted)
            found["their alarms"] += batch["alarm"]
    print(
        f"{'rows':>8} {'batches':>9} {'named: ours':>12} {'columns':>8} {'Evidently':>10} {'columns':>8} {'alarms':>7}"
    )
    for (count, kind), found in names.items():
        ours, theirs, alarms = (found[key] / versions for key in ("ours", "theirs", "their alarms"))
        own, other = (found[key] / versions for key in ("our columns", "their columns"))
        print(f"{count:>8,} {kind:>9} {ours:>12.0%} {own:>8.2f} {theirs:>10.0%} {other:>8.1f} {alarms:>7.0%}")


def main() -> None:
    """Run all parts, or those that are named; print the tables."""
    versions = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    parts = sys.argv[2:] or ["alarms", "found", "accuracy", "cost"]
    run = Parallel(n_jobs=-1)
    if "alarms" in parts:
        verdicts = sum(run(delayed(count_alarms)(seed) for seed in range(versions)), Counter())
        print(f"{'undrifted batches, rows':>24} {'batches':>8} {'watch or worse':>15} {'drifted':>8}")
        for count, batches in BATCHES.items():
            drifted, watch = verdicts[count, "drifted"], verdicts[count, "watch"]
            total = batches * versions
            print(f"{count:>24,} {total:>8,} {(watch + drifted) / total:>15.2%} {drifted / total:>8.2%}", flush=True)
    if "found" in parts:
        found = sum(run(delayed(count_found)(seed) for seed in range(versions)), Counter())
        print(f"{'shifted batches, rows':>24} {'shift':>8} {'found':>15} {'drifted':>8}")
        for count, shift in SHIFTS.items():
            drifted, watch = found[count, "drifted"], found[count, "watch"]
            total = 3 * versions
            print(f"{count:>24,} {shift:>8} {(watch + drifted) / total:>15.1%} {drifted / total:>8.1%}", flush=True)
    if "accuracy" in parts:
        found_by_version = run(delayed(estimate)(seed) for seed in range(versions))
        print(
            f"{'accuracy, 2,000 rows':>24} {'within 2 points':>16} {'in interval':>12} {'error':>8} {'no change':>10}"
        )
        for tilt in TILTS:
            truth, value, unchanged, held = np.array([each for one in found_by_version for each in one[tilt]]).T
            error, naive = np.abs(value - truth), np.abs(unchanged - truth)
            line = f"{np.mean(error <= 0.02):>16.1%} {held.mean():>12.1%} {error.mean():>8.4f} {naive.mean():>10.4f}"
            print(f"{tilt:>24} {line}", flush=True)
    if "cost" in parts:
        print(f"{'scoring, CPU seconds':>24} {'rows':>10} {'without':>8} {'with':>8} {'more':>7} {'check alone':>12}")
        for classifier, rows in (("logistic_regression", 2_000_000), ("random_forest", 1_000_000)):
            before, after, alone = measure_cost(classifier, rows)
            more = f"{before:>8.2f} {after:>8.2f} {after / before - 1:>7.1%} {alone / before:>12.1%}"
            print(f"{classifier:>24} {rows:>10,} {more}", flush=True)
    if "evidently" in parts:
        compare_with_evidently(min(versions, 20))


if __name__ == "__main__":
    main()
