"""Curves and confusion matrices."""

import re

import numpy as np
import pytest

from bakeoff.evaluation.curves import evaluate_ranking, summary_curve
from bakeoff.report.axes import Axes, padded_limits
from bakeoff.report.charts import draw_all
from bakeoff.report.curve_charts import SQUARE, draw_confusion, draw_reliability
from tests.bakeoff.report.conftest import card, outcomes


def test_of_two_classes_both_have_precision():
    """The ROC curve of one is the other's mirror; precision is not."""
    pictures = draw_all(card(["a", "b"]), {"svm": outcomes(["a", "b"])})
    assert [1, 2] == [sum(f">{each} (" in pictures[name].svg for each in "ab") for name in ("roc", "precision-recall")]


def test_rows_that_are_counted_again_make_no_interval_narrower():
    """Repeats of the cross-validation score the same rows; rows of a group are not known to count for themselves."""
    curve = {"predicted": [0.5], "observed": [0.5], "pairs": [40]}
    again = {**curve, "pairs": [400]}
    interval = re.compile(r'd="([^"]+)" style="[^"]*opacity:0.45')
    once, tenfold, none = (
        interval.findall(draw_reliability({"before": each}, repeats).svg)
        for each, repeats in ((curve, 1), (again, 10), (curve, None))
    )
    assert 1 == len(once)
    assert once == tenfold
    assert [] == none


def test_of_too_many_classes_nothing_is_drawn():
    assert draw_confusion("confusion", "SVM", outcomes([str(place) for place in range(41)])) is None


@pytest.mark.parametrize("count", [2, 3, 12])
def test_curves_are_of_all_contestants_on_the_whole_square(count):
    """However good they are, over the line of chance: the diagonal, and the classes' share of the rows."""
    classes, perfect = [f"c{place}" for place in range(count)], np.eye(count)[np.arange(300) % count]
    best = evaluate_ranking(perfect.argmax(axis=1), perfect.argmax(axis=1), perfect, classes)
    pictures = draw_all(card(classes), {"svm": best, "random_forest": outcomes(classes)})
    for name in ("roc-contestants", "precision-recall-contestants", "roc", "precision-recall"):
        words = re.findall(r"<text[^>]*>([^<]*)</text>", pictures[name].svg)
        assert 2 == words.count("0.00") == words.count("1.00")
        dotted = re.findall(
            r'd="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)" style="[^"]*stroke-dasharray:1.5 2.5', pictures[name].svg
        )
        left, start, right, end = map(float, dotted[0])
        axes = Axes(name, SQUARE, 48, 36, padded_limits(0, 1, 0.02), padded_limits(0, 1, 0.02))
        guess = (0, 1) if "roc" in name else (1 / count, 1 / count)
        assert [axes.x(0), axes.y(guess[0]), axes.x(1), axes.y(guess[1])] == pytest.approx(
            [left, start, right, end], abs=0.01
        )
        if "contestants" in name:
            assert any(word.startswith("SVM (1)") for word in words)
            assert any(word.startswith("random forest (") for word in words)


def test_who_gives_probabilities_alone_is_compared_with_nobody():
    """There are no curves of the others."""
    others = {"classes": ["a", "b"], "confusion": [[5, 1], [3, 4]]}
    pictures = draw_all(card(["a", "b"]), {"svm": outcomes(["a", "b"]), "random_forest": others})
    assert {"roc", "precision-recall"} == {name for name in pictures if "roc" in name or "precision" in name}


def test_older_outcomes_have_the_mean_made_of_the_classes_curves():
    """Where all of them were kept; of more classes there is none."""
    several, many = (outcomes([f"c{place}" for place in range(count)]) for count in (3, 12))
    mean = several.pop("mean_curve")
    assert mean["roc"] == summary_curve(several)["roc"]
    del many["mean_curve"]
    assert summary_curve(many) is None


def test_of_two_classes_the_rarer_one_is_ranked():
    """Whose precision a guess does not reach, whichever comes first by name."""
    y, shares = np.array([0, 0, 1, 1, 1, 1]), np.array([0.9, 0.2, 0.4, 0.1, 0.3, 0.2])
    evaluation = evaluate_ranking(y, y, np.stack([shares, 1 - shares], axis=1), ["a", "b"])
    assert evaluation["curves"]["a"] == summary_curve(evaluation)


def test_a_confusion_matrix_has_shares_of_the_true_class():
    """Where its cells have room for them."""
    picture = draw_confusion("confusion", "SVM", {"classes": ["a", "b"], "confusion": [[3, 1], [0, 4]]})
    assert [">75.0%<", ">25.0%<", ">100.0%<"] == re.findall(r">[\d.]+%<", picture.svg)
