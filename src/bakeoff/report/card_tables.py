"""Tables of text from a card: cross-validation, test scores, recall by class, and where the version comes from."""

from collections.abc import Mapping
from math import inf
from typing import Any

from bakeoff.classifiers import title
from bakeoff.evaluation.results import ClassMetrics
from bakeoff.formatting import (
    NONE,
    format_difference,
    format_interval,
    format_p_value,
    format_parameters,
    one_line,
)
from bakeoff.metrics import MAJORITY, METRICS
from bakeoff.store.card import Card
from bakeoff.store.contents.contestants import Baseline, Contestant, ToLeader

Row = tuple[str, ...]

TEST = {
    "accuracy": "Accuracy",
    "precision_macro": "Precision",
    "balanced_accuracy": "Balanced acc.",
    "f1_macro": "F1",
}
BALANCED = "Balanced accuracy is the mean recall over the classes."
MOST_CLASSES = 8  # columns that fit on a narrow page
INTERVAL = "95 % interval"
SPREAD = "± is the variation of the procedure from fold to fold, not the error of a model."


def race_table(card: Card) -> tuple[Row, list[Row]]:
    """The cross-validation table: the mean of each contestant and the baseline, and its comparison with the leader."""
    header = ("Classifier", "CV mean", "±", "To the leader", INTERVAL, "p", "p (Holm)", "Verdict")
    rows: list[Row] = []
    for name, scores in card.leaderboard.items():
        comparison = scores.to_leader
        figures = (
            (
                format_signed(comparison.difference),
                format_interval(comparison.interval),
                format_p_value(comparison.p_value),
                format_p_value(comparison.p_holm),
            )
            if comparison
            else (NONE,) * 4
        )
        if isinstance(scores, Baseline):
            verdict = "beaten" if card.selection.leader in scores.beaten_by else "unbeaten"
        elif scores.status != "ok":
            verdict = scores.status
        elif comparison:
            verdict = _verdict(comparison, card)
        else:
            verdict = "leader" if name == card.selection.leader else NONE  # older cards don't name the leader
        rows.append((title(name), format_score(scores.cv_mean), format_score(scores.cv_std), *figures, verdict))
    return header, rows


def _verdict(comparison: ToLeader, card: Card) -> str:
    """Return `tied` or `worse`, with the reason if the interval alone suggests otherwise."""
    low, high = comparison.interval
    if comparison.tied:
        return "tied" if low <= 0 <= high else f"tied: p = {format_p_value(comparison.p_holm)} among all pairs"
    if not low <= 0 <= high:
        return "worse"
    if comparison.p_holm < card.selection.alpha:
        return f"worse: p = {format_p_value(comparison.p_holm)} among all pairs"
    return f"worse: {format_difference(-comparison.difference - comparison.margin)} over the margin"


def list_reasons(card: Card) -> list[str]:
    """Explain, in a sentence each, the verdicts that differ from what the interval alone suggests."""
    rows = [(row[0], *row[-1].split(": ", 1)) for row in race_table(card)[1] if ": " in row[-1]]
    holds = {"tied": "excludes", "worse": "contains"}
    return [f"{name} is {word} ({why}), though its interval {holds[word]} 0." for name, word, why in rows]


def result_table(card: Card) -> tuple[Row, list[Row]]:
    """The table of test scores and times, with intervals of the accuracy and of the metric that ranks contestants."""
    scoring = card.selection.scoring
    shown = dict(TEST) if scoring in TEST else {**TEST, scoring: METRICS[scoring].title}
    within = {"accuracy", scoring}
    heads = [text for metric, name in shown.items() for text in ((name, INTERVAL) if metric in within else (name,))]
    rows = []
    for name, scores in card.leaderboard.items():
        test = scores.test or {}
        row = [title(name)]
        for metric in shown:
            ends = [format_interval(scores.interval(metric))] if metric in within else []
            value = balanced_accuracy(scores) if metric == "balanced_accuracy" else test.get(metric)
            row += [format_score(value), *ends]
        predicted, seconds, speed = scores.predicted_seconds, scores.fit_seconds, scores.predict_rows_per_second
        row += [
            NONE if predicted is None else f"{predicted:,.2f}",
            NONE if seconds is None else f"{seconds:,.2f}",
            NONE if speed is None else f"{speed:,.0f}",
            scores.status,
        ]
        rows.append(tuple(row))
    return ("Classifier", *heads, "Predicted (s)", "Fit (s)", "Rows/s", "Status"), rows


def training_table(card: Card) -> tuple[Row, list[Row]] | None:
    """The table of the winner's scores on training and test rows; None for older cards."""
    if not card.training:
        return None
    train, test, scoring = card.training.scores, card.winner.test, card.selection.scoring
    shown = TEST | {scoring: TEST.get(scoring, METRICS[scoring].title)}
    header = ("Metric", f"{card.training.rows:,} training rows", f"{card.rows.test:,} test rows")
    return header, [
        (name, format_score(train.get(metric)), format_score(test.get(metric)))
        for metric, name in shown.items()
        if metric in train or metric in test
    ]


