"""Confusion matrix, ROC, precision-recall and calibration curves as SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.evaluation.curves import summary_curve
from bakeoff.evaluation.intervals import wilson_of_share
from bakeoff.report.axes import (
    RIGHT,
    TOP,
    Axes,
    Corner,
    padded_limits,
)
from bakeoff.report.svg import (
    DASHES,
    INK,
    SERIES,
    SOFT,
    WIDTH,
    Picture,
    make_picture,
)

MOST_CELLS = 12  # classes of a confusion matrix whose cells hold their counts
MOST_DRAWN = 40  # classes of one that is drawn
LONGEST = 14  # letters of a class's name beside an axis
LETTER = 5.3  # points that a letter beside an axis takes
SQUARE = (WIDTH, 315.0)
STRONGEST = 0.5  # how much colour the fullest cell has: a figure in it can still be read

Outcomes = Mapping[str, Any]

# What a page says of the curves.
RANKING = (
    "Each curve is of one class against all others, or the mean of such curves. The area under the ROC curve is the "
    "chance that a row of the class gets a higher probability of it than one of another class: 0.5 is a guess, 1 "
    "perfect. Average precision is the mean precision over all recalls; a guess reaches the share of the class. "
    "Dotted lines are what a guess reaches."
)
RELIABILITY = (
    "In the reliability curve each point is a bin of predicted probability over all rows and classes, larger where "
    "there are more: on the diagonal, what is said to be likely by so much comes true that often."
)
INTERVALS = "The lines are 95 % intervals, where rows count each for themselves."


def draw_confusion(name: str, heading: str, found: Outcomes, rows: str = "test rows") -> Picture | None:
    """A confusion matrix; None of more classes than can be drawn.

    Args:
        name: the picture's.
        heading: the picture's.
        found: classes and counts.
        rows: what they are.
    """
    if not found["confusion"] or len(found["classes"]) > MOST_DRAWN:
        return None
    counts, classes = np.array(found["confusion"]), [shorten(each) for each in found["classes"]]
    count, longest = len(classes), max(map(len, classes))
    flat = longest * count <= 36  # the names fit below each other's columns
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    left, bottom = 26 + LETTER * longest, 34.0 if flat else 30 + LETTER * longest
    side = min(WIDTH - left - RIGHT, max(150.0, 42.0 * count))
    size = (left + side + RIGHT, bottom + side + TOP)
    axes = Axes(name, size, left, bottom, (-0.5, count - 0.5), (count - 0.5, -0.5))
    for true, predicted in zip(*np.nonzero(counts)):
        strength = STRONGEST * (0.15 + 0.85 * shares[true, predicted])
        color = SERIES[0] if true == predicted else SERIES[1]
        axes.axspan((predicted - 0.5, predicted + 0.5), (true - 0.5, true + 0.5), color, strength)
    letters = 9.0 if count <= 7 else 7.0 if count <= MOST_CELLS else 6.0
    if count <= MOST_CELLS:
        for (true, predicted), several in np.ndenumerate(counts):
            told, color = (f"{several:,}", INK) if several else ("·", SOFT)
            axes.text(axes.x(predicted), axes.y(true) + 0.35 * letters, told, size=letters, color=color)
    axes.border()
    axes.set_yticklabels(classes, size=max(letters, 6.0))
    axes.set_xticklabels(classes, letters, turned=not flat)
    axes.text((axes.left + axes.right) / 2, size[1] - 4, "predicted")
    axes.text(10, (axes.top + axes.bottom) / 2, "true", turned=True)
    hits, total = int(np.trace(counts)), int(counts.sum())
    wrong = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    names = found["classes"]
    worst = (
        f"; most often {names[true]} was taken for {names[predicted]}: {wrong.max():,} times" if hits < total else ""
    )
    return make_picture(name, heading, f"{hits:,} of {total:,} {rows} right{worst}.", size, axes.parts)


def draw_roc(found: Outcomes) -> Picture:
    """ROC curves, each class against the rest (Fawcett, An introduction to ROC analysis, 2006)."""
    curves: dict[str, Any] = found["curves"]
    if len(found["classes"]) == 2:  # the other's is its mirror
        curves = dict(list(curves.items())[-1:])
    return _draw_roc("roc", "ROC curves", curves, "class")


def draw_precision_recall(found: Outcomes) -> Picture:
    """Precision over recall, each class against the rest (Davis and Goadrich, 2006)."""
    return _draw_precision_recall("precision-recall", "Precision-recall curves", found["curves"], "class")


def draw_contestants(outcomes: Mapping[str, Outcomes]) -> list[Picture]:
    """Both kinds of curves of all contestants that give probabilities; none where there is but one."""
    curves = {title(name): curve for name, found in outcomes.items() if (curve := summary_curve(found))}
    if len(curves) < 2:
        return []
    classes = next(iter(outcomes.values()))["classes"]
    of = f"class {shorten(classes[-1])}" if len(classes) == 2 else "mean over the classes"
    return [
        _draw_roc("roc-contestants", "ROC curves of all contestants", curves, of),
        _draw_precision_recall("precision-recall-contestants", "Precision-recall of all contestants", curves, of),
    ]


def _draw_roc(name: str, heading: str, curves: Mapping[str, Any], of: str) -> Picture:
    """On the whole square, over the line of chance."""
    axes = _square(name, "false positive rate", "true positive rate")
    axes.line((0, 1), (0, 1), SOFT, 0.8, DASHES[2])
    for place, curve in enumerate(curves.values()):
        color, dash = _look(place)
        axes.line(curve["roc"][0], curve["roc"][1], color, dash=dash)
    _legend(axes, curves, "roc_auc", f"{of} (area under the curve)")
    told = ", ".join(f"{each} {format_area(curve['roc_auc'])}" for each, curve in curves.items())
    return make_picture(name, heading, f"Areas under the curves: {told}. A guess has 0.5.", SQUARE, axes.parts)


def _draw_precision_recall(name: str, heading: str, curves: Mapping[str, Any], of: str) -> Picture:
    """On the whole square, over the lines of chance: a class's share of the rows."""
    axes, shares = _square(name, "recall", "precision"), [curve["share"] for curve in curves.values()]
    alike = len({*shares}) == 1
    for place, share in enumerate(shares[:1] if alike else shares):
        axes.line((0, 1), (share, share), SOFT if alike else _look(place)[0], 0.8, DASHES[2])
    for place, curve in enumerate(curves.values()):
        color, dash = _look(place)
        axes.line(curve["precision_recall"][0], curve["precision_recall"][1], color, dash=dash, steps=True)
    _legend(axes, curves, "average_precision", f"{of} (average precision)")
    told = ", ".join(
        f"{each} {format_area(curve['average_precision'])} (a guess {curve['share']:.3f})"
        for each, curve in curves.items()
    )
    return make_picture(name, heading, f"Average precisions: {told}.", SQUARE, axes.parts)


