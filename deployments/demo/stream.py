"""The rows of a synthetic day: members of a club, and whether they leave."""

import numpy as np
import pandas as pd

from deployments.demo.config import DemoConfig

TARGET = "churned"
FEE, VISITS = 1.6, 8  # after the drift fees are larger by this factor, and visits by this number
PLANS = {"basic": 0.0, "plus": -0.4, "pro": -0.8}


def make_day(config: DemoConfig, day: int) -> pd.DataFrame:
    """Return the rows of a day with their classes.

    From `drift_day` on fees and visits are recorded differently, as after a new price list and a new turnstile; who
    leaves and why stays the same.

    Args:
        day: the number of the day; 0 is the day before the stream, whose rows train the first version.
    """
    rng = np.random.default_rng([config.random_state, day])
    n = config.rows
    fee, visits = rng.gamma(16, 2.5, n), rng.poisson(6, n)
    tenure, plan = rng.exponential(24, n), rng.choice([*PLANS], n, p=[0.5, 0.3, 0.2])
    leaning = 0.13 * (fee - 40) - 0.7 * (visits - 6) - 0.03 * (tenure - 24) + np.vectorize(PLANS.get)(plan)
    leaves = rng.random(n) < 1 / (1 + np.exp(-2 * leaning))
    drifted = day >= config.drift_day
    return pd.DataFrame(
        {
            "fee": (fee * (FEE if drifted else 1)).round(2),
            "visits": visits + (VISITS if drifted else 0),
            "tenure": tenure.round(1),
            "plan": plan,
            TARGET: np.where(leaves, "yes", "no"),
        }
    )
