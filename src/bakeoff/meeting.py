"""Challenger and champion on the same fresh rows, each through its own Pipeline on raw columns."""

import logging
from typing import Any

import numpy as np
import pyarrow as pa

from bakeoff.answers import Answers, ask, bootstrap_scores, to_codes
from bakeoff.columns import Feature
from bakeoff.config import TrainingConfig
from bakeoff.conforming import conform
from bakeoff.errors import BakeoffError, DataError
from bakeoff.fresh import TRAINED_ON, Fresh, find_fresh_rows
from bakeoff.loading import load_model
from bakeoff.metrics import METRICS, MetricName
from bakeoff.preparing import DatasetRef, read_part
from bakeoff.promotion import Meeting
from bakeoff.significance import compare
from bakeoff.store import ModelStore
from bakeoff.tables import read_table, require_columns

CHALLENGER, CHAMPION = "challenger", "champion"

logger = logging.getLogger(__name__)


def meet(config: TrainingConfig, ref: DatasetRef, store: ModelStore, champion: str, challenger: str) -> Meeting:
    """Let a champion and a challenger answer the challenger's test rows that are new to the champion.

    A row that one of them would reject when predicting counts as answered wrongly by it.

    Args:
        ref: the rows that the challenger was made of.
        champion: its version.
        challenger: its version.
    """
    n_test = ref.rows["test"]
    table = read_table(ref.part("test"))
    scoring = config.cross_validation.scoring
    try:
        card = store.card(champion)
        model = load_model(store, champion)
        require_columns(table, tuple(feature["name"] for feature in card["features"]), "the champion needs it")
        classes = list(dict.fromkeys([*ref.classes, *card["classes"]]))
        champions = _answer(model, card, table, classes, scoring)
    except BakeoffError as error:
        return Meeting(n_test, unusable=str(error))
    except Exception as error:  # whatever another time's Pipeline may raise
        return Meeting(n_test, unusable=f"{type(error).__name__}: {' '.join(str(error).split())}")
    fresh = _fresh_rows(ref, store, card)
    if fresh is None:
        return Meeting(n_test)
    count = int(fresh.rows.sum())
    if count < config.promotion.min_rows:
        return Meeting(n_test, count, recognised=fresh.by)
    challengers = _answer(load_model(store, challenger), store.card(challenger), table, classes, scoring)
    y = to_codes(read_part(ref, "test")[1], classes)[fresh.rows]
    given = {CHALLENGER: challengers[None, fresh.rows], CHAMPION: champions[None, fresh.rows]}
    answers = Answers(y, np.zeros((1, count), dtype=int), given, len(classes))
    closed = METRICS[scoring].is_mean_over_rows
    resampled = None if closed else bootstrap_scores(answers, scoring, config.selection.resamples)
    comparison = compare(answers, CHALLENGER, CHAMPION, scoring, resampled, "greater")
    ours, theirs = (answers.score(name, scoring) for name in (CHALLENGER, CHAMPION))
    return Meeting(n_test, count, ours, theirs, comparison, recognised=fresh.by)


def _fresh_rows(ref: DatasetRef, store: ModelStore, card: dict[str, Any]) -> Fresh | None:
    version = card["version"]
    fresh = find_fresh_rows(ref, card, store.read(version, TRAINED_ON) if TRAINED_ON in card["files"] else None)
    if fresh is not None and fresh.by == "contents" and not fresh.rows.all():
        logger.warning(
            "the file's rows are not where they were when the champion %s was trained: %d of %d test rows are left out "
            "because they look like rows that it was trained on; where rows repeat, that biases the comparison",
            version,
            int((~fresh.rows).sum()),
            len(fresh.rows),
        )
    return fresh


def _answer(model: Any, card: dict[str, Any], table: pa.Table, classes: list[str], scoring: MetricName) -> np.ndarray:
    """What a version answers; where it rejects a row, no class, or none more likely than another.

    Raises:
        DataError: it rejects all rows, or a column is of a type that it can't take.
    """
    X, rejected = conform(table, [Feature(**feature) for feature in card["features"]])
    if len(rejected) == table.num_rows:
        first = rejected.iloc[0]
        raise DataError(
            f"it rejects all {table.num_rows:,} test rows, by column {first['column']!r}: {first['reason']}"
        )
    usable = np.setdiff1d(np.arange(table.num_rows), rejected["row"].to_numpy(), assume_unique=True)
    given = ask(model, X.iloc[usable], classes, scoring)
    answers = np.full((table.num_rows, *given.shape[1:]), 1 / len(classes) if given.ndim > 1 else -1, given.dtype)
    answers[usable] = given
    return answers
