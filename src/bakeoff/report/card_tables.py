"""The leaderboard of a card as tables of text: how the contestants compare, and what each reached on the test rows."""

from collections.abc import Mapping
from typing import Any

from bakeoff.classifiers import title
from bakeoff.evaluation.results import ClassMetrics
from bakeoff.formatting import (
    NONE,
    format_difference,
    format_interval,
    format_p_value,
    one_line,
)
from bakeoff.metrics import METRICS
from bakeoff.store.card import Card, ToLeader

Row = tuple[str, ...]

TEST = {
    "accuracy": "Accuracy",
    "precision_macro": "Precision",
    "balanced_accuracy": "Balanced acc.",
    "f1_macro": "F1",
}
BALANCED = "Balanced accuracy is the mean recall over the classes."
MOST_CLASSES = 8  # side by side, where there is no room for more
INTERVAL = "95 % interval"
SPREAD = "± is the variation of the procedure from fold to fold, not the error of a model."


def race_table(card: Card) -> tuple[Row, list[Row]]:
    """Cross-validation: each contestant's mean, and how it compares with the leader."""
    header = ("Classifier", "CV mean", "±", "To the leader", INTERVAL, "p", "p (Holm)", "Verdict")
    rows: list[Row] = []
    for name, scores in card.classifiers.items():
        beside = scores.to_leader
        figures = (
            (
                format_signed(beside.difference),
                format_interval(beside.interval),
                format_p_value(beside.p_value),
                format_p_value(beside.p_holm),
            )
            if beside
            else (NONE,) * 4
        )
        if scores.status != "ok":
            verdict = scores.status
        elif beside:
            verdict = _verdict(beside, card)
        else:
            verdict = "leader" if name == card.selection.leader else NONE  # an older card names none
        rows.append((title(name), format_score(scores.cv_mean), format_score(scores.cv_std), *figures, verdict))
    return header, rows


def _verdict(beside: ToLeader, card: Card) -> str:
    """`tied` or `behind`; with the reason where the interval alone would say otherwise."""
    low, high = beside.interval
    if beside.tied:
        return "tied" if low <= 0 <= high else f"tied: p = {format_p_value(beside.p_holm)} among all pairs"
    if not low <= 0 <= high:
        return "behind"
    if beside.p_holm < card.selection.alpha:
        return f"behind: p = {format_p_value(beside.p_holm)} among all pairs"
    return f"behind: {format_difference(-beside.difference - beside.margin)} over the margin"


def list_reasons(card: Card) -> list[str]:
    """A sentence for each verdict that the interval beside it would not give."""
    rows = [(row[0], *row[-1].split(": ", 1)) for row in race_table(card)[1] if ": " in row[-1]]
    holds = {"tied": "excludes", "behind": "holds"}
    return [f"{name} is {word} ({why}), though its interval {holds[word]} 0." for name, word, why in rows]


def result_table(card: Card) -> tuple[Row, list[Row]]:
    """What each fitted contestant reached on the test rows, with intervals of the accuracy and of what they race by."""
    scoring = card.selection.scoring
    shown = dict(TEST) if scoring in TEST else {**TEST, scoring: METRICS[scoring].title}
    within = {"accuracy", scoring}
    heads = [text for metric, name in shown.items() for text in ((name, INTERVAL) if metric in within else (name,))]
    rows = []
    for name, scores in card.classifiers.items():
        test = scores.test or {}
        row = [title(name)]
        for metric in shown:
            older = test.get("recall_macro") if metric == "balanced_accuracy" else None  # what an older card has
            ends = [format_interval(scores.interval(metric))] if metric in within else []
            row += [format_score(test.get(metric, older)), *ends]
        predicted, seconds, speed = scores.predicted_seconds, scores.fit_seconds, scores.predict_rows_per_second
        row += [
            NONE if predicted is None else f"{predicted:,.2f}",
            NONE if seconds is None else f"{seconds:,.2f}",
            NONE if speed is None else f"{speed:,.0f}",
            scores.status,
        ]
        rows.append(tuple(row))
    return ("Classifier", *heads, "Predicted (s)", "Fit (s)", "Rows/s", "Status"), rows


