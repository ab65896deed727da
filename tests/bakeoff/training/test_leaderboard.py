"""Contestants are ranked by their mean score."""

from dataclasses import replace
from pathlib import Path

import pytest
from forging import read_card

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.estimators.contestant import Contestant
from bakeoff.training.export import leaderboard_rows
from bakeoff.training.leaderboard import Scorecard, rank, score_contestant
from bakeoff.training.results import FoldScore, Selection


def test_the_leaderboard_shows_the_highest_mean_first():
    """On a tie by simplicity."""
    scores = {"random_forest": (0.3, 0.2, 0.1), "logistic_regression": (0.1, 0.1), "svm": (0.1, 0.2, 0.3)}
    cards = [
        Scorecard(
            name, "ok", folds=tuple(FoldScore(fold, score, 0.1, Path(), Path()) for fold, score in enumerate(several))
        )
        for name, several in scores.items()
    ]
    assert ["svm", "random_forest", "logistic_regression"] == [
        card.classifier for card in rank(cards, list(CLASSIFIERS))
    ]
    order = ["random_forest", "svm", "logistic_regression"]
    assert order == [card.classifier for card in rank(cards, order)]


@pytest.fixture
def card(version):
    """Of an exported version."""
    return read_card(version)


def test_failed_contestants_stand_last_with_their_reason(card):
    """And in no order of score."""
    folds = [FoldScore(2, 0.5, 0.1, Path(), Path()), FoldScore(1, 0.7, 0.1, Path(), Path())]
    contestant = Contestant("svm", {}, "auto", "accuracy", "auto")
    failed = score_contestant(contestant, folds, None, None, "ValueError: no")
    assert ("failed", "ValueError: no", None) == (failed.status, failed.reason, failed.cv_mean)
    entry = failed.describe(Selection("random_forest", "best_mean", "", "random_forest", {}), "accuracy")
    (row,) = leaderboard_rows(replace(card, classifiers={"svm": entry}, baseline=None))
    assert ("svm", "failed", "ValueError: no", None) == tuple(
        row[name] for name in ("classifier", "status", "reason", "cv_mean")
    )


def test_the_baseline_is_the_last_row_and_never_wins(card):
    """In leaderboard.csv, under a status of its own."""
    *_, last = rows = leaderboard_rows(card)
    assert ["logistic_regression", "baseline"] == [row["classifier"] for row in rows]
    assert ("baseline", False) == (last["status"], last["winner"])
    assert card.baseline.to_leader.difference == last["to_leader"]
