"""The chart of a model's accuracy over time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from bakeoff.drift.results import Verdict
from bakeoff.formatting import format_count
from bakeoff.report.axes import RIGHT, Axes, padded_limits
from bakeoff.report.svg import DASHES, LINE, SERIES, SOFT, WIDTH, Picture, make_picture

SIZE = (WIDTH, 230.0)
TICKS = 3  # along the time
DAY = 86_400.0  # seconds
RADIUS: dict[Verdict, float] = {"watch": 2.0, "drifted": 3.5}


class VersionAccuracy(NamedTuple):
    """A version's accuracy on its test rows."""

    at: datetime
    accuracy: float
    interval: tuple[float, float] | None
    was_champion: bool


class WeekAccuracy(NamedTuple):
    """The accuracy of a week's predictions, by labels that came later."""

    at: datetime
    accuracy: float
    interval: tuple[float, float]


def draw_accuracy(
    versions: Sequence[VersionAccuracy],
    weeks: Sequence[WeekAccuracy],
    changes: Sequence[datetime],
    verdicts: Sequence[tuple[datetime, Verdict]],
) -> Picture | None:
    """Draw accuracies with their intervals at their times; None if there is no more than one.

    Args:
        versions: the versions, oldest first.
        weeks: the weeks with labels.
        changes: when the champion changed.
        verdicts: times of prediction runs and their drift verdicts.
    """
    points: list[VersionAccuracy | WeekAccuracy] = [*versions, *weeks]
    if len(points) < 2:
        return None
    ends = [end for point in points for end in (point.accuracy, *(point.interval or ()))]
    times = [moment.timestamp() for moment in (*(point.at for point in points), *changes, *(at for at, _ in verdicts))]
    low, high = padded_limits(min(ends), max(ends))
    axes = Axes("accuracy", SIZE, 52, 36, padded_limits(min(times), max(times), 0.05), (low, high))
    _draw_times(axes, min(times), max(times))
    axes.y_axis("accuracy")
    for moment in changes:
        axes.line((moment.timestamp(),) * 2, axes.ylim, SOFT, 0.9, DASHES[1])
    for at, verdict in verdicts:
        if verdict in RADIUS:
            axes.scatter(at.timestamp(), low + 0.03 * (high - low), SERIES[3], RADIUS[verdict], square=True)
    for version in versions:
        color = SERIES[0] if version.was_champion else SOFT
        _draw_point(axes, version.at, version.accuracy, version.interval, color)
    for week in weeks:
        _draw_point(axes, week.at, week.accuracy, week.interval, SERIES[1], square=True)
    return make_picture("accuracy", "Accuracy, with 95 % intervals", _describe(versions, weeks), SIZE, axes.parts)


def _draw_point(
    axes: Axes,
    at: datetime,
    accuracy: float,
    interval: tuple[float, float] | None,
    color: str,
    square: bool = False,
) -> None:
    if interval:
        axes.line((at.timestamp(),) * 2, interval, color, 1.4)
    axes.scatter(at.timestamp(), accuracy, color, 3.2, square)


def _draw_times(axes: Axes, first: float, last: float) -> None:
    """Draw the time axis: days, or if it is shorter than three days, hours."""
    text = "%Y-%m-%d" if last - first >= TICKS * DAY else "%m-%d %H:%M"
    for place in range(TICKS):
        seconds = first + (last - first) * place / (TICKS - 1)
        axes.line((seconds,) * 2, axes.ylim, LINE, 0.6)
        at, anchor = (axes.right + RIGHT, "end") if place == TICKS - 1 else (axes.x(seconds), "middle")
        axes.text(at, axes.bottom + 13, f"{datetime.fromtimestamp(seconds, UTC):{text}}", anchor)
    axes.line(axes.xlim, (axes.ylim[0],) * 2, LINE, 0.9)
    axes.text((axes.left + axes.right) / 2, axes.bottom + 28, "time (UTC)")


def _describe(versions: Sequence[VersionAccuracy], weeks: Sequence[WeekAccuracy]) -> str:
    parts = []
    for points, what in ((versions, "version"), (weeks, "labelled week")):
        if points:
            first, last = points[0], points[-1]
            parts.append(
                f"{format_count(len(points), what)}: accuracy from {first.accuracy:.4f} to {last.accuracy:.4f}"
            )
    return "; ".join(parts) + "."
