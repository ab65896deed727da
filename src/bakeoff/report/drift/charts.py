"""Pictures of two distributions: of the training rows, and of these."""

from collections.abc import Sequence

from bakeoff.drift.results import Difference, Drift
from bakeoff.report.axes import Axes
from bakeoff.report.curve_charts import LETTER, shorten
from bakeoff.report.svg import SERIES, SOFT, WIDTH, Picture, make_picture

MOST = 6  # columns that are drawn
MOST_BINS = 12  # that are drawn of a column; neighbours are drawn as one, of categories the last
EACH = 17.0  # height of a bin, in points
KEY = 1.1  # height of the key above the bars, in bins
ENDS = 2  # bins beyond the training range, one at either end

Bins = list[tuple[str, float, float]]


def draw_drift(drift: Drift | None) -> list[Picture]:
    """Draw the predicted classes, and the columns that have moved, the largest difference first."""
    if drift is None:
        return []
    pictures = [_draw("classes", "Predicted classes", _first(_bins(drift.classes)))]
    if drift.confidence and drift.confidence.verdict != "stable":
        pictures.append(_draw("confidence", "Confidence of the predictions", _merge(_bins(drift.confidence))))
    for number, (name, column) in enumerate(list(drift.moved.items())[:MOST]):
        ordered = column.measure == "wasserstein"
        bins = (_merge if ordered else _first)(_bins(column))
        heading = f"{name[:40]}: {column.verdict}, size {column.size:.2f}"
        pictures.append(_draw(f"column-{number}", heading, bins))
    return pictures


def _bins(difference: Difference) -> Bins:
    return list(zip(difference.bins, difference.training, difference.now))


def _first(bins: Bins) -> Bins:
    """Return the bins that hold rows, the last ones as one if there are many."""
    bins = [each for each in bins if each[1] or each[2]]
    if len(bins) <= MOST_BINS:
        return bins
    rest = bins[MOST_BINS - 1 :]
    return [*bins[: MOST_BINS - 1], (f"{len(rest)} others", *_sums(rest))]


def _merge(bins: Bins) -> Bins:
    """Return ordered bins, neighbours as one if there are many; those beyond the training range stay on their own."""
    width = -(-(len(bins) - ENDS) // (MOST_BINS - ENDS)) or 1
    inner = bins[1:-1]
    merged = [inner[start : start + width] for start in range(0, len(inner), width)]
    whole = [(part[-1][0], *_sums(part)) for part in merged]
    return [each for each in (bins[0], *whole, bins[-1]) if each[1] or each[2]]


def _sums(bins: Bins) -> tuple[float, float]:
    return sum(then for _, then, _ in bins), sum(now for _, _, now in bins)


def _draw(name: str, heading: str, bins: Bins) -> Picture:
    """Draw two bars a bin: above that of training, below that of these rows."""
    names = [shorten(label) for label, _, _ in bins]
    size = (WIDTH, 50.0 + EACH * (len(bins) + KEY))
    most = max(max(then, now) for _, then, now in bins)
    limits = (0.0, 100 * most * 1.04)
    axes = Axes(name, size, 14 + LETTER * max(map(len, names)), 36, limits, (len(bins) - 0.5, -0.5 - KEY))
    axes.x_axis("% of the rows")
    for place, (_, then, now) in enumerate(bins):
        axes.axspan((0, 100 * then), (place - 0.38, place - 0.02), SERIES[0], 0.55)
        axes.axspan((0, 100 * now), (place + 0.02, place + 0.38), SERIES[1], 1)
    axes.set_yticklabels(names, size=8.5)
    _draw_key(axes, (("training", SERIES[0], 0.55), ("these rows", SERIES[1], 1.0)))
    described = "; ".join(f"{label}: {100 * then:.1f} % before, {100 * now:.1f} % now" for label, then, now in bins)
    return make_picture(name, heading, f"{described}.", size, axes.parts)


def _draw_key(axes: Axes, entries: Sequence[tuple[str, str, float]]) -> None:
    low, high = axes.xlim
    for place, (text, color, opacity) in enumerate(entries):
        left = low + (high - low) * place * 0.4
        axes.axspan((left, left + (high - low) * 0.05), (-0.75, -1.15), color, opacity)
        axes.text(axes.x(left + (high - low) * 0.065), axes.y(-0.95) + 3, text, "start", SOFT, 8.5)
