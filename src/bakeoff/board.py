"""The leaderboard of a card as tables of text: how the contestants compare, and what each reached on the test rows."""

from typing import Any

from bakeoff.classifiers import title
from bakeoff.metrics import METRICS
from bakeoff.sentences import NONE, say_interval, say_p

Row = tuple[str, ...]

TEST = {"accuracy": "Accuracy", "precision_macro": "Precision", "recall_macro": "Recall", "f1_macro": "F1"}
INTERVAL = "95 % interval"
SPREAD = "± is the variation of the procedure from fold to fold, not the error of a model."


def race_table(card: dict[str, Any]) -> tuple[Row, list[Row]]:
    """Cross-validation: each contestant's mean, and how it compares with the leader."""
    selection = card["selection"]
    header = ("Classifier", "CV mean", "±", "To the leader", INTERVAL, "p", "p (Holm)", "Verdict")
    rows: list[Row] = []
    for name, scores in card["classifiers"].items():
        beside = scores.get("to_leader")
        figures = (
            (
                signed(beside["difference"]),
                say_interval(beside["interval"]),
                say_p(beside["p_value"]),
                say_p(beside["p_holm"]),
            )
            if beside
            else (NONE,) * 4
        )
        if scores["status"] != "ok":
            verdict = str(scores["status"])
        elif beside:
            verdict = "tied" if beside["tied"] else "behind"
        else:
            verdict = "leader" if name == selection.get("leader") else NONE  # an older card names none
        rows.append((title(name), figure(scores["cv_mean"]), figure(scores["cv_std"]), *figures, verdict))
    return header, rows


def result_table(card: dict[str, Any]) -> tuple[Row, list[Row]]:
    """What each fitted contestant reached on the test rows, with intervals of the accuracy and of what they race by."""
    scoring = card["selection"].get("scoring", "accuracy")
    shown = dict(TEST) if scoring in TEST else {**TEST, scoring: METRICS[scoring].title}
    within = {"accuracy", scoring}
    heads = [text for metric, name in shown.items() for text in ((name, INTERVAL) if metric in within else (name,))]
    rows = []
    for name, scores in card["classifiers"].items():
        test, intervals = scores["test"] or {}, scores.get("test_intervals") or {}
        row = [title(name)]
        for metric in shown:
            row += [figure(test.get(metric)), *([say_interval(intervals.get(metric))] if metric in within else [])]
        seconds, speed = scores["fit_seconds"], scores["predict_rows_per_second"]
        row += [
            NONE if seconds is None else f"{seconds:.2f}",
            NONE if speed is None else f"{speed:,.0f}",
            scores["status"],
        ]
        rows.append(tuple(row))
    return ("Classifier", *heads, "Fit (s)", "Rows/s", "Status"), rows


def headline(card: dict[str, Any]) -> str:
    """What the exported model may be expected to reach."""
    winner = card["classifiers"][card["classifier"]]
    accuracy, interval = winner["test"]["accuracy"], (winner.get("test_intervals") or {}).get("accuracy")
    reached = f"Accuracy {accuracy:.4f} on {card['rows']['test']:,} test rows"
    return (
        f"{reached}, 95 % interval {say_interval(interval)}: this model, on rows like these."
        if interval
        else f"{reached}."
    )


def contestant_rows(card: dict[str, Any]) -> list[dict[str, str]]:
    """Both tables as one, for Prefect's pages: each figure with its interval in brackets behind it."""
    (header, race), (other, results) = race_table(card), result_table(card)
    winner = title(card["classifier"])
    rows = []
    for left, right in zip(race, results):
        row = {"Winner": "★" if left[0] == winner else ""}
        for name, cell in zip([*header, *other[1:-1]], [*left, *right[1:-1]]):
            if name != INTERVAL:
                row[name] = cell
            elif cell != NONE:
                row[next(reversed(row))] += f" ({cell})"
        rows.append(row)
    reasons = [scores["reason"] or "" for scores in card["classifiers"].values()]
    return [row | {"Reason": reason} for row, reason in zip(rows, reasons)] if any(reasons) else rows


def figure(value: float | None) -> str:
    """Four decimals."""
    return NONE if value is None else f"{value:.4f}"


def signed(value: float) -> str:
    """Four decimals behind a sign."""
    return f"{value:+.4f}" if abs(value) >= 0.00005 else f"{abs(value):.4f}"
