"""Confusion matrix, ROC, precision-recall and calibration curves as SVG."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bakeoff.classifiers import title
from bakeoff.evaluation.curves import rarer_class, summary_curve
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

MOST_SHARES = 5  # classes up to which it shows the shares of the true class, too
MOST_CELLS = 12  # classes up to which a confusion matrix shows its counts
MOST_DRAWN = 40  # classes up to which a confusion matrix is drawn
LONGEST = 14  # letters of a class's name on an axis
LETTER = 5.3  # width of a letter on an axis, in points
SQUARE = (WIDTH, 315.0)
STRONGEST = 0.5  # opacity of the darkest cell: its count is still legible

Outcomes = Mapping[str, Any]

# Captions of the curves.
RANKING = (
    "Each curve is of one class against all others, or the mean of such curves. The area under the ROC curve is the "
    "chance that a row of the class gets a higher probability of it than one of another class: 0.5 is a guess, 1 "
    "perfect. Average precision is the mean precision over all recalls; a guess reaches the share of the class. "
    "Dotted lines are what a guess reaches."
)
RELIABILITY = (
    "In the reliability curve each point is a bin of predicted probability over all rows and classes, larger where "
    "there are more: on the diagonal, a predicted probability equals the share that came true."
)
INTERVALS = "The lines are 95 % intervals, for rows that are independent of each other."


def draw_confusion(name: str, heading: str, outcome: Outcomes, rows: str = "test rows") -> Picture | None:
    """Draw a confusion matrix; returns None if there are too many classes to draw.

    Args:
        name: the picture's name.
        heading: the picture's heading.
        outcome: the classes and the counts.
        rows: the kind of rows, for the description.
    """
    if not outcome["confusion"] or len(outcome["classes"]) > MOST_DRAWN:
        return None
    counts, classes = np.array(outcome["confusion"]), [shorten(label) for label in outcome["classes"]]
    count, longest = len(classes), max(map(len, classes))
    flat = longest * count <= 36  # the names fit side by side
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
        for (true, predicted), number in np.ndenumerate(counts):
            text, color = (f"{number:,}", INK) if number else ("·", SOFT)
            middle = axes.y(true) + 0.35 * letters
            if number and count <= MOST_SHARES:
                axes.text(axes.x(predicted), middle + 7, f"{shares[true, predicted]:.1%}", size=8, color=INK)
                middle -= 5
            axes.text(axes.x(predicted), middle, text, size=letters, color=color)
    axes.border()
    axes.set_yticklabels(classes, size=max(letters, 6.0))
    axes.set_xticklabels(classes, letters, turned=not flat)
    axes.text((axes.left + axes.right) / 2, size[1] - 4, "predicted")
    axes.text(10, (axes.top + axes.bottom) / 2, "true", turned=True)
    hits, total = int(np.trace(counts)), int(counts.sum())
    wrong = counts - np.diag(np.diag(counts))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    names = outcome["classes"]
    worst = (
        f"; most often {names[true]} was taken for {names[predicted]}: {wrong.max():,} times" if hits < total else ""
    )
    return make_picture(name, heading, f"{hits:,} of {total:,} {rows} right{worst}.", size, axes.parts)


def draw_roc(outcome: Outcomes) -> Picture:
    """Draw the ROC curve of each class against the rest (Fawcett, An introduction to ROC analysis, 2006)."""
    curves: dict[str, Any] = outcome["curves"]
    if len(outcome["classes"]) == 2:  # the other class's curve mirrors it
        name = rarer_class(curves)
        curves = {name: curves[name]}
    return _draw_roc("roc", "ROC curves", curves, "class")


def draw_precision_recall(outcome: Outcomes) -> Picture:
    """Draw the precision-recall curve of each class against the rest (Davis and Goadrich, 2006)."""
    return _draw_precision_recall("precision-recall", "Precision-recall curves", outcome["curves"], "class")


def draw_contestants(outcomes: Mapping[str, Outcomes]) -> list[Picture]:
    """Draw ROC and precision-recall curves of all contestants with probabilities; empty for fewer than two."""
    curves = {title(name): curve for name, outcome in outcomes.items() if (curve := summary_curve(outcome))}
    if len(curves) < 2:
        return []
    first = next(outcome for outcome in outcomes.values() if outcome.get("curves"))
    of = f"class {shorten(rarer_class(first['curves']))}" if len(first["classes"]) == 2 else "mean over the classes"
    return [
        _draw_roc("roc-contestants", "ROC curves of all contestants", curves, of),
        _draw_precision_recall("precision-recall-contestants", "Precision-recall of all contestants", curves, of),
    ]


def _draw_roc(name: str, heading: str, curves: Mapping[str, Any], of: str) -> Picture:
    """Draw curves over the diagonal, the ROC curve of a guess."""
    axes = _square(name, "false positive rate", "true positive rate")
    axes.line((0, 1), (0, 1), SOFT, 0.8, DASHES[2])
    for place, curve in enumerate(curves.values()):
        color, dash = _look(place)
        axes.line(curve["roc"][0], curve["roc"][1], color, dash=dash)
    _legend(axes, curves, "roc_auc", f"{of} (area under the curve)")
    areas = ", ".join(f"{label} {format_area(curve['roc_auc'])}" for label, curve in curves.items())
    return make_picture(name, heading, f"Areas under the curves: {areas}. A guess has 0.5.", SQUARE, axes.parts)


def _draw_precision_recall(name: str, heading: str, curves: Mapping[str, Any], of: str) -> Picture:
    """Draw curves over the precision of a guess, a class's share of the rows."""
    axes, shares = _square(name, "recall", "precision"), [curve["share"] for curve in curves.values()]
    alike = len({*shares}) == 1
    for place, share in enumerate(shares[:1] if alike else shares):
        axes.line((0, 1), (share, share), SOFT if alike else _look(place)[0], 0.8, DASHES[2])
    for place, curve in enumerate(curves.values()):
        color, dash = _look(place)
        axes.line(curve["precision_recall"][0], curve["precision_recall"][1], color, dash=dash, steps=True)
    _legend(axes, curves, "average_precision", f"{of} (average precision)")
    precisions = ", ".join(
        f"{label} {format_area(curve['average_precision'])} (a guess {curve['share']:.3f})"
        for label, curve in curves.items()
    )
    return make_picture(name, heading, f"Average precisions: {precisions}.", SQUARE, axes.parts)


