"""What a saved version answers for a table that may be newer than it is."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from bakeoff.answers import ask
from bakeoff.conforming import conform
from bakeoff.errors import DataError
from bakeoff.features import Feature
from bakeoff.metrics import MetricName
from bakeoff.tables import require_columns


def answer_rows(
    model: Any,
    card: dict[str, Any],
    table: pa.Table,
    classes: list[str],
    scoring: MetricName,
    spelling: Callable[[str], str] = str,
) -> np.ndarray:
    """What a version answers; where it rejects a row, no class, or none more likely than another.

    Raises:
        DataError: a column is missing or of a type that it can't take, or it rejects all rows.
    """
    features = Feature.of_card(card)
    needed = [feature.name for feature in features if not feature.missing]
    require_columns(table, needed or [features[0].name], f"version {card['version']} needs it")
    conformed = conform(table, features)
    usable = conformed.usable
    if not len(usable):
        kinds = conformed.rejected.value_counts(["column", "kind"])
        (column, kind), count = kinds.index[0], int(kinds.iloc[0])
        most = "" if count == table.num_rows else f"{count:,} of them "
        raise DataError(f"it rejects all {table.num_rows:,} test rows, {most}by column {column!r}: {kind}")
    given = ask(model, conformed.X.iloc[usable], classes, scoring, spelling)
    answers = np.full((table.num_rows, *given.shape[1:]), 1 / len(classes) if given.ndim > 1 else -1, given.dtype)
    answers[usable] = given
    return answers


def common_spelling(*lists: list[str]) -> Callable[[str], str]:
    """What classes are called, whichever others stand beside them: a column of 1.0 alone is read as 1."""
    plain = all(len(set(map(_plain_class, classes))) == len(classes) for classes in lists)
    return _plain_class if plain else str


def _plain_class(name: str) -> str:
    text = str(name).strip()
    if text.lower() in {"true", "false"}:
        return text.lower()
    whole = re.fullmatch(r"(-?\d+)\.0*", text)
    return whole[1] if whole else text
