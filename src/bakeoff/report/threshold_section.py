"""The section of a report that shows what another threshold would give, for two classes."""

from typing import Any

from bakeoff.evaluation.costs import least_cost_threshold, threshold_costs
from bakeoff.evaluation.results import ThresholdCurve
from bakeoff.formatting import NONE, format_cost
from bakeoff.report.axes import Axes, Corner, padded_limits
from bakeoff.report.curve_charts import SQUARE, shorten
from bakeoff.report.svg import DASHES, SERIES, SOFT, Picture, make_picture
from bakeoff.store.card import Card

EVERY = 10  # of the thresholds, the one that is listed
EVEN = 0.5


def describe_thresholds(card: Card) -> dict[str, Any] | None:
    """Return the pictures, header and rows, class, number of rows and the threshold of least expected cost.

    None for more than two classes, without probabilities, and in older cards.
    """
    curve = card.calibration and card.calibration.thresholds
    if not curve or len(card.classes) != 2 or not curve.rows:
        return None
    name = card.classes[curve.positive]
    costs = card.decision and card.decision.costs
    best = least_cost_threshold(curve.positive, costs) if costs else None
    prices = threshold_costs(curve, costs) if costs else []
    pictures = [_draw_shares(curve, name, best)] + ([_draw_costs(curve, prices, name, best)] if costs else [])
    rows = []
    for place in range(EVERY - 1, len(curve.thresholds), EVERY):
        predicted, right = curve.predicted[place], curve.right[place]
        rows.append(
            (
                f"{curve.thresholds[place]:.2f}",
                f"{predicted / curve.rows:.1%}",
                f"{right / predicted:.4f}" if predicted else NONE,
                f"{right / curve.positives:.4f}",
                *([format_cost(prices[place])] if costs else []),
            )
        )
    header = ("Threshold", "Predicted", "Precision", "Recall", *(["Mean cost"] if costs else []))
    used = None if best is None else f"{best:.3f}"
    return {"pictures": pictures, "header": header, "rows": rows, "name": name, "best": used, "costs": bool(costs)}


def _draw_shares(curve: ThresholdCurve, name: str, best: float | None) -> Picture:
    axes = Axes("thresholds", SQUARE, 48, 36, padded_limits(0, 1, 0.02), padded_limits(0, 1, 0.02))
    axes.x_axis(f"threshold on the probability of {shorten(name)}")
    axes.y_axis("share")
    _mark(axes, best)
    known = sum(map(bool, curve.predicted))  # the counts fall
    lines = {
        "precision": [right / predicted for right, predicted in zip(curve.right[:known], curve.predicted)],
        "recall": [right / curve.positives for right in curve.right],
        "predicted as the class": [predicted / curve.rows for predicted in curve.predicted],
    }
    entries = []
    for place, (label, values) in enumerate(lines.items()):
        color, dash = SERIES[place], DASHES[place]
        if values:
            axes.line(curve.thresholds[: len(values)], values, color, dash=dash)
        entries.append((label, color, dash))
    points = [(x, y) for values in lines.values() for x, y in zip(curve.thresholds, values)]
    corners: dict[Corner, int] = {
        "lower left": sum(x < 0.6 and y < 0.25 for x, y in points),
        "upper right": sum(x > 0.4 and y > 0.75 for x, y in points),
        "lower right": sum(x > 0.4 and y < 0.25 for x, y in points),
    }
    axes.legend(entries, min(corners, key=corners.__getitem__))
    middle = min(range(len(curve.thresholds)), key=lambda place: abs(curve.thresholds[place] - EVEN))
    at = ", ".join(f"{label} {values[middle]:.3f}" for label, values in lines.items() if middle < len(values))
    description = f"Precision, recall and the share of rows predicted as {name}, by threshold; at 0.5: {at}."
    return make_picture("thresholds", "Precision and recall by threshold", description, SQUARE, axes.parts)


def _draw_costs(curve: ThresholdCurve, prices: list[float], name: str, best: float | None) -> Picture:
    axes = Axes("threshold-costs", SQUARE, 56, 36, padded_limits(0, 1, 0.02), padded_limits(min(prices), max(prices)))
    axes.x_axis(f"threshold on the probability of {shorten(name)}")
    axes.y_axis("mean cost of a row")
    _mark(axes, best)
    axes.line(curve.thresholds, prices, SERIES[0])
    lowest = min(prices)
    at = curve.thresholds[prices.index(lowest)]
    description = f"The lowest mean cost of a row, {format_cost(lowest)}, is at the threshold {at:.2f}."
    return make_picture("threshold-costs", "Mean cost by threshold", description, SQUARE, axes.parts)


def _mark(axes: Axes, best: float | None) -> None:
    """Mark the threshold that decisions of least expected cost have."""
    if best is not None:
        axes.line((best, best), axes.ylim, SOFT, 1.2, DASHES[1])
        side, step = ("start", 4) if best < EVEN else ("end", -4)
        axes.text(axes.x(best) + step, axes.top + 10, "least expected cost", side, SOFT, 8.5)
