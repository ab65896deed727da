"""Whether a challenger takes the champion's place, and the sentence that says why: a pure function over numbers."""

from dataclasses import dataclass
from math import ceil, isfinite, log
from typing import Any, Literal

from bakeoff.config import PromotionConfig
from bakeoff.evaluation.results import Comparison, say_evidence
from bakeoff.formatting import format_difference, format_interval
from bakeoff.metrics import METRICS, MetricName

Outcome = Literal["promote", "keep"]
RARE = 30  # rows of a class: a bootstrap of fewer finds differences too easily
FEW = 20  # groups, likewise, and a t-test of groups that happen to agree


@dataclass(frozen=True, kw_only=True)
class ChampionComparison:
    """What came of challenger and champion on the same fresh rows.

    Attributes:
        test_rows: the challenger's test rows.
        fresh_rows: those of them that the champion was never trained on; None where that is not on record.
        recognised: how the fresh rows were told: by origin, position or contents.
        challenger_score: on the fresh rows; None where there are too few to ask.
        comparison: the challenger less the champion, one-sided.
        rarest_class: of the fresh rows, and how many there are of it.
        fresh_groups: how many groups the fresh rows are of, where the split is by group.
        obstacle: why the two can't be compared.
        unusable: why the champion can't answer at all any more.
    """

    test_rows: int
    fresh_rows: int | None = None
    recognised: str | None = None
    challenger_score: float | None = None
    champion_score: float | None = None
    comparison: Comparison | None = None
    rarest_class: str | None = None
    rarest_rows: int | None = None
    fresh_groups: int | None = None
    obstacle: str | None = None
    unusable: str | None = None


@dataclass(frozen=True)
class PromotionDecision:
    """What is to be done, one sentence, and the figures behind it."""

    outcome: Outcome
    why: str
    figures: dict[str, Any]


def decide(meeting: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> PromotionDecision:
    """Decide by `promotion.rule: significant`.

    The challenger is promoted when it is better on rows that neither was trained on, by a one-sided test at level
    `alpha` and by `min_gain` at least; or when the champion can't answer any more. Everything else keeps the champion.
    """
    figures = _figures(meeting, scoring, config)
    if meeting.unusable is not None:
        return PromotionDecision("promote", f"the champion can't be used any more: {meeting.unusable}", figures)
    if undecided := _find_obstacle(meeting, scoring, config):
        return PromotionDecision("keep", f"not decided: {undecided}", figures)
    return PromotionDecision(*_judge(meeting, scoring, config), figures)


def _find_obstacle(meeting: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> str | None:
    """Why nothing can be said, for want of rows or of something to compare."""
    fresh, beside = meeting.fresh_rows, meeting.comparison
    if meeting.obstacle is not None:
        return f"champion and challenger can't be compared, {meeting.obstacle}; bakeoff models promote decides by hand"
    if fresh is None:
        return "which rows the champion was trained on is not on record, so none is known to be new to it"
    if fresh < config.min_rows or beside is None:
        return (
            f"too few fresh rows, {fresh:,} of {meeting.test_rows:,} test rows are new to the champion, and "
            f"promotion.min_rows asks for {config.min_rows:,}"
        )
    return _find_weakness(meeting, beside, METRICS[scoring].title, config.alpha)


def _find_weakness(meeting: ChampionComparison, beside: Comparison, metric: str, alpha: float) -> str | None:
    """Why the comparison tells nothing, whatever its p-value."""
    if not isfinite(beside.difference):
        return f"{metric} is not defined on the {meeting.fresh_rows:,} fresh rows"
    if meeting.fresh_groups is not None and meeting.fresh_groups < FEW:
        return (
            f"too few fresh groups, {meeting.fresh_groups}, and rows of a group are no independent rows; it takes {FEW}"
        )
    if beside.test == "bootstrap" and (meeting.rarest_rows or 0) < RARE:
        return (
            f"too few fresh rows of class {meeting.rarest_class!r}, {meeting.rarest_rows}, and {metric}, in which each "
            f"class weighs alike, takes {RARE}"
        )
    if beside.wins is not None and beside.losses is not None:
        discordant, needed = beside.wins + beside.losses, needed_discordant_rows(alpha)
        if discordant < needed:
            return (
                f"too few rows tell the two apart, {discordant} of {meeting.fresh_rows:,} fresh rows, and at level "
                f"{alpha:g} it takes {needed}"
            )
    return None


def _judge(meeting: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> tuple[Outcome, str]:
    beside = meeting.comparison
    assert beside is not None
    scores = f"{METRICS[scoring].title} {meeting.challenger_score:.4f} against {meeting.champion_score:.4f}"
    told = f"on {meeting.fresh_rows:,} fresh rows: {scores} ({say_evidence(beside)})"
    if beside.difference <= 0:
        return "keep", f"not better {told}"
    if beside.p_value > config.alpha:
        return "keep", f"not better beyond chance {told}"
    if beside.difference < config.min_gain:
        small = f"but by {beside.difference:.4g} only, and promotion.min_gain asks for {config.min_gain:g}"
        return "keep", f"better {told}, {small}"
    level = f"{100 * (1 - 2 * config.alpha):g} % interval"
    gain = f"a gain of {format_difference(beside.difference)}, {level} {format_interval(beside.interval)}"
    return "promote", f"better {told}, {gain}"


def needed_discordant_rows(alpha: float) -> int:
    """How many rows that only one of two models has right it takes to be sure, should all of them speak for one."""
    return ceil(log(alpha) / log(0.5) - 1e-12)


def _figures(meeting: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> dict[str, Any]:
    """All that was measured, for the journal."""
    beside = meeting.comparison
    told: dict[str, Any] = {
        "metric": scoring,
        "test_rows": meeting.test_rows,
        "fresh_rows": meeting.fresh_rows,
        "fresh_groups": meeting.fresh_groups,
        "recognised_by": meeting.recognised,
        "challenger_score": meeting.challenger_score,
        "champion_score": meeting.champion_score,
        "alpha": config.alpha,
        "min_gain": config.min_gain,
    }
    if beside is not None:
        told |= {
            "gain": beside.difference,
            "gain_low": beside.interval[0],
            "gain_high": beside.interval[1],
            "gain_level": 1 - 2 * config.alpha,
            "p_value": beside.p_value,
            "test": beside.test,
            "rows_better": beside.wins,
            "rows_worse": beside.losses,
        }
    return {
        name: value for name, value in told.items() if isinstance(value, str) or (value is not None and isfinite(value))
    }