def search_tables(card: Card) -> list[tuple[str, Row, list[Row]]]:
    """For each contestant with a search its name, and the table of what was tried, the best first."""
    header = ("Parameters", "Mean", "Folds", "±")
    tables: list[tuple[str, Row, list[Row]]] = []
    for name, scores in card.classifiers.items():
        if search := scores.search:
            ranked = sorted(search.trials, key=lambda trial: inf if trial.mean is None else -trial.mean)
            rows: list[Row] = [
                (
                    format_parameters(trial.parameters),
                    format_score(trial.mean),
                    f"{search.by_fold.count(trial.parameters)}",
                    trial.reason or format_score(trial.std),
                )
                for trial in ranked
            ]
            tables.append((title(name), header, rows))
    return tables


def recall_table(card: Card, most: int | None = MOST_CLASSES) -> tuple[Row, list[Row], str | None]:
    """The table of each contestant's and the baseline's recall by class, on the test rows.

    Args:
        card: the version's card.
        most: the most classes to show, those with the winner's lowest recall; None for all.

    Returns:
        The header, the rows, and a sentence if classes are left out.
    """
    reports = {name: scores.report for name, scores in card.leaderboard.items() if scores.report}
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


def balanced_accuracy(scores: Contestant) -> float | None:
    """The balanced accuracy on the test rows, which older cards call `recall_macro`; None without test scores."""
    test = scores.test or {}
    return test.get("balanced_accuracy", test.get("recall_macro"))


def shown_balanced(card: Card) -> float | None:
    """The winner's balanced accuracy if its accuracy needs it beside it, else None.

    That is if accuracy decided, and one class has over 90 % of the training rows (in older cards: of the test rows).
    """
    counts = card.class_counts or {name: line.support for name, line in card.winner.report.items()}
    uneven = max(counts.values(), default=0) > MAJORITY * sum(counts.values())
    return balanced_accuracy(card.winner) if uneven and card.selection.scoring == "accuracy" else None


def format_accuracy(accuracy: float, balanced: float | None) -> str:
    """Format an accuracy, as `0.9672`, or with what `shown_balanced` returns as `0.9672 (balanced 0.5000)`."""
    return f"{accuracy:.4f}" + ("" if balanced is None else f" (balanced {balanced:.4f})")


def headline(card: Card) -> str:
    """The winner's accuracy on the test rows with its interval, as a sentence."""
    interval, balanced = card.winner.interval(), shown_balanced(card)
    beside, of = ("", "") if balanced is None else (f", balanced accuracy {balanced:.4f},", " of the accuracy")
    reached = f"Accuracy {card.winner.test['accuracy']:.4f}{beside} on {card.rows.test:,} test rows"
    return (
        f"{reached}, 95 % interval{of} {format_interval(interval)}: this model, on rows like these."
        if interval
        else f"{reached}."
    )


def contestant_rows(card: Card) -> list[dict[str, str]]:
    """Both tables in one, for Prefect's pages: each figure is followed by its interval in brackets."""
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
    reasons = [scores.reason or "" for scores in card.leaderboard.values()]
    return [row | {"Reason": one_line(reason)} for row, reason in zip(rows, reasons)] if any(reasons) else rows


def format_score(value: float | None) -> str:
    """Format a score with four decimals."""
    return NONE if value is None else f"{value:.4f}"


def format_signed(value: float) -> str:
    """Format a difference with its sign and four decimals; without a sign if it rounds to zero."""
    return f"{value:+.4f}" if abs(value) >= 0.00005 else f"{abs(value):.4f}"


def report_table(report: Mapping[str, ClassMetrics]) -> tuple[Row, list[Row]]:
    """A classification report as a table with one row per class."""
    header = ("Class", "Precision", "Recall", "F1", "Rows")
    rows = [
        (name, *map(format_score, (line.precision, line.recall, line.f1)), f"{line.support:,}")
        for name, line in report.items()
    ]
    return header, rows


def read_class_metrics(evaluation: Mapping[str, Any]) -> dict[str, ClassMetrics]:
    """Read the classification report from the evaluation in a prediction's summary.json."""
    return {name: ClassMetrics(**line) for name, line in evaluation["report"].items()}


def describe_origin(card: Card) -> list[tuple[str, str]]:
    """Facts about a version by name: its rows, target, digests and library versions."""
    rows = card.rows
    facts = [
        ("version", card.version),
        ("rows", f"{rows.train:,} training, {rows.test:,} test, {rows.validation:,} hold-out"),
        ("target", f"{card.target}: {len(card.classes)} classes"),
        ("features", f"{len(card.features)}"),
        ("data (SHA-256)", card.data_sha256),
        ("model (SHA-256)", card.files["model.joblib"].sha256),
    ]
    return facts + list(card.environment.items())
