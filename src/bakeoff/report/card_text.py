"""What a card says of its rows, probabilities and decisions, in sentences; of an older card there is less to say."""

from bakeoff.classifiers import title
from bakeoff.formatting import format_cost, format_seconds
from bakeoff.store.card import Card

METHODS = {"isotonic": "isotonic regression", "sigmoid": "a sigmoid (Platt's method)"}
NAIVE = "scores taken for log-odds"


def describe_choice(card: Card) -> str:
    """Why the winner won, as a sentence."""
    why = card.selection.why
    return f"{why[0].upper()}{why[1:]}."


def list_troubles(card: Card) -> list[str]:
    """A sentence for each contestant that did not finish."""
    return [
        f"{title(contestant)} {scores.status}: {scores.reason}"
        for contestant, scores in card.classifiers.items()
        if scores.status != "ok"
    ]


def list_approximations(card: Card) -> list[str]:
    """A sentence for each contestant that was not fitted exactly."""
    return [
        f"{title(contestant)}: fitted by Nystroem's features of {found.components:,} landmarks; the exact fit "
        f"was predicted to take {format_seconds(found.exact_seconds)} on one core."
        for contestant, scores in card.classifiers.items()
        if (found := scores.approximation)
    ]


def describe_calibration(card: Card) -> str | None:
    """How good the winner's probabilities are, before and after; None where it has none."""
    calibration = card.calibration
    if not calibration or calibration.brier_before is None:
        return None
    # Of two classes an older card, which doesn't say, has twice the figure.
    scale = 0.5 if len(card.classes) == 2 and card.brier_halved is None else 1.0
    before, on = f"{scale * calibration.brier_before:.4f}", f"on {calibration.rows:,} out-of-fold rows"
    whose = title(card.classifier)
    whose = whose[0].upper() + whose[1:]
    if calibration.method is None or calibration.brier_after is None:
        return f"{whose} has probabilities of its own: Brier score {before} {on}."
    told = f"{whose}'s probabilities are calibrated by {METHODS[calibration.method]}"
    after = f"{scale * calibration.brier_after:.4f}"
    origin = "its own probabilities" if calibration.own_probabilities else NAIVE
    return f"{told}: Brier score {after} {on}, {before} before ({origin})."


def explain_brier(card: Card) -> str:
    """What the score is, in the convention of its number of classes."""
    two = len(card.classes) == 2
    over = "of one of the two classes: 0 is perfect, 1" if two else "summed over the classes: 0 is perfect, 2"
    told = "The Brier score is the mean over the rows of the squared differences between probabilities and what came"
    return f"{told} true, {over} the worst."


def describe_decision(card: Card) -> str | None:
    """What deciding by cost gains; None without costs."""
    decision = card.decision
    if not decision:
        return None
    gain, before, after, ends = decision.gain, decision.mean_cost_before, decision.mean_cost_after, decision.interval
    if gain is None or before is None or after is None:
        return "Decisions are made by least expected cost; there are no rows to tell what that gains."
    within = f" (95 % interval {format_cost(ends[0])} to {format_cost(ends[1])})" if ends else ""
    return (
        f"Decisions by least expected cost: {format_cost(after)} a row instead of "
        f"{format_cost(before)} by its own predictions, a gain of {format_cost(gain)}{within} on "
        f"{decision.rows:,} out-of-fold rows."
    )


def say_warnings(card: Card) -> list[str]:
    """What to beware of."""
    return [f"Beware: {warning}." for warning in card.warnings]