def draw_reliability(
    curves: Mapping[str, Mapping[str, Any]], repeats: int | None = 1, whose: str = "the winner's"
) -> Picture:
    """Draw reliability curves over the diagonal, on which the curve of perfectly calibrated probabilities lies.

    Args:
        curves: by `before` or `after` calibration: predicted, observed and the number of pairs in each bin.
        repeats: how often each row was counted; None if rows belong to groups: they are not independent then, and no
            interval is drawn.
        whose: the label of a single curve in the legend.
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
    """Format an area with three decimals; `1` only if it is exactly 1."""
    return "1" if area == 1 else f"{min(area, 0.999):.3f}" if area < 0.9995 else "> 0.999"


def shorten(name: str) -> str:
    """Cut a class's name to the length that fits on an axis."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _square(name: str, x: str, y: str) -> Axes:
    axes = Axes(name, SQUARE, 48, 36, padded_limits(0, 1, 0.02), padded_limits(0, 1, 0.02))
    axes.x_axis(x)
    axes.y_axis(y)
    return axes


def _look(place: int) -> tuple[str, str]:
    return SERIES[place % len(SERIES)], DASHES[place % len(DASHES)]


def _legend(axes: Axes, curves: Mapping[str, Any], figure: str, heading: str) -> None:
    """Put the legend into the corner that the fewest points of the curves cross."""
    entries, kind = [], "roc" if figure == "roc_auc" else "precision_recall"
    for place, (name, curve) in enumerate(curves.items()):
        color, dash = _look(place)
        label = shorten(name) if heading.startswith("class (") else name
        entries.append((f"{label} ({format_area(curve[figure])})", color, dash))
    grid = np.linspace(0, 1, 101)
    x = np.tile(grid, len(curves))
    turn = slice(None, None, 1 if kind == "roc" else -1)  # rising
    y = np.concatenate([np.interp(grid, *(values[turn] for values in curve[kind])) for curve in curves.values()])
    corners: list[Corner] = ["lower right", "lower left", "upper left"]
    height, width = 0.055 * (len(entries) + 1), 0.6
    crossed = {
        "lower right": ((x > 1 - width) & (y < height)).sum(),
        "lower left": ((x < width) & (y < height)).sum(),
        "upper left": ((x < width) & (y > 1 - height)).sum(),
        "upper right": ((x > 1 - width) & (y > 1 - height)).sum(),
    }
    axes.legend(
        entries,
        min(corners if kind == "roc" else [*corners[1:], *corners[:1], "upper right"], key=crossed.__getitem__),
        heading,
    )
