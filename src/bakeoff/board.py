"""The leaderboard of a card as tables of text: how the contestants compare, and what each reached on the test rows."""

from typing import Any

from bakeoff.classifiers import title
from bakeoff.metrics import METRICS

Row = tuple[str, ...]

TEST = {"accuracy": "Accuracy", "precision_macro": "Precision", "recall_macro": "Recall", "f1_macro": "F1"}
NONE = "–"
SPREAD = "± is the variation of the procedure from fold to fold, not the error of a model."
PROMISE = "The 95 % intervals on the test rows are of the fitted models: this model, on rows like these."


def race_table(card: dict[str, Any]) -> tuple[Row, list[Row]]:
    """Cross-validation: each contestant's mean, and how it compares with the leader."""
    selection = card["selection"]
    header = ("Classifier", "CV mean", "±", "To the leader", "95 % interval", "p", "p (Holm)", "Verdict")
    rows: list[Row] = []
    for name, scores in card["classifiers"].items():
        beside = scores.get("to_leader")
        figures = (
            (
                signed(beside["difference"]),
                between(beside["interval"]),
                small(beside["p_value"]),
                small(beside["p_holm"]),
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
    """What each fitted contestant reached on the test rows."""
    scoring = card["selection"].get("scoring", "accuracy")
    judged = {} if scoring in TEST else {scoring: METRICS[scoring].title if scoring in METRICS else scoring}
    header = ("Classifier", "Accuracy", "95 % interval", *_pairs(judged.values()), *list(TEST.values())[1:])
    rows = []
    for name, scores in card["classifiers"].items():
        test, intervals = scores["test"] or {}, scores.get("test_intervals") or {}
        row = [title(name)]
        for metric in ("accuracy", *judged):
            row += [figure(test.get(metric)), between(intervals.get(metric))]
        row += [figure(test.get(metric)) for metric in list(TEST)[1:]]
        seconds, speed = scores["fit_seconds"], scores["predict_rows_per_second"]
        row += [
            NONE if seconds is None else f"{seconds:.2f}",
            NONE if speed is None else f"{speed:,.0f}",
            scores["status"],
        ]
        rows.append(tuple(row))
    return (*header, "Fit (s)", "Rows/s", "Status"), rows


def headline(card: dict[str, Any]) -> str:
    """What the exported model may be expected to reach."""
    winner = card["classifiers"][card["classifier"]]
    accuracy, interval = winner["test"]["accuracy"], (winner.get("test_intervals") or {}).get("accuracy")
    reached = f"Accuracy {accuracy:.4f} on {card['rows']['test']:,} test rows"
    return f"{reached}, 95 % interval {between(interval)}." if interval else f"{reached}."


def contestant_rows(card: dict[str, Any]) -> list[dict[str, str]]:
    """Both tables as one, for Prefect's pages."""
    (header, race), (other, results) = race_table(card), result_table(card)
    winner = title(card["classifier"])
    names = [*header[:4], "Interval of it", *header[5:], *other[1:-1]]
    rows = []
    for left, right, scores in zip(race, results, card["classifiers"].values()):
        row = {"Winner": "★" if left[0] == winner else ""} | dict(zip(names, [*left, *right[1:-1]]))
        rows.append(row | {"Reason": scores["reason"] or ""})
    if not any(row["Reason"] for row in rows):
        for row in rows:
            del row["Reason"]
    return rows


def figure(value: float | None) -> str:
    """Four decimals."""
    return NONE if value is None else f"{value:.4f}"


def signed(value: float) -> str:
    """Four decimals behind a sign."""
    return f"{value:+.4f}"


def between(interval: list[float] | None) -> str:
    """As `0.9883 to 0.9958`."""
    return f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else NONE


def small(p_value: float) -> str:
    """A p-value in two digits."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def _pairs(titles: Any) -> list[str]:
    return [text for name in titles for text in (name, "95 % interval")]
