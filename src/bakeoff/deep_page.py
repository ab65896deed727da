"""The sections of a deep report: which columns matter, and whether more rows would help."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bakeoff.canvas import DASHES, LINE, MARKERS, SERIES, SOFT, WIDTH, Picture, draw
from bakeoff.charts import draw_rows, rows_size, shorten
from bakeoff.page import gallery, paragraph
from bakeoff.sentences import NONE
from bakeoff.tabular import html_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 20
IMPORTANCE = (
    "How much worse the score on the test rows gets when the values of one column are shuffled, so that they tell "
    "nothing any more; the lines span two standard deviations over the shuffles either way. Columns that say the same "
    "stand in for each other, and each looks unimportant then."
)
LEARNING = "The winner's cross-validated score when it is fitted on a part of each fold's rows only."


def render_deep(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Heading and HTML of each section.

    Args:
        found: as `measure` gives it.
    """
    importance, scoring = found["importance"], str(found["scoring"]).replace("_", " ")
    rows = [(each["name"], f"{each['mean']:+.4f}", f"{each['std']:.4f}") for each in importance["columns"]]
    on = f"Measured on {importance['rows']:,} test rows, each column shuffled {importance['repeats']} times."
    columns = [
        paragraph(f"{IMPORTANCE} {on}"),
        gallery([draw_importance(importance, scoring)]),
        html_table(("Column", f"Fall of {scoring}", "±"), rows, label="Permutation importance"),
    ]
    curve = found["learning_curve"]
    table = [
        (
            f"{count:,}",
            *((f"{np.mean(known):.4f}", f"{np.std(known):.4f}") if (known := _known(scores)) else (NONE,) * 2),
        )
        for count, scores in zip(curve["rows"], curve["scores"])
    ]
    learning = [
        paragraph(f"{LEARNING} {say_learning(curve, scoring)}"),
        gallery([draw_learning(curve, scoring)]),
        html_table(("Rows fitted on", f"Mean {scoring}", "±"), table, label="Learning curve"),
    ]
    return [("Which columns matter", "\n".join(columns)), ("Would more rows help", "\n".join(learning))]


def say_learning(curve: Mapping[str, Any], scoring: str) -> str:
    """Whether the curve still rises at its end, judged fold by fold.

    Both fits of a fold are scored on the same rows, so the difference is what counts; folds share most of their rows,
    so its standard error is one of the corrected resampled t (Nadeau and Bengio, Inference for the generalization
    error, 2003).
    """
    from scipy import stats

    half = min(range(len(curve["rows"])), key=lambda place: abs(curve["rows"][place] - curve["rows"][-1] / 2))
    pairs = [pair for pair in zip(curve["scores"][half], curve["scores"][-1]) if None not in pair]
    count = len(pairs)
    if count < 2:
        return "There are too few folds that could be fitted on fewer rows to say more."
    gains = np.array([after - before for before, after in pairs])
    gain, error = float(gains.mean()), float(gains.std(ddof=1) * np.sqrt(1 / count + 1 / (curve["folds"] - 1)))
    told = f"From {curve['rows'][half]:,} rows to {curve['rows'][-1]:,} the {scoring} changed by {gain:+.4f}"
    told += f" (standard error {error:.4f})"
    if gain > stats.t.isf(0.025, count - 1) * error:
        return f"{told}: it still rises, so more rows should help."
    return f"{told}: no rise that could be told from chance, so more rows like these can't be expected to help much."


def draw_importance(importance: Mapping[str, Any], scoring: str) -> Picture:
    """The most important columns, with the spread over the shuffles."""
    columns = importance["columns"][:MOST_DRAWN]
    names = [shorten(each["name"]) for each in columns]

    def paint(axes: "Axes") -> None:
        axes.axvline(0, color=SOFT, linewidth=0.8)
        for place, each in enumerate(columns):
            low, high = each["mean"] - 2 * each["std"], each["mean"] + 2 * each["std"]
            axes.plot([low, high], [place, place], color=SERIES[0], linewidth=2, solid_capstyle="round")
            axes.plot([each["mean"]], [place], marker="o", color=SERIES[0], markersize=5)
        draw_rows(axes, names)
        axes.set_xlabel(f"fall of {scoring} when the column is shuffled")

    told = ", ".join(f"{each['name']} {each['mean']:.4f}" for each in columns[:5])
    return draw("importance", "Permutation importance", f"The first are {told}.", paint, *rows_size(names, 20))


def draw_learning(curve: Mapping[str, Any], scoring: str) -> Picture:
    """The mean over the folds, and their spread."""
    points = [(rows, known) for rows, scores in zip(curve["rows"], curve["scores"]) if (known := _known(scores))]
    counts, means = [rows for rows, _ in points], np.array([np.mean(known) for _, known in points])
    spread = np.array([np.std(known) for _, known in points])

    def paint(axes: "Axes") -> None:
        axes.fill_between(counts, means - spread, means + spread, color=SERIES[0], alpha=0.18, linewidth=0)
        axes.plot(counts, means, color=SERIES[0], linestyle=DASHES[0], marker=MARKERS[0], markersize=5)
        axes.grid(color=LINE)
        axes.set(xlabel="rows fitted on", ylabel=scoring)
        axes.set_xlim(0, counts[-1] * 1.04)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.locator_params(nbins=5)

    told = f"From {means[0]:.4f} with {counts[0]:,} rows to {means[-1]:.4f} with {counts[-1]:,}."
    return draw("learning", "Learning curve", told, paint, (WIDTH, 240.0), 52, 36)


def _known(scores: list[float | None]) -> list[float]:
    return [score for score in scores if score is not None]
