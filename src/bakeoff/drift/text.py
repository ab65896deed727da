"""The entry `drift` of summary.json in sentences."""

from collections.abc import Mapping
from typing import Any

from bakeoff.formatting import format_count

SHOWN = 3  # columns that are named

Entry = Mapping[str, Any]


def describe_verdict(drift: Entry) -> str:
    """Describe the verdict and its reasons, as `Drift: watch, 990 rows against 7,000 of training: fee by 0.12`."""
    rows = f"{drift['rows']:,} rows against {drift['training_rows']:,} of training"
    if drift.get("trained_on"):  # older summaries don't have it
        rows += " (by their columns alone, since training rows are among them)"
    if drift["verdict"] == "stable":
        return f"Drift: stable, {rows}."
    columns = moved_columns(drift)
    named = [f"{name} by {column['size']:.2f}" for name, column in list(columns.items())[:SHOWN]]
    if len(columns) > SHOWN:
        named.append(format_count(len(columns) - SHOWN, "other column"))
    prediction, accuracy = drift["prediction"], drift["accuracy"]
    for what, entry in (("predicted classes", prediction), ("confidence", prediction["confidence"])):
        if entry and entry["verdict"] != "stable":
            named.append(f"{what} by {entry['size']:.2f}")
    if accuracy and accuracy["verdict"] not in (None, "stable"):
        named.append(f"accuracy from {accuracy['test']:.4f} to {accuracy['value']:.4f}")
    return f"Drift: {drift['verdict']}, {rows}: {', '.join(named)}."


def moved_columns(drift: Entry) -> dict[str, Entry]:
    """The columns that are not stable, the largest difference first."""
    return {name: column for name, column in drift["columns"].items() if column["verdict"] != "stable"}


def describe_accuracy(drift: Entry) -> str | None:
    """Describe the accuracy that is to be expected without labels, or why there is none; None if labels tell it."""
    estimate = drift["estimated_accuracy"]
    if drift["accuracy"]:
        return None
    if estimate["reason"] == "out of support":
        return (
            f"Accuracy is not estimated: {100 * estimate['outside']:.0f} % of the rows are unlike all training rows "
            "(out of support)."
        )
    if estimate["value"] is None:
        return None
    low, high = estimate["interval"]
    return (
        f"Estimated accuracy without labels: {estimate['value']:.4f} ({low:.4f} to {high:.4f}); on held-out rows it "
        f"was {estimate['held_out']:.4f}."
    )


def describe_drift(summary: Mapping[str, Any]) -> list[str]:
    """Describe the drift of a run's summary in sentences; none in summaries of older releases."""
    if "drift" not in summary:
        return []
    drift = summary["drift"]
    if drift is None:
        return ["Drift was not checked: the version was trained by an older Bakeoff and has no profile of its rows."]
    return [describe_verdict(drift), *filter(None, [describe_accuracy(drift)])]
