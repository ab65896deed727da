"""The accuracy of a version's predictions by week, by labels that came later."""

from typing import Any

from bakeoff.formatting import format_interval
from bakeoff.store.history import History

HEADER = ("Week", "Labelled", "Right", "Accuracy", "95 % interval")


def weekly_figures(history: History, version: str) -> list[dict[str, Any]]:
    """Return for each week of a version's predictions the labelled and right ones, and the accuracy with its interval.

    The interval is Wilson's over the predictions, which takes them for independent.
    """
    weeks = history.labels.get(version)
    if not weeks:
        return []
    from bakeoff.evaluation.intervals import wilson_of_share

    figures = []
    for week, (rows, right) in sorted(weeks.items()):
        low, high = wilson_of_share(right / rows, rows)
        figures.append({"week": week, "rows": rows, "right": right, "accuracy": right / rows, "low": low, "high": high})
    return figures


def weekly_rows(history: History, version: str) -> list[tuple[str, ...]]:
    """Return the figures as cells of a table with `HEADER`."""
    return [
        (
            each["week"],
            f"{each['rows']:,}",
            f"{each['right']:,}",
            f"{each['accuracy']:.4f}",
            format_interval((each["low"], each["high"])),
        )
        for each in weekly_figures(history, version)
    ]


def describe_in_use(history: History, version: str) -> str | None:
    """Say the accuracy over all weeks in a phrase; None without labels."""
    weeks = history.labels.get(version)
    if not weeks:
        return None
    from bakeoff.evaluation.intervals import wilson_of_share

    rows, right = (sum(figures[i] for figures in weeks.values()) for i in (0, 1))
    interval = format_interval(wilson_of_share(right / rows, rows))
    return f"accuracy in use {right / rows:.4f} ({interval}), {right:,} of {rows:,} labelled predictions"
