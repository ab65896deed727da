"""Measure how often Bakeoff's promotion rule and others replace a champion wrongly, and how often rightly.

    python -m benchmarks.promotion [SEQUENCES]

(1) and (4) simulate the rows that only one of two models predicts right, (1) for metrics other than accuracy the
probabilities of both. (2) and (3) are real: sequences (by default 120) of 40 retrainings, each on a new batch of one
population without drift, in which each of three rules has its own champion. A model's true accuracy is that on 100,000
rows that no model was trained or tested on.
"""

import json
import sys
import warnings
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from bakeoff.config import DatasetConfig, PromotionConfig, TrainingConfig
from bakeoff.data.synthetic import generate_rows
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.evaluation.paired_tests import mcnemar_test
from bakeoff.evaluation.predictions import HeldOutPredictions
from bakeoff.metrics import METRICS
from bakeoff.tables.schema import Feature
from bakeoff.training.champion_challenger import CHALLENGER, CHAMPION, compare_predictions
from bakeoff.training.promotion import ChampionComparison, decide

RETRAININGS = 40
TRUTH_ROWS = 100_000
DRAWS = 100_000
METRIC_DRAWS = 1000
RULES = ("significant", ">=", ">")
JOBS: dict[str, tuple[str, dict[str, Any], int, float]] = {  # classifier, parameters, fresh rows, class_sep
    "logistic regression, 500 fresh rows": ("logistic_regression", {}, 500, 1.0),
    "logistic regression, 2,000 fresh rows": ("logistic_regression", {}, 2000, 1.0),
    "forest of 5 trees, 500 fresh rows": ("random_forest", {"n_estimators": 5}, 500, 1.5),
}


def promoted(wins: int, losses: int, n_rows: int, looks: list[float] | None = None) -> bool:
    """Return whether the default rule promotes, given the rows that only challenger or champion predicts right.

    Args:
        wins: the rows that only the challenger predicts right.
        losses: the rows that only the champion predicts right.
        n_rows: the number of fresh rows.
        looks: the p-values of earlier looks at the champion, each at new rows, to which this one's is added.
    """
    earlier = looks or []
    comparison = mcnemar_test(wins, losses, n_rows, "greater")
    result = ChampionComparison(
        test_rows=n_rows,
        fresh_rows=n_rows,
        recognised="origin",
        challenger_score=wins / n_rows,  # of the discordant rows
        champion_score=losses / n_rows,
        comparison=comparison,
        look=len(earlier) + 1,
        new_looks=tuple(earlier[1:]),
    )
    decision = decide(result, "accuracy", PromotionConfig())
    if looks is not None and "look_p_value" in decision.figures:
        looks.append(decision.figures["look_p_value"])
    return decision.outcome == "promote"


def share_promoted(gain: float, discordance: float, n_rows: int) -> float:
    """Return how often a challenger that is truly better by `gain` is promoted.

    Args:
        gain: the difference in true accuracy.
        discordance: the share of rows that only one of the two predicts right.
        n_rows: the number of fresh rows.
    """
    generator = np.random.default_rng(0)
    chances = [(discordance + gain) / 2, (discordance - gain) / 2, 1 - discordance]
    drawn, counts = np.unique(generator.multinomial(n_rows, chances, DRAWS), axis=0, return_counts=True)
    return float(
        sum(count for (wins, losses, _), count in zip(drawn, counts) if promoted(int(wins), int(losses), n_rows))
        / DRAWS
    )


def promoted_by(metric: str, rare: float, seed: int) -> bool:
    """Return whether one of two exchangeable models is promoted, on 500 fresh rows with a share `rare` of one class."""
    generator = np.random.default_rng(seed)
    y = (np.arange(500) < 500 * rare).astype(int)
    leaning = 1.2 * (2 * y - 1) + generator.normal(0, 1, 500)  # how clear the row is, for both
    up = {name: 1 / (1 + np.exp(-leaning - generator.normal(0, 0.5, 500))) for name in (CHALLENGER, CHAMPION)}
    shares = {name: np.stack([1 - probabilities, probabilities], axis=1)[None] for name, probabilities in up.items()}
    labels = {name: probabilities.argmax(axis=2) for name, probabilities in shares.items()}
    values = shares if METRICS[metric].of_probabilities else labels
    config = TrainingConfig.model_validate({"cross_validation": {"scoring": metric}, "selection": {"resamples": 400}})
    predictions = HeldOutPredictions(y, np.zeros((1, 500), dtype=int), values, 2)
    result = compare_predictions(config, predictions, ["0", "1"], 500, "origin")
    return decide(result, metric, config.promotion).outcome == "promote"


