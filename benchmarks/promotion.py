"""How often the champion is moved for nothing, and how often for something: the rule that Bakeoff has beside others.

    python -m benchmarks.promotion [SEQUENCES]

(1) and (4) draw the rows that only one of two models has right, (1) for other metrics than accuracy the two models'
probabilities; (2) and (3) are real: sequences (by default 120) of 40
retrainings, each on a new batch of one undrifting population, in which three rules have a champion of their own. What a
model is truly worth is its accuracy on 100,000 rows that none of them was trained or tested on.
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


def promoted(wins: int, losses: int, n_rows: int) -> bool:
    """What the default rule does when so many rows speak for the challenger, and so many for the champion."""
    comparison = mcnemar_test(wins, losses, n_rows, "greater")
    meeting = ChampionComparison(
        test_rows=n_rows,
        fresh_rows=n_rows,
        recognised="origin",
        challenger_score=wins / n_rows,  # of the rows that tell the two apart
        champion_score=losses / n_rows,
        comparison=comparison,
    )
    return decide(meeting, "accuracy", PromotionConfig()).outcome == "promote"


def share_promoted(gain: float, discordance: float, n_rows: int) -> float:
    """How often a challenger is promoted that is truly better by `gain`, where so many rows tell the two apart."""
    generator = np.random.default_rng(0)
    chances = [(discordance + gain) / 2, (discordance - gain) / 2, 1 - discordance]
    drawn, counts = np.unique(generator.multinomial(n_rows, chances, DRAWS), axis=0, return_counts=True)
    return float(
        sum(count for (wins, losses, _), count in zip(drawn, counts) if promoted(int(wins), int(losses), n_rows))
        / DRAWS
    )


def promoted_by(metric: str, rare: float, seed: int) -> bool:
    """Whether one of two exchangeable models is promoted, on 500 fresh rows of which so large a share is of a class."""
    generator = np.random.default_rng(seed)
    y = (np.arange(500) < 500 * rare).astype(int)
    leaning = 1.2 * (2 * y - 1) + generator.normal(0, 1, 500)  # how hard the row is, to both
    up = {name: 1 / (1 + np.exp(-leaning - generator.normal(0, 0.5, 500))) for name in (CHALLENGER, CHAMPION)}
    shares = {name: np.stack([1 - several, several], axis=1)[None] for name, several in up.items()}
    labels = {name: several.argmax(axis=2) for name, several in shares.items()}
    given = shares if METRICS[metric].of_probabilities else labels
    config = TrainingConfig.model_validate({"cross_validation": {"scoring": metric}, "selection": {"resamples": 400}})
    answers = HeldOutPredictions(y, np.zeros((1, 500), dtype=int), given, 2)
    meeting = compare_predictions(config, answers, ["0", "1"], 500, "origin")
    return decide(meeting, metric, config.promotion).outcome == "promote"


def run_sequence(job: str, seed: int) -> dict[str, Any]:
    """One population, 40 retrainings on new rows, and what becomes of each rule's champion."""
    warnings.simplefilter("ignore")
    classifier, parameters, n_fresh, class_sep = JOBS[job]
    n_train = n_fresh * 7 // 2  # as the default split has it: 7,000 beside 2,010
    config = DatasetConfig(n_samples=n_train + n_fresh, class_sep=class_sep, random_state=seed)
    # One population, as many rows as the truth takes: batches beyond those of the retrainings.
    batches = range(RETRAININGS, RETRAININGS + -(-TRUTH_ROWS // config.n_samples))
    held_out = [generate_rows(config.model_copy(update={"batch": batch})) for batch in batches]
    X_truth, y_truth = (np.concatenate(parts)[:TRUTH_ROWS] for parts in zip(*held_out))
    features = [Feature(f"feature_{i}", "float64", "number") for i in range(config.n_features)]
    contestant = Contestant(classifier, parameters, "none", "accuracy", "none")
    champions: dict[str, tuple[Any, float]] = {}
    told: dict[str, Any] = {rule: {"promotions": 0, "false": 0} for rule in RULES}
    first = 0.0
    for batch in range(RETRAININGS):
        X, y = generate_rows(config.model_copy(update={"batch": batch}))
        model = build_pipeline(contestant, features).fit(X[:n_train], y[:n_train])
        worth = float(np.mean(model.predict(X_truth) == y_truth))
        if not champions:
            champions, first = dict.fromkeys(RULES, (model, worth)), worth
            continue
        ours = model.predict(X[n_train:]) == y[n_train:]
        for rule in RULES:
            champion, champions_worth = champions[rule]
            theirs = champion.predict(X[n_train:]) == y[n_train:]
            wins, losses = int(np.sum(ours & ~theirs)), int(np.sum(theirs & ~ours))
            verdict = {"significant": promoted(wins, losses, n_fresh), ">=": wins >= losses, ">": wins > losses}[rule]
            if verdict:
                told[rule]["promotions"] += 1
                told[rule]["false"] += worth <= champions_worth
                champions[rule] = model, worth
    for rule in RULES:
        told[rule]["change"] = champions[rule][1] - first
    return told


def measure(count: int) -> dict[str, Any]:
    """All figures of the tables."""
    equal = {
        f"{n_rows} rows, discordance {discordance}": share_promoted(0, discordance, n_rows)
        for n_rows in (500, 2000)
        for discordance in (0.01, 0.05, 0.15)
    }
    metrics = {}
    with Parallel(n_jobs=-1) as work:
        for metric in METRICS:
            for rare in (0.5, 0.1):
                found = work(delayed(promoted_by)(metric, rare, seed) for seed in range(METRIC_DRAWS))
                metrics[f"{metric}, {rare:.0%} of one class"] = float(np.mean(found))
    curve = {str(d): share_promoted(0.02, d, 2000) for d in (0.03, 0.05, 0.08, 0.1, 0.12, 0.16, 0.2, 0.3)}
    sequences: dict[str, Any] = {}
    comparisons = count * (RETRAININGS - 1)
    with Parallel(n_jobs=-1) as work:
        for job in JOBS:
            found = work(delayed(run_sequence)(job, seed) for seed in range(count))
            sequences[job] = {}
            for rule in RULES:
                promotions, false = (sum(one[rule][key] for one in found) for key in ("promotions", "false"))
                changes = np.array([one[rule]["change"] for one in found])
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
