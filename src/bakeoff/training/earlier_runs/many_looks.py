"""Hold the level of a test that is looked at again and again: of a champion that meets a challenger every night.

The level over a year is divided: most goes to the first look, the rest to all later ones, by two rules. A look at rows
that earlier looks had, too, has a share of it (alpha spending; Bonferroni's inequality holds whatever the dependence).
The evidence of looks at new rows adds up: an e-process (Ville's inequality; Ramdas, Grünwald, Vovk and Shafer,
Game-theoretic statistics and safe anytime-valid inference, 2023), a mixture over the size of a gain and over the look
at which it began.
"""

import numpy as np
from scipy import special, stats

YEAR = 365  # looks
FIRST = 0.8  # share of the level that the first look may spend
SPREAD = 2.0  # scale of the gains that are expected, in standard errors of a look (the half-normal prior's)


def share(look: int | np.ndarray) -> float | np.ndarray:
    """Return the share of what is left of the level for a look from the second on: half front-loaded, half even."""
    return 0.5 / (look * (look - 1)) + 0.5 / (YEAR - 1)


def level_of_look(level: float, look: int) -> float:
    """Return the level at which a single look may decide.

    Args:
        level: the level over a year.
        look: the number of the look, from 1.
    """
    return level * (FIRST if look == 1 else (1 - FIRST) * float(share(look)))


def needed_evidence(level: float) -> float:
    """Return the evidence, as of `evidence`, at which looks at new rows decide together."""
    return 1 / (level * (1 - FIRST))


def evidence(p_values: np.ndarray, first: int) -> np.ndarray:
    """Return the value of the e-process after consecutive looks, each at rows that no other look had.

    Without a gain its expectation is at most 1 at any look.

    Args:
        p_values: one-sided p-values of the looks, the latest last, shape (..., n_looks).
        first: the number of the first of them, from 2.

    Returns:
        The mean over the starts of what looks from there on show, by `share`; shape (...).
    """
    z = stats.norm.isf(np.clip(p_values, 1e-300, 1 - 1e-9))
    total = np.cumsum(z[..., ::-1], axis=-1)[..., ::-1]  # from each start to the latest look
    looks = np.arange(z.shape[-1], 0, -1)
    width = 1 + looks * SPREAD**2
    log_e = np.log(2) - np.log(width) / 2 + SPREAD**2 * total**2 / (2 * width)
    log_e = log_e + special.log_ndtr(SPREAD * total / np.sqrt(width))
    shares = share(np.arange(first, first + z.shape[-1]))
    mean: np.ndarray = (shares * np.exp(np.minimum(log_e, 500))).sum(axis=-1)
    return mean