def draw_reliability(
    curves: Mapping[str, Mapping[str, Any]], repeats: int | None = 1, whose: str = "the winner's"
) -> Picture:
    """Curves over the diagonal, on which they would lie if every probability came true as often as it says.

    Args:
        curves: by `before` or `after` calibration: predicted, observed and pairs of each bin.
        repeats: how often each row was counted; None where rows belong to groups, so that there is no telling how many
            count for themselves, and no interval is drawn.
        whose: a single curve is, in the legend.
    """
    labels, last = {"before": "as the classifier gives them", "after": "calibrated"}, [*curves][-1]
    axes = _square("reliability", "predicted probability", "share that came true")
    axes.line((0, 1), (0, 1), SOFT, 0.8, DASHES[2])
    entries = []
    for kind, curve in curves.items():
        place = 0 if kind == last else 1
        color, dash = SERIES[place], DASHES[place]
        axes.line(curve["predicted"], curve["observed"], color, 1.6, dash)
        for predicted, observed, pairs in zip(curve["predicted"], curve["observed"], curve["pairs"]):
            if kind == last and repeats:
                ends = wilson_of_share(observed, pairs / repeats)
                axes.line((predicted, predicted), ends, color, 1.2, opacity=0.45)
            axes.scatter(predicted, observed, color, 1.5 + 0.6 * np.log10(pairs), square=kind != last)
        entries.append((labels[kind] if len(curves) > 1 else whose, color, dash))
    axes.legend(entries, "upper left")
    bins = ", ".join(f"{p:.2f}: {o:.2f}" for p, o in zip(curves[last]["predicted"], curves[last]["observed"]))
    description = f"Predicted probability and the share that came true, by bins: {bins}."
    return make_picture("reliability", "Reliability of the probabilities", description, SQUARE, axes.parts)


def format_area(area: float) -> str:
    """Three decimals, and 1 only for 1."""
    return "1" if area == 1 else f"{min(area, 0.999):.3f}" if area < 0.9995 else "> 0.999"


def shorten(name: str) -> str:
    """A class's name for where there is little room."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _square(name: str, x: str, y: str) -> Axes:
    axes = Axes(name, SQUARE, 48, 36, padded_limits(0, 1, 0.02), padded_limits(0, 1, 0.02))
    axes.x_axis(x)
    axes.y_axis(y)
    return axes


def _look(place: int) -> tuple[str, str]:
    return SERIES[place % len(SERIES)], DASHES[place % len(DASHES)]


def _legend(axes: Axes, curves: Mapping[str, Any], figure: str, heading: str) -> None:
    """In the corner of the unit square that the curves leave free, or nearly so."""
    entries, kind = [], "roc" if figure == "roc_auc" else "precision_recall"
    for place, (name, curve) in enumerate(curves.items()):
        color, dash = _look(place)
        told = shorten(name) if heading.startswith("class (") else name
        entries.append((f"{told} ({format_area(curve[figure])})", color, dash))
    grid = np.linspace(0, 1, 101)
    x = np.tile(grid, len(curves))
    turn = slice(None, None, 1 if kind == "roc" else -1)  # rising
    y = np.concatenate([np.interp(grid, *(values[turn] for values in curve[kind])) for curve in curves.values()])
    corners: list[Corner] = ["lower right", "lower left", "upper left"]
    high, wide = 0.055 * (len(entries) + 1), 0.6
    crossed = {
        "lower right": ((x > 1 - wide) & (y < high)).sum(),
        "lower left": ((x < wide) & (y < high)).sum(),
        "upper left": ((x < wide) & (y > 1 - high)).sum(),
    }
    axes.legend(entries, min(corners if kind == "roc" else corners[1:] + corners[:1], key=crossed.__getitem__), heading)
