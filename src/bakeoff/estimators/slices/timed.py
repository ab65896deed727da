"""Predict the time of a fit by fits on slices of the training rows, for classifiers without a formula."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from math import log
from typing import TYPE_CHECKING

from bakeoff.classifiers import title
from bakeoff.errors import OutOfTimeError, TrainingError
from bakeoff.estimators.fit_time import LEAST_SECONDS
from bakeoff.formatting import format_seconds
from bakeoff.runtime.processes import run_in_process

if TYPE_CHECKING:
    from bakeoff.data.dataset_ref import DatasetRef
    from bakeoff.estimators.contestant import Contestant

logger = logging.getLogger(__name__)

FIRST_ROWS = 500
PATIENCE = 0.1  # share of the time budget that a measurement may take
ENOUGH_SECONDS = 0.5  # a fit that takes as long tells enough
GROWTH = (0.5, 3.0)  # least and most exponent of the rows: with fewer rows, what a fit takes at any size weighs more


def measure_fit_seconds(ref: "DatasetRef", contestant: "Contestant") -> float | None:
    """Predict the seconds of a fit on all training rows on one core.

    The contestant is fitted on 500 rows, and then on twice as many until a fit takes half a second; a search before a
    fit is part of it. The last two fits give the power of the number of rows that the time grows with.

    Returns:
        None if a fit fails, which it will do in the race, too.
    """
    import numpy as np

    from bakeoff.data.parts import read_part
    from bakeoff.estimators.pipeline import build_pipeline, fit_pipeline
    from bakeoff.estimators.search import search_parameters

    X, y = read_part(ref, "train")
    order = np.random.default_rng(0).permutation(len(y))

    def fit(count: int) -> float:
        rows, started = np.sort(order[:count]), time.perf_counter()
        chosen, _ = search_parameters(ref, contestant, rows)
        fit_pipeline(build_pipeline(chosen, ref.features), X.iloc[rows], y[rows])
        return time.perf_counter() - started

    times: list[tuple[int, float]] = []
    rows = min(FIRST_ROWS, len(y))
    try:
        if not contestant.search:
            fit(rows)  # imports
        while True:
            times.append((rows, fit(rows)))
            if times[-1][1] >= ENOUGH_SECONDS or rows == len(y):
                return extrapolate(times, len(y))
            rows = min(2 * rows, len(y))
    except Exception:  # whatever the estimator raises
        return None


def extrapolate(times: list[tuple[int, float]], rows: int) -> float:
    """Predict the seconds at a number of rows from those at smaller numbers, by the power law through the last two.

    Args:
        times: numbers of rows, rising, and the seconds at each.
        rows: the number to predict for.
    """
    most, seconds = times[-1]
    power: float = 1.0
    if len(times) > 1:
        fewer, before = times[-2]
        power = log(seconds / before) / log(most / fewer)
    growth: float = (rows / most) ** min(max(power, GROWTH[0]), GROWTH[1])
    return max(LEAST_SECONDS, seconds * growth)


def measure_contestants(
    ref: "DatasetRef", contestants: "Mapping[str, Contestant]", deadline: float
) -> "dict[str, Contestant]":
    """Predict the time of contestants without a formula or with a search, one after the other, each in a process.

    A measurement is stopped after a tenth of the time that is left; the contestant is then predicted to need at least
    that for its slice.

    Args:
        contestants: by name.
        deadline: of the race, in seconds since the epoch.
    """
    measured = dict(contestants)
    for name, contestant in contestants.items():
        if contestant.predicted_seconds is None or contestant.search:
            seconds = _measure_apart(ref, contestant, deadline)
            measured[name] = replace(contestant, predicted_seconds=seconds)
            if seconds is not None:
                logger.info(
                    "%s: a fit%s is predicted to take %s, by fits on few rows",
                    title(name),
                    " with its search" if contestant.search else "",
                    format_seconds(seconds),
                )
    return measured


def _measure_apart(ref: "DatasetRef", contestant: "Contestant", deadline: float) -> float | None:
    started = time.time()
    patience = max(0.0, deadline - started) * PATIENCE
    path = "bakeoff.estimators.slices.timed:measure_fit_seconds"
    try:
        seconds: float | None = run_in_process(path, ref, contestant, deadline=started + patience)
    except OutOfTimeError:
        return max(LEAST_SECONDS, patience * max(1.0, ref.rows["train"] / FIRST_ROWS))
    except TrainingError:  # its process ended, as it will in the race
        return None
    return seconds
