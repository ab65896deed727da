"""Pick the winner of a race and explain why: pure functions of numbers."""

import logging
from collections.abc import Iterable, Mapping
from itertools import combinations

from bakeoff.classifiers import title
from bakeoff.config import SelectionConfig
from bakeoff.errors import TrainingError
from bakeoff.evaluation.comparison import holm_adjust
from bakeoff.evaluation.results import Comparison, format_evidence
from bakeoff.formatting import format_difference
from bakeoff.metrics import DIGITS, METRICS, MetricName
from bakeoff.training.results import LeaderComparison, Selection

logger = logging.getLogger(__name__)


def pairs(means: Mapping[str, float | None]) -> list[tuple[str, str]]:
    """List all pairs of the contestants that finished."""
    return list(combinations([name for name, mean in means.items() if mean is not None], 2))


def pick_best(
    means: Mapping[str, float | None],
    comparisons: Mapping[tuple[str, str], Comparison],
    scoring: MetricName,
    config: SelectionConfig,
) -> Selection:
    """Pick the winner.

    The leader is the contestant with the highest score, or the simplest of those with equal scores. By the rule
    `best_mean` the leader wins. By `simplest_of_the_best` the simplest of the leader and the contestants tied with it
    wins. A contestant is tied if its difference to the leader is not significant at level `alpha` and no larger than
    the margin: `tie_margin`, or one standard error of the difference if that is larger. The p-values are adjusted by
    Holm's method for all pairs, not only those with the leader, because the data have chosen the leader.

    Args:
        means: by contestant, the mean of the scores that are compared; None if it did not finish.
        comparisons: by pair as `pairs` lists them, the difference, first contestant minus second.

    Raises:
        TrainingError: no contestant finished.
    """
    finished = {name: round(mean, DIGITS) for name, mean in means.items() if mean is not None}
    if not finished:
        raise TrainingError("no contestant finished, so there is nothing to pick from")
    best = max(finished.values())
    leader = next(name for name in config.order if finished.get(name) == best)
    standings = _standings(leader, comparisons, scoring, config)
    winner = leader
    if config.rule == "simplest_of_the_best":
        tied = [leader, *(name for name, standing in standings.items() if standing.tied)]
        winner = min(tied, key=config.order.index)
    if standings:
        why = _explain(winner, leader, finished, standings, scoring, config)
    else:
        only = "raced alone" if len(means) == 1 else "was the only contestant that finished"
        why = f"{title(leader)} {only}, with a mean cross-validation {METRICS[scoring].title} of {best:.4f}"
    logger.info("winner: %s", why)
    return Selection(winner, config.rule, why, leader, standings)


def _standings(
    leader: str,
    comparisons: Mapping[tuple[str, str], Comparison],
    scoring: MetricName,
    config: SelectionConfig,
) -> dict[str, LeaderComparison]:
    adjusted = holm_adjust([comparison.p_value for comparison in comparisons.values()])
    standings = {}
    for (first, second), comparison, p_holm in zip(comparisons, comparisons.values(), adjusted):
        if leader not in (first, second):
            continue
        other, to_leader = (second, comparison.reversed()) if first == leader else (first, comparison)
        standings[other] = _standing(to_leader, p_holm, scoring, config)
    return standings


def _standing(to_leader: Comparison, p_holm: float, scoring: MetricName, config: SelectionConfig) -> LeaderComparison:
    min_margin = METRICS[scoring].tie_margin if config.tie_margin is None else config.tie_margin
    margin = max(min_margin, to_leader.standard_error)
    tied = p_holm >= config.alpha and -to_leader.difference <= margin
    return LeaderComparison(to_leader, p_holm, margin, tied)