def run_sequence(job: str, seed: int) -> dict[str, Any]:
    """Run 40 retrainings on new rows of one population; returns each rule's promotions, and its champion's gain."""
    warnings.simplefilter("ignore")
    classifier, parameters, n_fresh, class_sep = JOBS[job]
    n_train = n_fresh * 7 // 2  # as in the default split: 7,000 and 2,010
    config = DatasetConfig(n_samples=n_train + n_fresh, class_sep=class_sep, random_state=seed)
    # Batches of the same population after those of the retrainings.
    batches = range(RETRAININGS, RETRAININGS + -(-TRUTH_ROWS // config.n_samples))
    held_out = [generate_rows(config.model_copy(update={"batch": batch})) for batch in batches]
    X_truth, y_truth = (np.concatenate(parts)[:TRUTH_ROWS] for parts in zip(*held_out))
    features = [Feature(f"feature_{i}", "float64", "number") for i in range(config.n_features)]
    contestant = Contestant(classifier, parameters, "none", "accuracy", "none")
    champions: dict[str, tuple[Any, float]] = {}
    counts: dict[str, Any] = {rule: {"promotions": 0, "false": 0} for rule in RULES}
    first, looks = 0.0, list[float]()
    for batch in range(RETRAININGS):
        X, y = generate_rows(config.model_copy(update={"batch": batch}))
        model = build_pipeline(contestant, features).fit(X[:n_train], y[:n_train])
        accuracy = float(np.mean(model.predict(X_truth) == y_truth))
        if not champions:
            champions, first = dict.fromkeys(RULES, (model, accuracy)), accuracy
            continue
        challenger_right = model.predict(X[n_train:]) == y[n_train:]
        for rule in RULES:
            champion, champion_accuracy = champions[rule]
            champion_right = champion.predict(X[n_train:]) == y[n_train:]
            wins, losses = (
                int(np.sum(challenger_right & ~champion_right)),
                int(np.sum(champion_right & ~challenger_right)),
            )
            if rule == "significant":
                verdict = promoted(wins, losses, n_fresh, looks)
            else:
                verdict = wins >= losses if rule == ">=" else wins > losses
            if verdict:
                counts[rule]["promotions"] += 1
                counts[rule]["false"] += accuracy <= champion_accuracy
                champions[rule] = model, accuracy
                if rule == "significant":
                    looks.clear()
    for rule in RULES:
        counts[rule]["change"] = champions[rule][1] - first
    return counts


def measure(count: int) -> dict[str, Any]:
    """Compute all figures of the tables."""
    equal = {
        f"{n_rows} rows, discordance {discordance}": share_promoted(0, discordance, n_rows)
        for n_rows in (500, 2000)
        for discordance in (0.01, 0.05, 0.15)
    }
    metrics = {}
    with Parallel(n_jobs=-1) as work:
        for metric in METRICS:
            for rare in (0.5, 0.1):
                results = work(delayed(promoted_by)(metric, rare, seed) for seed in range(METRIC_DRAWS))
                metrics[f"{metric}, {rare:.0%} of one class"] = float(np.mean(results))
    curve = {str(d): share_promoted(0.02, d, 2000) for d in (0.03, 0.05, 0.08, 0.1, 0.12, 0.16, 0.2, 0.3)}
    sequences: dict[str, Any] = {}
    comparisons = count * (RETRAININGS - 1)
    with Parallel(n_jobs=-1) as work:
        for job in JOBS:
            results = work(delayed(run_sequence)(job, seed) for seed in range(count))
            sequences[job] = {}
            for rule in RULES:
                promotions, false = (sum(result[rule][key] for result in results) for key in ("promotions", "false"))
                changes = np.array([result[rule]["change"] for result in results])
                sequences[job][rule] = {
                    "comparisons": comparisons,
                    "promotions": promotions,
                    "false_of_comparisons": false / comparisons,
                    "false_of_promotions": false / promotions if promotions else None,
                    "half_a_point_below_the_first": float(np.mean(changes < -0.005)),
                    "mean_change": float(changes.mean()),
                }
    return {
        "sequences_of": RETRAININGS,
        "count": count,
        "equal": equal,
        "equal_by_metric": metrics,
        "sequences": sequences,
        "gain_of_2": curve,
    }


def main() -> None:
    """Print the tables, and the figures as JSON on the last line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    figures = measure(count)
    print(f"(1) Promoted although exactly equal, of {DRAWS:,} comparisons")
    for name, share in figures["equal"].items():
        print(f"    {name:<32} {share:.4f}")
    print(f"\n    and on 500 fresh rows by other metrics, of {METRIC_DRAWS:,}")
    for name, share in figures["equal_by_metric"].items():
        print(f"    {name:<40} {share:.4f}")
    print(f"\n(2), (3) {count} sequences of {RETRAININGS} retrainings without drift, truth on {TRUTH_ROWS:,} rows")
    header = ("promoted", "falsely", "of promotions", "½ point below", "mean change")
    print(f"    {'':<40}" + "".join(f"{name:>15}" for name in header))
    for job, rules in figures["sequences"].items():
        print(f"    {job}")
        for rule, line in rules.items():
            false = line["false_of_promotions"]
            print(
                f"      {rule:<38}{line['promotions'] / line['comparisons']:>15.4f}"
                f"{line['false_of_comparisons']:>15.4f}"
                f"{'–' if false is None else f'{false:.3f}':>15}{line['half_a_point_below_the_first']:>15.3f}"
                f"{line['mean_change']:>+15.4f}"
            )
    print(
        "\n(4) Promoted when truly better by 2 points, on 2,000 fresh rows, by the share of rows that tell them apart"
    )
    print("    " + "  ".join(f"{discordance}: {share:.3f}" for discordance, share in figures["gain_of_2"].items()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
