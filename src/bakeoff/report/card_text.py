"""What a card says of its rows, probabilities and decisions, in sentences; of an older card there is less to say."""

from typing import Any

from bakeoff.classifiers import title
from bakeoff.formatting import format_cost, format_seconds

METHODS = {"isotonic": "isotonic regression", "sigmoid": "a sigmoid (Platt's method)"}
NAIVE = "scores taken for log-odds"


def describe_choice(card: dict[str, Any]) -> str:
    """Why the winner won, as a sentence."""
    why = card["selection"]["why"]
    return f"{why[0].upper()}{why[1:]}."


def list_troubles(card: dict[str, Any]) -> list[str]:
    """A sentence for each contestant that did not finish."""
    return [
        f"{title(contestant)} {scores['status']}: {scores['reason']}"
        for contestant, scores in card["classifiers"].items()
        if scores["status"] != "ok"
    ]


def list_approximations(card: dict[str, Any]) -> list[str]:
    """A sentence for each contestant that was not fitted exactly."""
    return [
        f"{title(contestant)}: fitted by Nystroem's features of {found['components']:,} landmarks; the exact fit "
        f"was predicted to take {format_seconds(found['exact_seconds'])} on one core."
        for contestant, scores in card["classifiers"].items()
        if (found := scores.get("approximation"))
    ]


def labels(card: dict[str, Any]) -> dict[str, str]:
    """What the probabilities before and after calibration are."""
    calibration = card["calibration"]
    before = "its own probabilities" if calibration["own_probabilities"] else NAIVE
    return {"before": before, "after": f"calibrated ({calibration['method']})"}


def describe_calibration(card: dict[str, Any]) -> str | None:
    """How good the winner's probabilities are, before and after; None where it has none."""
    calibration = card.get("calibration")
    if not calibration or calibration["brier_before"] is None:
        return None
    # Of two classes an older card, which doesn't say, has twice the figure.
    scale = 0.5 if len(card["classes"]) == 2 and "brier_halved" not in card else 1.0
    before, on = f"{scale * calibration['brier_before']:.4f}", f"on {calibration['rows']:,} out-of-fold rows"
    whose = title(card["classifier"])
    whose = whose[0].upper() + whose[1:]
    if calibration["method"] is None:
        return f"{whose} has probabilities of its own: Brier score {before} {on}."
    told = f"{whose}'s probabilities are calibrated by {METHODS[calibration['method']]}"
    after = f"{scale * calibration['brier_after']:.4f}"
    return f"{told}: Brier score {after} {on}, {before} before ({labels(card)['before']})."


def explain_brier(card: dict[str, Any]) -> str:
    """What the score is, in the convention of its number of classes."""
    two = len(card["classes"]) == 2
    over = "of one of the two classes: 0 is perfect, 1" if two else "summed over the classes: 0 is perfect, 2"
    told = "The Brier score is the mean over the rows of the squared differences between probabilities and what came"
    return f"{told} true, {over} the worst."


def describe_decision(card: dict[str, Any]) -> str | None:
    """What deciding by cost gains; None without costs."""
    decision = card.get("decision")
    if not decision:
        return None
    if decision["gain"] is None:
        return "Decisions are made by least expected cost; there are no rows to tell what that gains."
    gain, ends = decision["gain"], decision["interval"]
    within = f" (95 % interval {format_cost(ends[0])} to {format_cost(ends[1])})" if ends else ""
    return (
        f"Decisions by least expected cost: {format_cost(decision['mean_cost_after'])} a row instead of "
        f"{format_cost(decision['mean_cost_before'])} by its own predictions, a gain of {format_cost(gain)}{within} on "
        f"{decision['rows']:,} out-of-fold rows."
    )


def say_warnings(card: dict[str, Any]) -> list[str]:
    """What to beware of."""
    return [f"Beware: {warning}." for warning in card.get("warnings", [])]
