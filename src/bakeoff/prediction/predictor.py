"""Score data frames with a saved version from Python code."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.config import PredictionConfig
from bakeoff.config.prediction import AnomalyAction
from bakeoff.config.signing import VerifyingConfig
from bakeoff.config.validation import validate
from bakeoff.errors import DataError
from bakeoff.formatting import list_first
from bakeoff.prediction.missing_columns import SHOWN
from bakeoff.prediction.outputs.writers import WRITTEN
from bakeoff.prediction.preflight import TAKEN_AS_MISSING, refuse_taken_names
from bakeoff.prediction.scorer import Scorer
from bakeoff.store.card import Card
from bakeoff.store.load import find_version, load_model, open_store
from bakeoff.tables.batches import Batch
from bakeoff.tables.frames import import_stream, require_unique_names, to_column
from bakeoff.tables.reader import missing_columns
from bakeoff.tables.schema import Feature
from bakeoff.tables.schema_validation import AnomalyPolicy, feature_cells

STEP = 1 << 17  # rows scored at once
MAX_ITEMSIZE = 8  # bytes of a number that Arrow takes


class Predicted(NamedTuple):
    """The result for a table: each of its rows is in one of the two frames, with the index that it has in the table.

    Attributes:
        predictions: the columns `row` (from 0), those of `keep`, `prediction`, `warnings` (values unlike those of
            training, such as `out_of_range:amount; unseen:region`, else NaN), and if the model has probabilities,
            `probability_<class>` for each class.
        rejected: the columns `row` (from 0), `column`, `value` and `reason`.
    """

    predictions: pd.DataFrame
    rejected: pd.DataFrame


class Predictor:
    """A saved version, loaded.

    Attributes:
        name: the model's name in the store.
        version: the version's id.
        card: the content of the version's card.json: its results, selection, config and environment.
    """

    def __init__(self, name: str, card: Card, model: Any) -> None:
        """Take a loaded model; users call `bakeoff.load` instead.

        Args:
            name: the model's name in the store.
            card: the version's card.
            model: the version's fitted Pipeline.
        """
        self.name, self.version = name, card.version
        self._card, self._model, self._features = card, model, card.features
        self.card: dict[str, Any] = card.to_dict()

    @property
    def pipeline(self) -> Any:
        """The fitted scikit-learn Pipeline, from raw columns to class; it validates no rows."""
        return self._model

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        return [feature.name for feature in self._features]

    @property
    def classes(self) -> list[str]:
        """The classes, as text."""
        return list(self._card.classes)

    def predict(
        self,
        table: Any,
        *,
        keep: Sequence[str] = (),
        on_unseen: AnomalyAction = "flag",
        on_out_of_range: AnomalyAction = "flag",
        on_missing: AnomalyAction = "flag",
        range_margin: float = 1.0,
    ) -> Predicted:
        """Score a table; invalid rows are rejected with a reason.

            predictions, rejected = bakeoff.load("classifier").predict(rows, keep=["customer_id"])

        A row is rejected if a cell of a numeric column is not a number (text such as "1.5" is) or infinite. A cell that
        is missing in a column that had no missing values in training is flagged, or as `on_missing` says. The order of
        columns doesn't matter, and columns that are not features are ignored.

        Args:
            table: the features, shape (n_rows, any): a data frame of pandas, Polars or Arrow. A feature that had
                missing values in training may be absent: then it is taken as missing in all rows, with a warning.
            keep: columns to copy to the predictions, such as an id.
            on_unseen: what to do with a row whose category was not in training: flag, reject or accept.
            on_out_of_range: the same for a row whose number is far outside the training range.
            on_missing: the same for a row with a missing value in a column that had none in training.
            range_margin: how far outside the range is far, as a multiple of the range's width.

        Returns:
            The predictions and the rejected rows.

        Raises:
            ConfigError: an option has a value that is not allowed.
            DataError: a column is missing, has a type that can't be used, or occurs twice, or can't be kept.
        """
        policy = {
            "on_unseen": on_unseen,
            "on_out_of_range": on_out_of_range,
            "range_margin": range_margin,
            "on_missing": on_missing,
        }
        validate(PredictionConfig, policy)
        table = to_pandas(table)
        self._refuse_unfit(table, keep)
        names = set(map(str, table.columns))
        if missing := [name for name in self.features if name not in names]:
            warnings.warn(
                missing_columns(missing, list(map(str, table.columns)), TAKEN_AS_MISSING, "the table"), stacklevel=2
            )
        rows = _to_arrow(table, self._features)
        scorer = Scorer(self._model, self._card, leniency=AnomalyPolicy(**policy))  # type: ignore[arg-type]  # validated above
        scored = [
            scorer.score(Batch.of(rows.slice(start, STEP))).offset_rows(start)
            for start in range(0, max(rows.num_rows, 1), STEP)
        ]
        empty_in_batches = [set(batch.empty) for batch in scored if batch.empty is not None]
        empty_in_all = set.intersection(*empty_in_batches) if empty_in_batches else set()
        if empty := [name for name in self.features if name in names and name in empty_in_all]:
            named = list_first([repr(name) for name in empty], SHOWN)
            warnings.warn(f"the table has no value in {named} ({TAKEN_AS_MISSING})", stacklevel=2)
        predictions = pa.concat_tables([batch.predictions for batch in scored]).to_pandas()
        rejected = pa.concat_tables([batch.rejected for batch in scored]).select(WRITTEN.names).to_pandas()
        labels = {str(label): label for label in table.columns} if keep else {}
        for position, name in enumerate(dict.fromkeys(map(str, keep)), start=1):
            predictions.insert(position, name, table[labels[name]].iloc[predictions["row"]].array)
        for frame in (predictions, rejected):
            frame.index = table.index[frame["row"]]
        return Predicted(predictions, rejected)

    def predict_proba(self, table: Any) -> pd.DataFrame:
        """Return the probability of each class, shape (n_rows, n_classes), with the table's index.

        Args:
            table: as for `predict`; a rejected row has no probabilities: NaN.

        Raises:
            DataError: as for `predict`, or the model has no probabilities.
        """
        predictions, _ = self.predict(table)
        names = [f"probability_{name}" for name in self.classes]
        if missing := [name for name in names if name not in predictions]:
            raise DataError(f"version {self.version} of {self.name!r} gives no probabilities ({missing[0]})")
        rows = to_pandas(table)
        found = predictions.set_index("row")[names].reindex(range(len(rows)))
        return found.set_axis(self.classes, axis=1).set_axis(rows.index)

    def __repr__(self) -> str:
        """Show name and version, as in `Predictor('classifier', '20261123T075851Z-aad12')`."""
        return f"Predictor({self.name!r}, {self.version!r})"

    def _refuse_unfit(self, table: pd.DataFrame, keep: Sequence[str]) -> None:
        """Raise a `DataError` if the table can't be scored or the columns can't be kept."""
        if isinstance(keep, str):
            raise DataError(f"keep is a list of columns: write keep=[{keep!r}]")
        keep = [str(name) for name in keep]
        names = [str(name) for name in table.columns]
        require_unique_names(names)
        needed = [feature.name for feature in self._features if not feature.missing]
        present = set(names)
        if not present & set(self.features):
            needed = self.features
        needed_by = f"version {self.version} of {self.name!r} needs it"
        for required, reason in ((needed, needed_by), (keep, "to keep")):
            if missing := [name for name in required if name not in present]:
                raise DataError(missing_columns(missing, names, reason, "the table"))
        refuse_taken_names(keep)


def load(
    name: str | None, store: str | Path, version: str, public_key: str | Path | None, allow_version_skew: bool
) -> Predictor:
    """Load a version; see `bakeoff.load`."""
    signing = VerifyingConfig(public_key=None if public_key is None else Path(public_key))
    values = {"store": store, "version": version, "signing": signing} | ({} if name is None else {"name": name})
    config = validate(PredictionConfig, values | {"allow_version_skew": allow_version_skew})
    ref, opened = find_version(config), open_store(config)
    card = opened.card(ref.version)
    return Predictor(ref.name, card, load_model(opened, ref.version, allow_version_skew=allow_version_skew))


def to_pandas(table: Any) -> pd.DataFrame:
    """Convert a data frame of Polars, Arrow, or another library that exports Arrow's C stream; pandas' stays as it is.

    Raises:
        DataError: it is no data frame.
    """
    if isinstance(table, pd.DataFrame):
        return table
    if hasattr(table, "__arrow_c_stream__"):
        frame: pd.DataFrame = import_stream(table).to_pandas()
        return frame
    raise DataError(f"predict takes a data frame of pandas, Polars or Arrow, not {type(table).__name__}")


def _to_arrow(table: pd.DataFrame, features: Sequence[Feature]) -> pa.Table:
    """Convert the columns of the features to Arrow's plain types; features without a column are left out.

    Raises:
        DataError: a column has a type that can't be used.
    """
    positions = {str(name): position for position, name in enumerate(table.columns)}
    wanted = {feature.name: positions[feature.name] for feature in features if feature.name in positions}
    numbers = _number_arrays(table, list(wanted.values()))
    cells = {
        name: numbers[position] if position in numbers else to_column(table.iloc[:, position])
        for name, position in wanted.items()
    }
    return pa.table(
        {
            feature.name: feature_cells(feature, pa.chunked_array([cells[feature.name]]))
            for feature in features
            if feature.name in cells
        }
    )


def _number_arrays(table: pd.DataFrame, positions: Sequence[int]) -> dict[int, pa.Array]:
    """Convert the columns of numpy's numbers or booleans, by position; all of one dtype at once, which is faster."""
    by_type: dict[np.dtype[Any], list[int]] = {}
    for position, kind in zip(positions, table.dtypes.iloc[list(positions)]):
        if isinstance(kind, np.dtype) and kind.kind in "iufb" and kind.itemsize <= MAX_ITEMSIZE:
            by_type.setdefault(kind, []).append(position)
    return {
        position: pa.array(column, from_pandas=True)
        for alike in by_type.values()
        for position, column in zip(alike, table.iloc[:, alike].to_numpy().T)
    }
