"""Search the parameters of a contestant by cross-validation within the rows that it is fitted on."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.classifiers import title
from bakeoff.config import CrossValidationConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.folds import make_folds
from bakeoff.data.parts import read_part, read_split_key
from bakeoff.errors import DataError
from bakeoff.estimators.contestant import Contestant, Search
from bakeoff.estimators.pipeline import fit_for_scoring
from bakeoff.evaluation.predictions import score_model
from bakeoff.evaluation.results import SearchResult, Trial
from bakeoff.formatting import one_line

logger = logging.getLogger(__name__)


def list_candidates(search: Search) -> list[dict[str, Any]]:
    """Return the combinations of parameter values to try: the whole grid, or as many as the budget, drawn at random."""
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    values = {name: list(each) for name, each in search.space.items()}
    grid = ParameterGrid(values)
    few = len(grid) <= search.budget
    drawn = grid if few else ParameterSampler(values, search.budget, random_state=search.random_state)
    return [{name: candidate[name] for name in values} for candidate in drawn]


def search_parameters(
    ref: DatasetRef, contestant: Contestant, rows: np.ndarray | None = None
) -> tuple[Contestant, SearchResult | None]:
    """Choose the parameters of a contestant by their mean score over folds of the training rows.

    This is `GridSearchCV`, or `RandomizedSearchCV` if there are more combinations than the budget; with the
    cross-validation around it a nested one (Cawley and Talbot, On over-fitting in model selection, 2010). Folds are
    made as those of the race: stratified, by group, or forward in time; no more than the rarest class has rows or
    there are groups, and two at least.

    Args:
        ref: the dataset.
        contestant: the contestant; one without a search is returned as it is.
        rows: positions within the training rows, in ascending order; None for all.

    Returns:
        The contestant with the chosen parameters, and what was tried.

    Raises:
        ValueError: no combination could be fitted and scored, or the rows allow no folds.
    """
    search = contestant.search
    if search is None:
        return contestant, None
    X, y = read_part(ref, "train")
    key = read_split_key(ref, "train")
    if rows is not None:
        X, y, key = X.iloc[rows], y[rows], None if key is None else key[rows]
    most = search.folds
    if ref.split_by != "time":
        rarest = np.unique(y, return_counts=True)[1].min()
        most = max(2, min(most, int(rarest), len(y) if key is None else len(np.unique(key))))
    try:
        folds = make_folds(CrossValidationConfig(folds=most), y, ref.split_by, key)
    except DataError as error:
        raise ValueError(f"its parameters can't be searched: {error}") from error
    plain = replace(contestant, search=None)
    trials = []
    for values in list_candidates(search):
        candidate = replace(plain, parameters={**contestant.parameters, **values})
        trials.append(_try(ref, candidate, values, X, y, folds))
    means = [-np.inf if trial.mean is None else trial.mean for trial in trials]
    best = trials[int(np.argmax(means))]
    if best.mean is None:
        raise ValueError(f"none of the {len(trials)} combinations of its search could be scored: {best.reason}")
    if failed := [trial.reason for trial in trials if trial.mean is None]:
        logger.warning(
            "%s: %d of %d combinations failed: %s", title(contestant.name), len(failed), len(trials), failed[0]
        )
    chosen = replace(plain, parameters={**contestant.parameters, **best.parameters})
    return chosen, SearchResult(best.parameters, trials)


def _try(
    ref: DatasetRef,
    candidate: Contestant,
    values: Mapping[str, Any],
    X: pd.DataFrame,
    y: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> Trial:
    scores = []
    for fit_rows, score_rows in folds:
        try:
            pipeline = fit_for_scoring(candidate, ref.features, X.iloc[fit_rows], y[fit_rows])
            held_out = X.iloc[score_rows], y[score_rows]
            scores.append(score_model(pipeline, *held_out, ref.classes, candidate.scoring))
        except Exception as error:  # whatever an estimator raises
            return Trial(dict(values), None, None, one_line(str(error))[:300])
    mean = float(np.mean(scores))
    if not np.isfinite(mean):
        return Trial(dict(values), None, None, f"its {candidate.scoring} is not finite")
    return Trial(dict(values), mean, float(np.std(scores)))
