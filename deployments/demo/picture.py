"""The picture of a demonstration: accuracy by day, with and without the loop."""

from collections.abc import Sequence
from dataclasses import dataclass

from bakeoff.report.axes import Axes, padded_limits
from bakeoff.report.svg import DASHES, INK, SERIES, SOFT, Picture, make_picture

SIZE = (480.0, 260.0)
DONE = "seen, retrained, promoted"


@dataclass(frozen=True)
class Day:
    """What became of a day.

    Attributes:
        number: the day's number.
        accuracy: that of the champion of the day.
        without: the accuracy of the first version, which would be champion still without the loop.
        verdict: `stable`, `watch` or `drifted`.
        moved: the columns that differ from training, the largest difference first.
        version: the champion of the day.
        retrained: what the training run decided that the day's drift has started; None if it started none.
    """

    number: int
    accuracy: float
    without: float
    verdict: str
    moved: tuple[str, ...]
    version: str
    retrained: str | None


def draw_days(days: Sequence[Day], drift_day: int) -> Picture:
    """Draw the accuracy of each day, the begin of the drift and the promotions.

    Args:
        days: the days, in order.
        drift_day: the first day whose rows have drifted.
    """
    numbers = [day.number for day in days]
    loop, alone = [day.accuracy for day in days], [day.without for day in days]
    low, high = padded_limits(min(loop + alone), max(loop + alone), 0.15)
    axes = Axes("days", SIZE, 48.0, 38.0, (numbers[0] - 0.4, numbers[-1] + 0.4), (low, high))
    axes.y_axis("Accuracy")
    axes.x_axis("Day", count=len(days), grid=False)
    axes.line([drift_day - 0.5] * 2, [low, high], SOFT, 0.9, DASHES[2])
    axes.text(axes.x(drift_day - 0.5) - 5, axes.top + 10, "the rows drift", "end", SOFT, 8.5)
    axes.line(numbers, alone, SERIES[1], 1.8, DASHES[1])
    axes.line(numbers, loop, SERIES[0], 2.2)
    for day in days:
        axes.scatter(day.number, day.without, SERIES[1], 2.2, square=True)
        axes.scatter(day.number, day.accuracy, SERIES[0], 2.8)
        if day.retrained == "promoted":
            place, anchor = (0.7, "start") if day.number <= numbers[len(numbers) // 2] + 1 else (-0.2, "end")
            axes.text(axes.x(day.number + place), axes.y((low + high) / 2), DONE, anchor, INK, 8.5)
    entries = [("with the loop", SERIES[0], DASHES[0]), ("without", SERIES[1], DASHES[1])]
    axes.legend(entries, "lower left")
    title = "Accuracy by day, with and without the loop"
    promoted = [str(day.number) for day in days if day.retrained == "promoted"]
    description = (
        f"Rows drift from day {drift_day} on. On the last day the accuracy is {loop[-1]:.3f} with the loop and "
        f"{alone[-1]:.3f} without; new versions were promoted after day {', '.join(promoted) or 'none'}."
    )
    return make_picture("days", title, description, SIZE, axes.parts)
