"""A card and outcomes to draw."""

from dataclasses import replace

import numpy as np

from bakeoff.evaluation.curves import evaluate_ranking
from bakeoff.evaluation.results import CalibrationCurve
from bakeoff.store.card import Reliability, WinnersCalibration
from bakeoff.store.contents.contestants import ToLeader
from benchmarks.store_crash import describe


def outcomes(classes):
    """Of 300 rows, some of them wrong."""
    count = len(classes)
    generator = np.random.default_rng(0)
    y = np.arange(300) % count
    shares = generator.dirichlet(np.ones(count), size=300) + 0.5 * np.eye(count)[y]
    return evaluate_ranking(y, shares.argmax(axis=1), shares, classes)


def card(classes, **config):
    """Of two contestants, of which the second wins."""
    given = ToLeader(difference=-0.01, interval=(-0.02, 0.0), p_value=0.1, p_holm=0.1, margin=0.001, tied=False)
    small = describe("m", "20261122T101500Z-c3943", "2026-11-22T10:15:00Z")
    alone = replace(small.winner, test={"accuracy": 0.9}, test_intervals={"accuracy": (0.88, 0.92)})
    curve = CalibrationCurve([0.1, 0.9], [0.0, 0.8], [10, 90])
    return replace(
        small,
        classifiers={"random_forest": alone, "svm": replace(alone, to_leader=given)},
        selection=replace(small.selection, leader="random_forest"),
        classes=classes,
        calibration=WinnersCalibration(
            method=None,
            own_probabilities=True,
            rows=100,
            brier_before=None,
            brier_after=None,
            reliability=Reliability(before=curve, after=curve),
        ),
        config={"dataset": config},
    )
