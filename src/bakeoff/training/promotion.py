"""Decide whether a challenger replaces the champion, and explain why: a pure function of numbers."""

from dataclasses import dataclass
from math import ceil, isfinite, log
from typing import Any

from bakeoff.config import PromotionConfig
from bakeoff.evaluation.results import Comparison, format_evidence
from bakeoff.formatting import format_difference, format_interval
from bakeoff.metrics import METRICS, MetricName
from bakeoff.training.results import Outcome, PromotionDecision

RARE = 30  # rows of the rarest class: with fewer, the bootstrap finds differences too often
ALWAYS = "promotion.rule is always"
FEW = 20  # groups: with fewer, so do the bootstrap and the t-test over groups


@dataclass(frozen=True, kw_only=True)
class ChampionComparison:
    """The comparison of challenger and champion on the same fresh rows.

    Attributes:
        test_rows: the number of the challenger's test rows.
        fresh_rows: the number of test rows that the champion was not trained on; None if that is not known.
        recognised: how fresh rows were recognised: by origin, position or contents.
        challenger_score: the challenger's score on the fresh rows; None if they are too few.
        champion_score: the champion's score on the fresh rows; None if they are too few.
        comparison: the difference, challenger minus champion, with a one-sided test.
        rarest_class: the rarest class of the fresh rows.
        rarest_rows: the number of fresh rows of that class.
        fresh_groups: the number of groups among the fresh rows; None if the split is not by group.
        look: how many challengers the champion has met since it became champion, with this one.
        new_looks: the p-values of earlier looks, each at rows that no other look had; None if this one's rows are not
            known to be new, too.
        rows_sha256: the digest of the rows that the challenger's run had.
        outclassed: why the champion stays whatever the fresh rows say: it alone beats the baseline.
        obstacle: why the two can't be compared.
        unopened: why this machine can't open the champion, though another one can.
        unusable: why the champion can't predict any more.
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
    look: int = 1
    new_looks: tuple[float, ...] | None = None
    rows_sha256: str | None = None
    outclassed: str | None = None
    obstacle: str | None = None
    unopened: str | None = None
    unusable: str | None = None


def decide(result: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> PromotionDecision:
    """Decide by `promotion.rule`, `significant` or `always`.

    The challenger is promoted if the champion can no longer predict. Otherwise the champion stays if it alone beats the
    baseline, and by `significant` unless the challenger is better on rows that neither was trained on, significantly by
    a one-sided test at level `alpha` and by at least `min_gain`.
    """
    figures = _figures(result, scoring, config)
    if result.unusable is not None:
        return PromotionDecision("promote", f"the champion can no longer be used: {result.unusable}", figures)
    if result.outclassed is not None and result.obstacle is None:
        return PromotionDecision("keep", result.outclassed, figures)
    if config.rule == "always":
        return PromotionDecision("promote", ALWAYS, figures)
    if obstacle := _find_obstacle(result, scoring, config):
        return PromotionDecision("keep", f"not decided: {obstacle}", figures)
    outcome, why, looks = _decide_by_test(result, scoring, config)
    return PromotionDecision(outcome, why, figures | looks)


def _find_obstacle(result: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> str | None:
    """Return why the two can't be compared, or not by a valid test; None if they can."""
    fresh, comparison = result.fresh_rows, result.comparison
    if result.obstacle is not None:
        return f"champion and challenger can't be compared, {result.obstacle}; bakeoff models promote decides by hand"
    if result.unopened is not None:
        return f"{result.unopened}, or let bakeoff models promote decide by hand"
    if fresh is None:
        return "which rows the champion was trained on is not on record, so none is known to be new to it"
    if fresh < config.min_rows or comparison is None:
        return (
            f"too few fresh rows, {fresh:,} of {result.test_rows:,} test rows are new to the champion, and "
            f"promotion.min_rows asks for {config.min_rows:,}"
        )
    return _find_weakness(result, comparison, METRICS[scoring].title, config.alpha)


def _find_weakness(result: ChampionComparison, comparison: Comparison, metric: str, alpha: float) -> str | None:
    """Return why the comparison is not valid, whatever its p-value, or None if it is valid."""
    if not isfinite(comparison.difference):
        return f"{metric} is not defined on the {result.fresh_rows:,} fresh rows"
    if result.fresh_groups is not None and result.fresh_groups < FEW:
        return (
            f"too few fresh groups, {result.fresh_groups}, and rows of a group are no independent rows; it takes {FEW}"
        )
    if comparison.test == "bootstrap" and (result.rarest_rows or 0) < RARE:
        return (
            f"too few fresh rows of class {result.rarest_class!r}, {result.rarest_rows}, and {metric}, in which each "
            f"class weighs alike, takes {RARE}"
        )
    if comparison.wins is not None and comparison.losses is not None:
        discordant, needed = comparison.wins + comparison.losses, needed_discordant_rows(alpha)
        if discordant < needed:
            return (
                f"too few rows tell the two apart, {discordant} of {result.fresh_rows:,} fresh rows, and at level "
                f"{alpha:g} it takes {needed}"
            )
    return None


