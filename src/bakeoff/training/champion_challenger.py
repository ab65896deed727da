"""Compare challenger and champion on the same fresh rows, each by its own Pipeline from raw columns."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from bakeoff.config import TrainingConfig
from bakeoff.config.allowed_modules import MissingPackageError, NotAllowedError
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
    """The champion is usable, but its predictions can't be compared with the challenger's."""


def compare_with_champion(
    config: TrainingConfig, ref: DatasetRef, store: ModelStore, champion: str, challenger: str
) -> ChampionComparison:
    """Compare champion and challenger on the challenger's test rows that are new to the champion.

    A champion that can't be loaded or can't predict is no error, but the result's `unusable`.

    Args:
        ref: the dataset that the challenger was trained on.
        champion: the champion's version.
        challenger: the challenger's version.

    Raises:
        OSError, ReadError, MemoryError: this machine failed.
    """
    n_test, scoring, table = ref.rows["test"], config.cross_validation.scoring, read_raw(ref, "test")
    own = store.card(challenger)
    try:
        challenger_values = predict_table(load_model(store, challenger), own, table, own.classes, scoring)
    except DataError as error:
        return ChampionComparison(test_rows=n_test, obstacle=f"of its own test rows the new version says that {error}")
    try:
        card = store.card(champion)
        spelling = common_label_format(own.classes, card.classes)
        classes = list(dict.fromkeys(map(spelling, [*own.classes, *card.classes])))
        champion_values = _predict_with_champion(store, card, ref, table, classes, scoring, spelling)
    except _IncomparableError as error:
        return ChampionComparison(test_rows=n_test, obstacle=str(error))
    except Exception as error:  # the Pipeline of an older version may raise anything
        if isinstance(error.__cause__, MissingPackageError | NotAllowedError):
            return ChampionComparison(test_rows=n_test, unopened=str(error))
        if _is_machines_fault(error):
            raise
        return ChampionComparison(test_rows=n_test, unusable=describe(error))
    fresh = _find_fresh_rows(ref, store, card)
    count = None if fresh is None else int(fresh.rows.sum())
    if fresh is None or count is None or count < config.promotion.min_rows:
        return ChampionComparison(test_rows=n_test, fresh_rows=count, recognised=fresh.by if fresh else None)
    if challenger_values.ndim > 1:  # probability 0 for classes that only the champion knows
        challenger_values = np.pad(challenger_values, ((0, 0), (0, len(classes) - challenger_values.shape[1])))
    groups = read_groups(ref, "test")
    predictions = HeldOutPredictions(
        encode_labels(read_part(ref, "test")[1], classes, spelling)[fresh.rows],
        np.zeros((1, count), dtype=int),
        {CHALLENGER: challenger_values[None, fresh.rows], CHAMPION: champion_values[None, fresh.rows]},
        len(classes),
        None if groups is None else groups[fresh.rows],
    )
    return compare_predictions(config, predictions, classes, n_test, fresh.by)


def compare_predictions(
    config: TrainingConfig, predictions: HeldOutPredictions, classes: list[str], n_test: int, recognised: str | None
) -> ChampionComparison:
    """Compare the predictions of both for the fresh rows.

    Args:
        predictions: those of `CHALLENGER` and `CHAMPION`.
        classes: the class labels as text.
        n_test: the number of test rows, fresh or not.
        recognised: how fresh rows were recognised: by origin, position or contents.
    """
    scoring = config.cross_validation.scoring
    closed = METRICS[scoring].is_mean_over_rows
    resampled = None if closed else bootstrap_scores(predictions, scoring, config.selection.resamples)
    level = 1 - 2 * config.promotion.alpha  # the lower end is the bound of the one-sided test
    codes, counts = np.unique(predictions.y, return_counts=True)
    return ChampionComparison(
        test_rows=n_test,
        fresh_rows=len(predictions.y),
        recognised=recognised,
        challenger_score=predictions.score(CHALLENGER, scoring),
        champion_score=predictions.score(CHAMPION, scoring),
        comparison=compare(predictions, CHALLENGER, CHAMPION, scoring, resampled, "greater", level),
        rarest_class=classes[codes[counts.argmin()]],
        rarest_rows=int(counts.min()),
        fresh_groups=None if predictions.groups is None else len(np.unique(predictions.groups)),
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
    """Check whether the error or one of its causes is a lack of memory, file handles or disk."""
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
    """Predict a table with a version.

    Returns:
        Class codes, shape (n_rows,), or if the metric needs them probabilities, shape (n_rows, n_classes). A row that
        the version's schema rejects has code -1, or equal probabilities.

    Raises:
        DataError: a column is missing or has the wrong type, or all rows are rejected.
    """
    features = card.features
    needed = [feature.name for feature in features if not feature.missing]
    require_columns(table, needed or [features[0].name], f"version {card.version} needs it")
    validated = validate_table(table, features)
    usable = validated.usable
    if not len(usable):
        kinds = validated.rejected.value_counts(["column", "kind"])
        (column, kind), count = kinds.index[0], int(kinds.iloc[0])
        most = "" if count == table.num_rows else f"{count:,} of them "
        raise DataError(f"it rejects all {table.num_rows:,} test rows, {most}by column {column!r}: {kind}")
    values = response_values(model, validated.X.iloc[usable], classes, scoring, spelling)
    predictions = np.full(
        (table.num_rows, *values.shape[1:]), 1 / len(classes) if values.ndim > 1 else -1, values.dtype
    )
    predictions[usable] = values
    return predictions
