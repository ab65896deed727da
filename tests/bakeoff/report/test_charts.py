"""The report's pictures."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from bakeoff.evaluation.curves import evaluate_ranking, summary_curve
from bakeoff.evaluation.results import CalibrationCurve
from bakeoff.report.axes import Axes, padded_limits
from bakeoff.report.charts import draw_all, label_ceiling
from bakeoff.report.curve_charts import SQUARE, draw_confusion, draw_reliability
from bakeoff.report.svg import (
    DARK,
    LIGHT,
    LINE,
    NAMES,
    PAPER,
)
from bakeoff.store.card import Reliability, ToLeader, WinnersCalibration
from benchmarks.store_crash import describe

NAME = "$x^2$ <b> & a very long name of a class"


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


@pytest.mark.parametrize("count", [2, 3, 12, 13, 40])
def test_every_picture_is_whole(count):
    """As XML, with its words as text, with no other ids than its own."""
    classes = [f"{NAME} {place}" for place in range(count)]
    pictures = draw_all(card(classes), {"svm": outcomes(classes), "random_forest": outcomes(classes)})
    names = ["race", "test", "confusion-svm", "confusion-random-forest", "roc", "precision-recall"]
    assert [*names, "roc-contestants", "precision-recall-contestants", "reliability"] == [*pictures]
    ids = [one for picture in pictures.values() for one in re.findall(r' id="([^"]+)"', picture.to_inline_svg())]
    assert len(ids) == len({*ids})
    for name, picture in pictures.items():
        tree = ET.fromstring(picture.to_standalone_svg())
        assert (f"{picture.width * 4 / 3:.0f}", "system-ui, sans-serif") == (tree.get("width"), tree.get("font-family"))
        assert "http" not in picture.to_inline_svg()
        assert all(one.startswith(name) for one in re.findall(r' id="([^"]+)"', picture.svg))
        assert all(f'id="{one}"' in picture.svg for one in re.findall(r"#([\w-]+-[\w-]+)", picture.svg))
        assert [text for text in tree.itertext() if text.strip()]
        assert not re.search("#0[0-9a-f]02|#0101", picture.to_inline_svg())
    curves = 1 if count == 2 else min(count, 8)  # of two classes the other's is the mirror
    assert curves == pictures["roc"].svg.count(">$x^2$ &lt;b&gt;")


def test_the_same_figures_give_the_same_pictures():
    classes = ["a", "b", "c"]
    first, second = (draw_all(card(classes), {"svm": outcomes(classes)}) for _ in range(2))
    assert first == second


def test_odd_names_are_names():
    """Also those that XML can't hold."""
    classes = ["_no", "_yes", "株式", "bell \x07"]
    pictures = draw_all(card(classes), {"svm": outcomes(classes)})
    for name in ("roc", "precision-recall"):
        assert all(f">{each} (" in pictures[name].svg for each in [*classes[:3], "bell \\x07"])
        ET.fromstring(pictures[name].to_standalone_svg())


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


def test_a_picture_tells_what_it_shows():
    """To who can't see it."""
    pictures = draw_all(card(["a", "b"]), {"svm": {"classes": ["a", "b"], "confusion": [[5, 1], [3, 4]]}})
    assert "9 of 13 test rows right; most often b was taken for a: 3 times." == pictures["confusion-svm"].description
    assert "SVM -0.0100, 95 % interval -0.0200 to +0.0000." in pictures["race"].description
    assert "95 % interval 0.8800 to 0.9200" in pictures["test"].description


def test_who_raced_alone_is_beside_nobody():
    both = card(["a", "b"])
    alone = {"svm": replace(both.winner, to_leader=None)}
    assert "race" not in draw_all(replace(both, classifiers=alone), {})


def test_the_ceiling_of_redrawn_labels():
    """Of the reference job 0.9925; none where nobody knows."""
    assert 0.9925 == pytest.approx(label_ceiling(card(list("abcd"), source="synthetic", flip_y=0.01)))
    assert label_ceiling(card(list("abcd"), source="file", flip_y=0.01)) is None
    assert label_ceiling(card(list("abcd"), source="synthetic", flip_y=0.0)) is None


def luminance(color):
    """Relative luminance of a hexadecimal colour (WCAG 2.2)."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_stand_out_from_the_paper(theme):
    """Text and lines by 4.5 to 1; the faint lines between are no news."""
    for color, plain in theme.items():
        light, dark = sorted([luminance(plain), luminance(theme[PAPER])], reverse=True)
        if color not in {LINE, PAPER}:
            assert (light + 0.05) / (dark + 0.05) >= 4.5, NAMES[color]
