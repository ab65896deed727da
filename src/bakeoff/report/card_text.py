"""Sentences about a card: choice, calibration, costs, warnings. Older cards hold less and give fewer sentences."""

from bakeoff.classifiers import title
from bakeoff.formatting import format_cost, format_parameters, format_seconds
from bakeoff.metrics import METRICS
from bakeoff.store.card import Card
from bakeoff.store.contents.contestants import Search

METHODS = {
    "isotonic": "isotonic regression",
    "sigmoid": "a sigmoid (Platt's method)",
    "temperature": "a temperature, one factor for all scores",
}
NAIVE = "scores taken for log-odds"


def describe_choice(card: Card) -> str:
    """Why the winner won, as a sentence."""
    why = card.selection.why
    return f"{why[0].upper()}{why[1:]}."


def warn_of_baseline(card: Card) -> list[str]:
    """The sentence that comes first if the winner is no better than the baseline; empty if it is, or in older cards."""
    warning = card.baseline and card.baseline.warning
    return [f"{warning[0].upper()}{warning[1:]}."] if warning else []


def list_baseline(card: Card) -> list[str]:
    """What the baseline predicts, as a sentence; empty for older cards."""
    if not card.baseline:
        return []
    return [f"The baseline always answers {card.baseline.answer!r}; its probabilities are the class shares."]


def list_troubles(card: Card) -> list[str]:
    """A sentence for each contestant that did not finish."""
    return [
        f"{title(contestant)} {scores.status}: {scores.reason}"
        for contestant, scores in card.classifiers.items()
        if scores.status != "ok"
    ]


def list_approximations(card: Card) -> list[str]:
    """A sentence for each contestant that was fitted approximately."""
    return [
        f"{title(contestant)}: fitted by Nystroem's features of {approximation.components:,} landmarks; the exact fit "
        f"was predicted to take {format_seconds(approximation.exact_seconds)} on one core."
        for contestant, scores in card.classifiers.items()
        if (approximation := scores.approximation)
    ]


def list_searches(card: Card) -> list[str]:
    """A sentence for each contestant whose parameters were searched."""
    return [
        f"{title(contestant)}: {format_parameters(search.chosen)}, chosen from {len(search.trials):,} combinations; "
        f"{_count_alike(search)} of {len(search.by_fold)} folds chose the same."
        for contestant, scores in card.classifiers.items()
        if (search := scores.search)
    ]


def _count_alike(search: Search) -> int:
    return sum(chosen == search.chosen for chosen in search.by_fold)


def describe_calibration(card: Card) -> str | None:
    """The winner's Brier score before and after calibration; None if it was not measured."""
    calibration = card.calibration
    if not calibration or calibration.brier_before is None:
        return None
    # Older cards sum over both of two classes, which doubles the figure.
    scale = 0.5 if len(card.classes) == 2 and card.brier_halved is None else 1.0
    before, on = f"{scale * calibration.brier_before:.4f}", f"on {calibration.rows:,} out-of-fold rows"
    whose = title(card.classifier)
    whose = whose[0].upper() + whose[1:]
    if calibration.method is None or calibration.brier_after is None:
        return f"{whose} has probabilities of its own: Brier score {before} {on}."
    method = f"{whose}'s probabilities are calibrated by {METHODS[calibration.method]}"
    after = f"{scale * calibration.brier_after:.4f}"
    origin = "its own probabilities" if calibration.own_probabilities else NAIVE
    return f"{method}: Brier score {after} {on}, {before} before ({origin})."


def explain_brier(card: Card) -> str:
    """Define the Brier score, which for two classes is half the sum over both."""
    two = len(card.classes) == 2
    over = "of one of the two classes: 0 is perfect, 1" if two else "summed over the classes: 0 is perfect, 2"
    definition = (
        "The Brier score is the mean over the rows of the squared differences between probabilities and outcomes"
    )
    return f"{definition}, {over} the worst."


def describe_disagreement(card: Card) -> str | None:
    """How often another class than the predicted one is the most probable, by contestant; None in older cards."""
    shares = {name: scores.disagreement for name, scores in card.classifiers.items() if scores.disagreement is not None}
    if not shares:
        return None
    listed = ", ".join(f"{title(name)} {100 * share:.1f} %" for name, share in shares.items())
    return f"Test rows whose predicted class is not the most probable one: {listed}."


def describe_decision(card: Card) -> str | None:
    """What deciding by least expected cost gains; None if the config has no costs."""
    decision = card.decision
    if not decision:
        return None
    gain, before, after, ends = decision.gain, decision.mean_cost_before, decision.mean_cost_after, decision.interval
    if gain is None or before is None or after is None:
        return "Decisions are made by least expected cost; there are no rows to measure the gain on."
    within = f" (95 % interval {format_cost(ends[0])} to {format_cost(ends[1])})" if ends else ""
    return (
        f"Decisions by least expected cost: {format_cost(after)} a row instead of "
        f"{format_cost(before)} by its own predictions, a gain of {format_cost(gain)}{within} on "
        f"{decision.rows:,} out-of-fold rows."
    )


TIDIED = "What was done to the table"


def format_warnings(card: Card) -> list[str]:
    """The card's warnings as sentences."""
    return [f"Beware: {warning}." for warning in card.warnings]


MOST_NAMED = 3


def name_columns(card: Card) -> list[str]:
    """The columns that matter most, as a sentence; empty where importance was not measured."""
    if not card.importance:
        return []
    scoring = card.selection.scoring
    metric = METRICS[scoring].title if scoring in METRICS else scoring
    first = [column for column in card.importance.columns if column.interval[0] > 0][:MOST_NAMED]
    if not first:
        return [f"No single column matters beyond chance: shuffling it hardly lowers {metric}."]
    falls = ", ".join(f"{column.name} ({column.drop:.4f})" for column in first)
    return [f"The columns that matter most, by the fall of {metric} when shuffled: {falls}."]
