"""A summary's drift in sentences."""

import pytest

from bakeoff.drift.text import describe_drift

STABLE = {"verdict": "stable", "size": 0.01, "noise": 0.1, "measure": "wasserstein"}
NOTHING = {"value": None, "interval": None, "held_out": None, "reason": "no probabilities", "outside": 0.0}


def entry(verdict="stable", columns=(), confidence=None, estimate=NOTHING, accuracy=None):
    """An entry of which the columns have moved by 0.5, 0.4 and so on."""
    moved = {name: {"verdict": verdict, "size": 0.5 - place / 10} for place, name in enumerate(columns)}
    return {
        "verdict": verdict,
        "rows": 1000,
        "training_rows": 7000,
        "columns": {**moved, "other": STABLE},
        "prediction": {**STABLE, "confidence": confidence},
        "estimated_accuracy": estimate,
        "accuracy": accuracy,
    }


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (entry(), ["Drift: stable, 1,000 rows against 7,000 of training."]),
        (entry("watch", ["fee"]), ["Drift: watch, 1,000 rows against 7,000 of training: fee by 0.50."]),
        (
            entry("drifted", "abcde", {**STABLE, "verdict": "watch", "size": 0.3}),
            [
                "Drift: drifted, 1,000 rows against 7,000 of training: a by 0.50, b by 0.40, c by 0.30, "
                "2 other columns, confidence by 0.30."
            ],
        ),
        (
            entry("drifted", accuracy={"verdict": "drifted", "test": 0.93, "value": 0.8}),
            ["Drift: drifted, 1,000 rows against 7,000 of training: accuracy from 0.9300 to 0.8000."],
        ),
        (
            entry(estimate={"value": 0.9, "interval": [0.88, 0.92], "held_out": 0.91, "reason": None, "outside": 0}),
            [
                "Drift: stable, 1,000 rows against 7,000 of training.",
                "Estimated accuracy without labels: 0.9000 (0.8800 to 0.9200); on held-out rows it was 0.9100.",
            ],
        ),
        (
            entry(estimate={**NOTHING, "reason": "out of support", "outside": 0.314}),
            [
                "Drift: stable, 1,000 rows against 7,000 of training.",
                "Accuracy is not estimated: 31 % of the rows are unlike all training rows (out of support).",
            ],
        ),
        (
            None,
            ["Drift was not checked: the version was trained by an older Bakeoff and has no profile of its rows."],
        ),
    ],
)
def test_drift_is_told_with_what_it_rests_on(drift, said):
    """Verdict, rows, the columns that moved furthest, and the accuracy to expect."""
    assert said == describe_drift({"drift": drift})


def test_summaries_of_older_releases_say_nothing_of_drift():
    """They have no such entry."""
    assert [] == describe_drift({"rows": 3})