def compare_baseline(
    comparisons: Mapping[str, Comparison], scoring: MetricName, config: SelectionConfig
) -> tuple[dict[str, LeaderComparison], list[str]]:
    """Judge the baseline's comparisons, with p-values adjusted by Holm's method for the number of contestants.

    Args:
        comparisons: by contestant that finished, the difference, baseline minus contestant.

    Returns:
        By contestant, the baseline's comparison with it; and the contestants that beat the baseline beyond chance.
    """
    adjusted = holm_adjust([comparison.p_value for comparison in comparisons.values()])
    standings = {
        name: _standing(comparison, p_holm, scoring, config)
        for (name, comparison), p_holm in zip(comparisons.items(), adjusted)
    }
    beaten_by = [
        name
        for name, standing in standings.items()
        if standing.p_holm < config.alpha and standing.comparison.difference < 0
    ]
    return standings, beaten_by


def _explain(
    winner: str,
    leader: str,
    finished: Mapping[str, float],
    standings: Mapping[str, LeaderComparison],
    scoring: MetricName,
    config: SelectionConfig,
) -> str:
    """Explain in one sentence why the winner wins, with every contestant that is tied with the leader."""
    others = sorted(standings, key=lambda name: (-finished[name], config.order.index(name)))
    tied = [name for name in others if standings[name].tied]
    gaps = {name: format_difference(-standings[name].comparison.difference) for name in others}
    evidence = {name: _evidence(standings[name], config) for name in others}
    if config.rule == "best_mean":
        highest = f"the highest mean cross-validation {METRICS[scoring].title}, {finished[leader]:.4f}"
        near = dict.fromkeys([others[0], *tied])
        ahead = _enumerate(f"{gaps[name]} ahead of {title(name)} ({evidence[name]})" for name in near)
        return f"{title(leader)} has {highest}, {ahead}"
    simpler = [name for name in others if config.order.index(name) < config.order.index(leader)]
    if len(tied) > 1 and (winner != leader or not simpler):
        # The last is the winner, unless the leader wins.
        simplest_last = sorted(tied, key=config.order.index, reverse=True)
        leads = _enumerate(f"{title(name)} by {gaps[name]} ({evidence[name]})" for name in simplest_last)
        return f"{title(leader)} leads {leads}: indistinguishable; {title(winner)} is the simplest of them and wins"
    if winner != leader:
        lead = f"{title(leader)} leads by {gaps[winner]} ({evidence[winner]})"
        return f"{lead}: indistinguishable; {title(winner)} is simpler and wins"
    rival = (simpler or tied or others)[0]
    why = f"{_lead(leader, rival, standings, config)}: {_verdict(leader, standings[rival], config, simpler)}"
    if simpler and tied:  # with those that are less simple
        leads = _enumerate(f"{title(name)} by {gaps[name]} ({evidence[name]})" for name in tied)
        why += f"; it leads {leads}, too: indistinguishable, and less simple"
    return why


def _enumerate(parts: Iterable[str]) -> str:
    """Join as `a`, `a and b` or `a, b and c`."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def _verdict(leader: str, rival: LeaderComparison, config: SelectionConfig, simpler: list[str]) -> str:
    """Say why the leader beats a rival: the best of the simpler contestants, or if none is simpler, the next best."""
    if rival.p_holm < config.alpha:
        return "more than chance explains"
    if simpler:
        return f"chance could explain it, but it is more than the margin of {rival.margin:.4f}"
    how = "indistinguishable" if rival.tied else "chance could explain it"
    return f"{how}; {title(leader)} is simpler and wins"


def _lead(leader: str, other: str, standings: Mapping[str, LeaderComparison], config: SelectionConfig) -> str:
    evidence, difference = _evidence(standings[other], config), standings[other].comparison.difference
    if round(difference, DIGITS) == 0:
        return f"{title(leader)} and {title(other)} are level ({evidence})"
    return f"{title(leader)} leads {title(other)} by {format_difference(-difference)} ({evidence})"


def _evidence(standing: LeaderComparison, config: SelectionConfig) -> str:
    """Describe the evidence from the leader's side, with the adjusted p-value if only that one is not significant."""
    evidence = format_evidence(standing.comparison.reversed())
    if standing.comparison.p_value < config.alpha <= standing.p_holm:
        evidence += f", {standing.p_holm:.2g} among all pairs"
    return evidence
