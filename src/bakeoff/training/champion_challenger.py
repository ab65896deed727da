"""Challenger and champion on the same fresh rows, each through its own Pipeline on raw columns."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.data.fresh_rows import TRAINED_ON, FreshRows, find_fresh_rows
from bakeoff.data.parts import read_groups, read_part, read_raw
from bakeoff.errors import (
    BakeoffError,
    DataError,
    IntegrityError,
    ReadError,
    describe,
)
from bakeoff.evaluation.bootstrap import bootstrap_scores
from bakeoff.evaluation.comparison import compare
from bakeoff.evaluation.predictions import HeldOutPredictions, common_label_format, encode_labels, response_values
from bakeoff.metrics import METRICS, MetricName
from bakeoff.store.card import Card
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.read_table import require_columns
from bakeoff.tables.schema_validation import validate_table
from bakeoff.training.promotion import ChampionComparison

CHALLENGER, CHAMPION = "challenger", "champion"

logger = logging.getLogger(__name__)


class _IncomparableError(BakeoffError):
    """The champion is in order, but its answers are no answers to what the challenger is asked."""


def compare_with_champion(
    config: TrainingConfig, ref: DatasetRef, store: ModelStore, champion: str, challenger: str
) -> ChampionComparison:
    """Let a champion and a challenger answer the challenger's test rows that are new to the champion.

    Args:
        ref: the rows that the challenger was made of.
        champion: its version.
        challenger: its version.

    Raises:
        OSError, ReadError, MemoryError: this machine's fault, not the champion's.
    """
    n_test, scoring, table = ref.rows["test"], config.cross_validation.scoring, read_raw(ref, "test")
    own = store.card(challenger)
    try:
        ours = predict_table(load_model(store, challenger), own, table, own.classes, scoring)
    except DataError as error:
        return ChampionComparison(test_rows=n_test, obstacle=f"of its own test rows the new version says that {error}")
    try:
        card = store.card(champion)
        spelling = common_label_format(own.classes, card.classes)
        classes = list(dict.fromkeys(map(spelling, [*own.classes, *card.classes])))
        theirs = _predict_with_champion(store, card, ref, table, classes, scoring, spelling)
    except _IncomparableError as error:
        return ChampionComparison(test_rows=n_test, obstacle=str(error))
    except Exception as error:  # whatever the Pipeline of another time may raise
        if _is_machines_fault(error):
            raise
        return ChampionComparison(test_rows=n_test, unusable=describe(error))
    fresh = _find_fresh_rows(ref, store, card)
    count = None if fresh is None else int(fresh.rows.sum())
    if fresh is None or count is None or count < config.promotion.min_rows:
        return ChampionComparison(test_rows=n_test, fresh_rows=count, recognised=fresh.by if fresh else None)
    if ours.ndim > 1:  # classes that the champion alone knows
        ours = np.pad(ours, ((0, 0), (0, len(classes) - ours.shape[1])))
    groups = read_groups(ref, "test")
    answers = HeldOutPredictions(
        encode_labels(read_part(ref, "test")[1], classes, spelling)[fresh.rows],
        np.zeros((1, count), dtype=int),
        {CHALLENGER: ours[None, fresh.rows], CHAMPION: theirs[None, fresh.rows]},
        len(classes),
        None if groups is None else groups[fresh.rows],
    )
    return compare_predictions(config, answers, classes, n_test, fresh.by)


def compare_predictions(
    config: TrainingConfig, answers: HeldOutPredictions, classes: list[str], n_test: int, recognised: str | None
) -> ChampionComparison:
    """Compare what the two gave for the fresh rows.

    Args:
        answers: of `CHALLENGER` and `CHAMPION`.
        classes: as text.
        n_test: how many test rows there are, fresh or not.
        recognised: how the fresh ones were told.
    """
    scoring = config.cross_validation.scoring
    closed = METRICS[scoring].is_mean_over_rows
    resampled = None if closed else bootstrap_scores(answers, scoring, config.selection.resamples)
    level = 1 - 2 * config.promotion.alpha  # its lower end is the bound of the one-sided test
    codes, counts = np.unique(answers.y, return_counts=True)
    return ChampionComparison(
        test_rows=n_test,
        fresh_rows=len(answers.y),
        recognised=recognised,
        challenger_score=answers.score(CHALLENGER, scoring),
        champion_score=answers.score(CHAMPION, scoring),
        comparison=compare(answers, CHALLENGER, CHAMPION, scoring, resampled, "greater", level),
        rarest_class=classes[codes[counts.argmin()]],
        rarest_rows=int(counts.min()),
        fresh_groups=None if answers.groups is None else len(np.unique(answers.groups)),
    )


def _predict_with_champion(
    store: ModelStore,
    card: Card,
    ref: DatasetRef,
    table: pa.Table,
    classes: list[str],
    scoring: MetricName,
    spelling: Callable[[str], str],
) -> np.ndarray:
    if card.target != ref.target:
        raise _IncomparableError(f"it predicts {card.target!r}, and this version {ref.target!r}")
    model = load_model(store, card.version)
    if METRICS[scoring].of_probabilities and not hasattr(model, "predict_proba"):
        raise _IncomparableError(f"it gives no probabilities, and {scoring} needs them")
    return predict_table(model, card, table, classes, scoring, spelling)


def _is_machines_fault(error: BaseException | None) -> bool:
    """Whether memory, handles or a disk were behind it."""
    while error is not None:
        if isinstance(error, MemoryError | OSError | ReadError):
            return True
        error = error.__cause__
    return False


def _find_fresh_rows(ref: DatasetRef, store: ModelStore, card: Card) -> FreshRows | None:
    version = card.version
    try:
        trained_on = store.read(version, TRAINED_ON) if TRAINED_ON in card.files else None
    except IntegrityError as error:
        logger.warning("%s", error)
        return None
    fresh = find_fresh_rows(ref, card, trained_on)
    if fresh is not None and fresh.by == "contents" and not fresh.rows.all():
        logger.warning(
            "the file's rows are not where they were when the champion %s was trained: %d of %d test rows are left out "
            "because they look like rows that it was trained on; where rows repeat, that biases the comparison",
            version,
            int((~fresh.rows).sum()),
            len(fresh.rows),
        )
    return fresh


def predict_table(
    model: Any,
    card: Card,
    table: pa.Table,
    classes: list[str],
    scoring: MetricName,
    spelling: Callable[[str], str] = str,
) -> np.ndarray:
    """What a version answers; where it rejects a row, no class, or none more likely than another.

    Raises:
        DataError: a column is missing or of a type that it can't take, or it rejects all rows.
    """
    features = card.features
    needed = [feature.name for feature in features if not feature.missing]
    require_columns(table, needed or [features[0].name], f"version {card.version} needs it")
    conformed = validate_table(table, features)
    usable = conformed.usable
    if not len(usable):
        kinds = conformed.rejected.value_counts(["column", "kind"])
        (column, kind), count = kinds.index[0], int(kinds.iloc[0])
        most = "" if count == table.num_rows else f"{count:,} of them "
        raise DataError(f"it rejects all {table.num_rows:,} test rows, {most}by column {column!r}: {kind}")
    given = response_values(model, conformed.X.iloc[usable], classes, scoring, spelling)
    answers = np.full((table.num_rows, *given.shape[1:]), 1 / len(classes) if given.ndim > 1 else -1, given.dtype)
    answers[usable] = given
    return answers
