"""A version as `mlflow.pyfunc.load_model` returns it: raw columns in, classes out.

MLflow imports this module from the code that was logged with the model, so Bakeoff need not be installed there.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from bakeoff.errors import DataError, IntegrityError
from bakeoff.prediction.predictor import Predictor
from bakeoff.store.contents.frozen_sample import SAMPLE
from bakeoff.store.load import MODEL, open_model
from bakeoff.store.manifest import parse_card, recorded_digest

CARD = "card.json"
FILES = (MODEL, SAMPLE)  # beside the card; versions of earlier releases have no sample
PROBABILITIES = "probabilities"  # the parameter of `predict`


class PyfuncModel:
    """A version whose files were verified and which predicts its frozen sample as it did."""

    def __init__(self, folder: Path) -> None:
        """Open a version.

        Args:
            folder: a folder with the version's card, model and frozen sample.

        Raises:
            IntegrityError: a file differs from the card, or the model predicts its sample differently.
            StoreError: the libraries are of other versions, and there is no sample.
        """
        content = (folder / CARD).read_bytes()
        card = parse_card(content, str(json.loads(content).get("version")))

        def read(name: str) -> bytes:
            file = (folder / name).read_bytes()
            if hashlib.sha256(file).hexdigest() != recorded_digest(card, name):
                raise IntegrityError(f"{name} differs from its card")
            return file

        model = open_model(card, read, allow_version_skew=SAMPLE in card.files)
        self._predictor = Predictor(card.name, card, model)

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """Predict the class of each row.

        Args:
            model_input: the features, shape (n_rows, any): a data frame.
            params: `probabilities`: whether to return them too.

        Returns:
            The classes, shape (n_rows,); with probabilities a data frame with the column `prediction` and
            `probability_<class>` for each class.

        Raises:
            DataError: a row can't be scored, or a column is missing.
        """
        predictions, rejected = self._predictor.predict(model_input)
        if len(rejected):
            first = rejected.iloc[0]
            raise DataError(
                f"{len(rejected)} of {len(rejected) + len(predictions)} rows can't be scored, the first: row "
                f"{first['row']}, column {first['column']!r}: {first['reason']}"
            )
        if (params or {}).get(PROBABILITIES):
            shown = [name for name in predictions if name == "prediction" or str(name).startswith("probability_")]
            return predictions[shown]
        return predictions["prediction"].to_numpy()


def _load_pyfunc(path: str) -> PyfuncModel:
    """Open the model; MLflow calls this by name."""
    return PyfuncModel(Path(path))
