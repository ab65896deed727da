"""Race tabular classifiers on the same folds, keep the best as a sealed version, predict with it."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakeoff.prediction.predictor import Predictor

__all__ = ["load"]


def load(
    name: str | None = None,
    *,
    store: str | Path = "models",
    version: str = "champion",
    public_key: str | Path | None = None,
    allow_version_skew: bool = False,
) -> "Predictor":
    """Open a saved version to predict with, without Prefect.

        import bakeoff
        model = bakeoff.load("classifier", store="models")
        predictions, rejected = model.predict(frame, keep=["customer_id"])

    The version is verified against its card and the journal before it is opened, as in the prediction flow.

    Args:
        name: the model's name in the store; by default the only model, or `classifier` if there are several.
        store: the store's folder.
        version: champion, latest, or a version's id.
        public_key: a PEM file with the trusted keys; by default that of the environment's BAKEOFF_SIGNING_PUBLIC_KEY.
        allow_version_skew: open a model that was written under another scikit-learn or Python minor version, if it
            still predicts its frozen sample as it did.

    Returns:
        The loaded version, with `predict`, `features`, `classes` and `card`.

    Raises:
        bakeoff.errors.UserError: there is no such store or version.
        bakeoff.errors.IntegrityError: the version was changed since it was exported.
    """
    from bakeoff.prediction.predictor import load as open_version

    return open_version(name, store, version, public_key, allow_version_skew)