def _decide_by_test(
    result: ChampionComparison, scoring: MetricName, config: PromotionConfig
) -> tuple[Outcome, str, dict[str, Any]]:
    comparison = result.comparison
    assert comparison is not None
    looks, doubt = _judge_looks(result, comparison, config)
    scores = f"{METRICS[scoring].title} {result.challenger_score:.4f} against {result.champion_score:.4f}"
    evidence = f"on {result.fresh_rows:,} fresh rows: {scores} ({format_evidence(comparison)})"
    if comparison.difference <= 0:
        return "keep", f"not better {evidence}", looks
    if comparison.p_value > config.alpha:
        return "keep", f"not better beyond chance {evidence}", looks
    if comparison.difference < config.min_gain:
        small = f"but by {comparison.difference:.4g} only, and promotion.min_gain asks for {config.min_gain:g}"
        return "keep", f"better {evidence}, {small}", looks
    if doubt:
        return "keep", f"not yet better beyond chance {evidence}, {doubt}", looks
    level = f"{100 * (1 - 2 * config.alpha):g} % interval"
    gain = f"a gain of {format_difference(comparison.difference)}, {level} {format_interval(comparison.interval)}"
    return "promote", f"better {evidence}, {gain}", looks


def _judge_looks(
    result: ChampionComparison, comparison: Comparison, config: PromotionConfig
) -> tuple[dict[str, Any], str | None]:
    """Return the figures of this look for the journal, and why it doesn't suffice at the level over a year, or None."""
    import numpy as np
    from scipy import stats

    from bakeoff.training.earlier_runs.many_looks import evidence, level_of_look, needed_evidence

    p = comparison.p_value
    if comparison.test == "bootstrap" and comparison.standard_error > 0:  # whose resamples can't show small p-values
        p = float(stats.norm.sf(comparison.difference / comparison.standard_error))
    looks: dict[str, Any] = {"look": result.look, "look_p_value": p}
    looks |= {"rows_sha256": result.rows_sha256} if result.rows_sha256 else {}
    if config.yearly is None:
        return looks, None
    level = level_of_look(config.yearly, result.look)
    looks |= {"yearly": config.yearly, "look_level": level}
    doubt = f"look {result.look} at this champion: p must be at most {level:.2g}"
    together = 0.0
    if result.look > 1 and result.new_looks is not None:
        p_values, needed = np.array([*result.new_looks, p]), needed_evidence(config.yearly)
        together = float(evidence(p_values, result.look - len(result.new_looks)))
        looks |= {"evidence": min(together, 1e300), "evidence_needed": needed}
        doubt += f", or its looks at new rows show {needed:,.0f} together, which show {together:.3g}"
    suffices = p <= level or (bool(together) and together >= looks["evidence_needed"])
    return looks, None if suffices else doubt


def needed_discordant_rows(alpha: float) -> int:
    """Return how many discordant rows a one-sided sign test needs to reach level alpha if all favour one model."""
    return ceil(log(alpha) / log(0.5) - 1e-12)


def _figures(result: ChampionComparison, scoring: MetricName, config: PromotionConfig) -> dict[str, Any]:
    """Return all figures for the journal, without those that are missing or not finite."""
    comparison = result.comparison
    figures: dict[str, Any] = {
        "metric": scoring,
        "test_rows": result.test_rows,
        "fresh_rows": result.fresh_rows,
        "fresh_groups": result.fresh_groups,
        "recognised_by": result.recognised,
        "challenger_score": result.challenger_score,
        "champion_score": result.champion_score,
        "alpha": config.alpha,
        "min_gain": config.min_gain,
    }
    if comparison is not None:
        figures |= {
            "gain": comparison.difference,
            "gain_low": comparison.interval[0],
            "gain_high": comparison.interval[1],
            "gain_level": 1 - 2 * config.alpha,
            "p_value": comparison.p_value,
            "test": comparison.test,
            "rows_better": comparison.wins,
            "rows_worse": comparison.losses,
        }
    return {
        name: value
        for name, value in figures.items()
        if isinstance(value, str) or (value is not None and isfinite(value))
    }