def recall_table(card: Card, most: int | None = MOST_CLASSES) -> tuple[Row, list[Row], str | None]:
    """Of each contestant's test rows of a class, the share that it found.

    Args:
        most: of more classes than these, those with the lowest recall of the winner are shown; None for all.

    Returns:
        the table, and a sentence where classes are left out.
    """
    reports = {name: scores.report for name, scores in card.classifiers.items() if scores.report}
    winner = card.winner.report
    classes, note = [name for name in winner if winner[name].support], None
    if most is not None and len(classes) > most:
        note = f"The {most} of {len(classes)} classes with the lowest recall of {title(card.classifier)}."
        worst = sorted(classes, key=lambda name: winner[name].recall)[:most]
        classes = [name for name in classes if name in worst]
    rows = [
        (title(contestant), *(format_score(report[name].recall if name in report else None) for name in classes))
        for contestant, report in reports.items()
    ]
    return ("Recall by class", *classes), rows, note


def headline(card: Card) -> str:
    """What the exported model may be expected to reach."""
    interval = card.winner.interval()
    reached = f"Accuracy {card.winner.test['accuracy']:.4f} on {card.rows.test:,} test rows"
    return (
        f"{reached}, 95 % interval {format_interval(interval)}: this model, on rows like these."
        if interval
        else f"{reached}."
    )


def contestant_rows(card: Card) -> list[dict[str, str]]:
    """Both tables as one, for Prefect's pages: each figure with its interval in brackets behind it."""
    (header, race), (other, results) = race_table(card), result_table(card)
    winner = title(card.classifier)
    rows = []
    for left, right in zip(race, results):
        row = {"Winner": "★" if left[0] == winner else ""}
        for name, cell in zip([*header, *other[1:-1]], [*left, *right[1:-1]]):
            if name != INTERVAL:
                figure = name
                row[figure] = cell
            elif cell != NONE:
                row[figure] += f" ({cell})"
        rows.append(row)
    reasons = [scores.reason or "" for scores in card.classifiers.values()]
    return [row | {"Reason": one_line(reason)} for row, reason in zip(rows, reasons)] if any(reasons) else rows


def format_score(value: float | None) -> str:
    """Four decimals."""
    return NONE if value is None else f"{value:.4f}"


def format_signed(value: float) -> str:
    """Four decimals behind a sign."""
    return f"{value:+.4f}" if abs(value) >= 0.00005 else f"{abs(value):.4f}"


def report_table(report: Mapping[str, ClassMetrics]) -> tuple[Row, list[Row]]:
    """A classification report, a line a class."""
    header = ("Class", "Precision", "Recall", "F1", "Rows")
    rows = [
        (name, *map(format_score, (line.precision, line.recall, line.f1)), f"{line.support:,}")
        for name, line in report.items()
    ]
    return header, rows


def read_class_metrics(evaluation: Mapping[str, Any]) -> dict[str, ClassMetrics]:
    """The classification report in the evaluation of a prediction's summary."""
    return {name: ClassMetrics(**line) for name, line in evaluation["report"].items()}


def describe_origin(card: Card) -> list[tuple[str, str]]:
    """Which rows, classes and libraries a version was made of."""
    rows = card.rows
    facts = [
        ("version", card.version),
        ("rows", f"{rows.train:,} training, {rows.test:,} test, {rows.validation:,} validation"),
        ("target", f"{card.target}: {len(card.classes)} classes"),
        ("features", f"{len(card.features)}"),
        ("data (SHA-256)", card.data_sha256),
        ("model (SHA-256)", card.files["model.joblib"].sha256),
    ]
    return facts + list(card.environment.items())
