"""The sections of a report that inspect the winner: permutation importance and, in a deep report, learning curve."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bakeoff.evaluation.results import Importance
from bakeoff.formatting import NONE, format_interval
from bakeoff.report.axes import Axes, padded_limits
from bakeoff.report.charts import axes_of_rows, size_of_rows
from bakeoff.report.curve_charts import shorten
from bakeoff.report.svg import (
    SERIES,
    SOFT,
    WIDTH,
    Picture,
    make_picture,
)

MOST_DRAWN = 20
IMPORTANCE = (
    "How far the score on the test rows falls when the values of one column are shuffled among the rows, so that they "
    "carry no information, with 95 % intervals over rows and shuffles. Columns that carry the same information share "
    "its importance, and each may then look unimportant."
)
LEARNING = "The winner's cross-validated score when it is fitted on a part of each fold's rows only."


class Inspected(NamedTuple):
    """What such a section shows."""

    text: str
    picture: Picture
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    label: str


def describe_importance(importance: Importance | None, scoring: str, n_columns: int) -> Inspected | None:
    """Describe permutation importance.

    Args:
        importance: the importance of columns; None if it was not measured.
        scoring: the metric.
        n_columns: the number of all columns.
    """
    if not importance or not importance.columns:
        return None
    scoring, columns = scoring.replace("_", " "), importance.columns
    on = f"Measured on {importance.rows:,} test rows, each column shuffled {importance.repeats} times."
    if (left_out := n_columns - len(columns)) > 0:
        on += (
            f" Only the {len(columns):,} columns that tell most of the class by themselves are; {left_out:,} are left "
            "out."
        )
    return Inspected(
        f"{IMPORTANCE} {on}",
        draw_importance(importance, scoring),
        ("Column", f"Fall of {scoring}", "95 % interval"),
        [(column.name, f"{column.drop:+.4f}", format_interval(column.interval)) for column in columns],
        "Permutation importance",
    )


def describe_learning(curve: Mapping[str, Any], scoring: str) -> Inspected:
    """Describe a learning curve.

    Args:
        curve: the result of `learning_curve`.
        scoring: the metric.
    """
    scoring = scoring.replace("_", " ")
    points = [
        (
            f"{count:,}",
            *((f"{np.mean(known):.4f}", f"{np.std(known):.4f}") if (known := _known(scores)) else (NONE,) * 2),
        )
        for count, scores in zip(curve["rows"], curve["scores"])
    ]
    return Inspected(
        f"{LEARNING} {describe_learning_curve(curve, scoring)}",
        draw_learning(curve, scoring),
        ("Rows fitted on", f"Mean {scoring}", "±"),
        points,
        "Learning curve",
    )


def describe_learning_curve(curve: Mapping[str, Any], scoring: str) -> str:
    """Tell whether the curve still rises at its end, by a paired test over the folds.

    Both fits of a fold are scored on the same rows, so their difference is tested. Folds share most of their rows, so
    the standard error is that of the corrected resampled t-test (Nadeau and Bengio, Inference for the generalization
    error, 2003).
    """
    from scipy import stats

    half = min(range(len(curve["rows"])), key=lambda place: abs(curve["rows"][place] - curve["rows"][-1] / 2))
    pairs = [pair for pair in zip(curve["scores"][half], curve["scores"][-1]) if None not in pair]
    count = len(pairs)
    if count < 2:
        return "Too few folds could be fitted on fewer rows to say more."
    gains = np.array([after - before for before, after in pairs])
    gain, error = float(gains.mean()), float(gains.std(ddof=1) * np.sqrt(1 / count + 1 / (curve["folds"] - 1)))
    change = f"From {curve['rows'][half]:,} rows to {curve['rows'][-1]:,} the {scoring} changed by {gain:+.4f}"
    change += f" (standard error {error:.4f})"
    if gain > stats.t.isf(0.025, count - 1) * error:
        return f"{change}: it still rises, so more rows should help."
    return f"{change}: no rise beyond chance. With so few folds that is weak evidence; more rows may still help."


def draw_importance(importance: Importance, scoring: str) -> Picture:
    """Draw the most important columns as bars, with their intervals."""
    columns = importance.columns[:MOST_DRAWN]
    names = [shorten(column.name) for column in columns]
    lowest = min(0.0, *(column.interval[0] for column in columns))
    highest = max(0.0, *(column.interval[1] for column in columns))
    axes = axes_of_rows("importance", names, padded_limits(lowest, highest), 20)
    axes.x_axis(f"fall of {scoring} when the column is shuffled")
    for place, column in enumerate(columns):
        axes.axspan((0.0, column.drop), (place - 0.3, place + 0.3), SERIES[0], 0.35)
        axes.line(column.interval, (place, place), SERIES[0], 1.6)
        axes.scatter(column.drop, place, SERIES[0], 2.5)
    axes.line((0, 0), axes.ylim, SOFT, 0.8)
    axes.set_yticklabels(names)
    first = ", ".join(f"{column.name} {column.drop:.4f} ({format_interval(column.interval)})" for column in columns[:5])
    size = size_of_rows(len(names), 20)
    return make_picture("importance", "Permutation importance", f"The first are {first}.", size, axes.parts)


def draw_learning(curve: Mapping[str, Any], scoring: str) -> Picture:
    """Draw the mean over the folds, and its standard deviation."""
    points = [(rows, known) for rows, scores in zip(curve["rows"], curve["scores"]) if (known := _known(scores))]
    counts, means = [rows for rows, _ in points], [float(np.mean(known)) for _, known in points]
    spread = [float(np.std(known)) for _, known in points]
    low = [mean - deviation for mean, deviation in zip(means, spread)]
    high = [mean + deviation for mean, deviation in zip(means, spread)]
    size = (WIDTH, 240.0)
    axes = Axes("learning", size, 56, 36, (0, counts[-1] * 1.04), padded_limits(min(low), max(high)))
    axes.x_axis("rows fitted on", 4)
    axes.y_axis(scoring)
    axes.fill_between(counts, low, high, SERIES[0], 0.18)
    axes.line(counts, means, SERIES[0])
    for count, mean in zip(counts, means):
        axes.scatter(count, mean, SERIES[0], 2.5)
    description = f"From {means[0]:.4f} with {counts[0]:,} rows to {means[-1]:.4f} with {counts[-1]:,}."
    return make_picture("learning", "Learning curve", description, size, axes.parts)


def _known(scores: list[float | None]) -> list[float]:
    return [score for score in scores if score is not None]
