"""Simulate a year of nights in which a challenger meets the champion, by several rules of promotion.

    python -m benchmarks.many_looks [YEARS]

Every night a challenger is trained anew: its true accuracy is normal about that of the training, with standard
deviation `spread`; the champion is the first of them, or whatever the rule has promoted since. Both answer the same
fresh rows, of which a share `discordance` tells them apart. A promotion is false if the challenger's true accuracy is
no higher. `new_rows` has no drift, and new rows every night; `same_rows` neither, but the champion's luck with its rows
stays all year, as in a file that hardly grows, where Bakeoff decides by each look alone. In `gain` the challengers are
2 points better from night 1 or 101 on. Every rule asks for p <= 0.05 and a gain of 0.002, too.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from bakeoff.training.earlier_runs.many_looks import FIRST, YEAR, evidence, level_of_look, needed_evidence

LEVEL, ALPHA, MIN_GAIN = 0.025, 0.05, 0.002
POPULATIONS = [(0.003, 0.05, 500), (0.003, 0.05, 2000), (0.001, 0.02, 2000), (0.006, 0.15, 500), (0.0, 0.05, 2000)]
NIGHTS = (1, 2, 3, 4, 5, 7, 14)
Rule = Callable[[np.ndarray], bool]  # of the p-values of all looks at the champion, the latest last


def today(p_values: np.ndarray) -> bool:
    """Decide by each look alone, at 0.05."""
    return bool(p_values[-1] <= ALPHA)


def spending(p_values: np.ndarray) -> bool:
    """Decide by each look alone, at its share of the level over a year."""
    return bool(p_values[-1] <= level_of_look(LEVEL, len(p_values)))


def even_spending(p_values: np.ndarray) -> bool:
    """Decide by each look alone, at the same level every night."""
    return bool(p_values[-1] <= LEVEL / YEAR)


def e_process(p_values: np.ndarray) -> bool:
    """Decide by the evidence of all looks together."""
    return len(p_values) > 0 and bool(evidence(p_values, 2) >= 1 / LEVEL)


def both(p_values: np.ndarray) -> bool:
    """Decide as Bakeoff does: by each look alone, or by the evidence of all but the first."""
    later = p_values[1:]
    return spending(p_values) or (len(later) > 0 and bool(evidence(later, 2) >= needed_evidence(LEVEL)))


RULES: dict[str, Rule] = {
    "each look at 0.05": today,
    "even spending": even_spending,
    "spending": spending,
    "e-process": e_process,
    "spending and e-process": both,
}


def one_year(
    seed: int, rule: Rule, population: tuple[float, float, int], gain: float, since: int, same_rows: bool
) -> tuple[int, int, int | None]:
    """Simulate a year; returns the promotions, the false ones, and nights from the gain to its first promotion."""
    spread, discordance, n_rows = population
    generator = np.random.default_rng(seed)
    champion, luck, looks = generator.normal(0, spread), 0.0, list[float]()
    scale = np.sqrt(discordance / n_rows / 2)  # half of the variance of a difference is the champion's
    luck = generator.normal(0, scale)
    promotions = false = 0
    for night in range(YEAR):
        challenger = generator.normal(0, spread) + (gain if night >= since else 0)
        difference = challenger - champion
        if same_rows:
            observed = difference + luck + generator.normal(0, scale)
            told_apart = round(n_rows * discordance)
            wins = int(np.clip(round((told_apart + n_rows * observed) / 2), 0, told_apart))
        else:
            told_apart = int(generator.binomial(n_rows, discordance))
            wins = int(generator.binomial(told_apart, np.clip((1 + difference / discordance) / 2, 0, 1)))
        # McNemar's mid-p
        p = float(stats.binom.sf(wins, told_apart, 0.5) + stats.binom.pmf(wins, told_apart, 0.5) / 2)
        looks.append(p)
        if p <= ALPHA and (2 * wins - told_apart) / n_rows >= MIN_GAIN and rule(np.array(looks)):
            if gain and night >= since:
                return promotions + 1, false, night - since + 1
            promotions, false = promotions + 1, false + (difference <= 0)
            champion, luck, looks = challenger, generator.normal(0, scale), []
    return promotions, false, None


def measure(years: int) -> dict[str, Any]:
    """Compute all figures of the tables."""
    figures: dict[str, Any] = {"years": years, "new_rows": {}, "same_rows": {}, "gain": {}}
    for name, rule in RULES.items():
        for part, same_rows in (("new_rows", False), ("same_rows", True)):
            alone = spending if same_rows and rule is both else rule
            for population in POPULATIONS:
                runs = [one_year(seed, alone, population, 0, 0, same_rows) for seed in range(years)]
                promotions, false = (sum(run[i] for run in runs) for i in (0, 1))
                figures[part][f"{name}; {population}"] = {
                    "years_with_a_false_one": sum(run[1] > 0 for run in runs) / years,
                    "promotions_a_year": promotions / years,
                    "false_of_promotions": false / promotions if promotions else None,
                }
        for discordance in (0.05, 0.1, 0.2):
            for since in (0, 100):
                ends = [one_year(seed, rule, (0, discordance, 2000), 0.02, since, False)[2] for seed in range(years)]
                figures["gain"][f"{name}; {discordance}, night {since + 1}"] = {
                    str(nights): sum(end is not None and end <= nights for end in ends) / years for nights in NIGHTS
                }
    return figures


def main() -> None:
    """Print the tables, and the figures as JSON on the last line."""
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    print(f"level {LEVEL} over {YEAR} nights, {FIRST:.0%} of it for the first look; {figures['years']:,} years")
    for part in ("new_rows", "same_rows"):
        print(f"\n{part}: rule; (spread, discordance, rows): years with a false one, promotions a year, share of false")
        for name, line in figures[part].items():
            false = line["false_of_promotions"]
            shown = "–" if false is None else f"{false:.3f}"
            print(f"  {name:<50}{line['years_with_a_false_one']:>8.3f}{line['promotions_a_year']:>8.2f}{shown:>8}")
    print(f"\na gain of 2 points on 2,000 rows: rule; discordance, since: promoted within {NIGHTS} nights")
    for name, line in figures["gain"].items():
        print(f"  {name:<50}" + "".join(f"{share:>8.3f}" for share in line.values()))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
