"""Race tabular classifiers on the same folds, keep the best as a sealed version, predict with it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bakeoff.local.race import Race
    from bakeoff.prediction.predictor import Predicted, Predictor

    __version__: str

__all__ = ["Predicted", "Predictor", "Race", "__version__", "load", "race"]
CLASSES = {
    "Predicted": "bakeoff.prediction.predictor",
    "Predictor": "bakeoff.prediction.predictor",
    "Race": "bakeoff.local.race",
}


def __getattr__(name: str) -> Any:
    """Look up the version and the classes when they are asked for, which takes longer than all else here."""
    if module := CLASSES.get(name):
        from importlib import import_module

        return getattr(import_module(module), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("bakeoff")
    raise AttributeError(f"module 'bakeoff' has no attribute {name!r}")


def race(frame: Any, target: str, **config: Any) -> "Race":
    """Race classifiers on a data frame, without Prefect, and keep the result in memory.

        import bakeoff
        race = bakeoff.race(frame, target="churned", classifiers={"svm": {}, "random_forest": {}})
        race.leaderboard, race.winner, race.why
        race.export("models", name="churn")

    The rows go the way of a file: tidied, split, cross-validated, evaluated on test rows. The same rows and config give
    the same model as `bakeoff train`.

    Args:
        frame: the rows, shape (n_rows, n_features + 1): a data frame of pandas, Polars or Arrow, or any object with
            `__arrow_c_stream__`. An index is not read.
        target: the column to predict.
        config: any field of the training config but `store` and `name`, such as `split`, `classifiers`, `search`,
            `time_budget`, and `dataset` with `ignore`, `categories`, `numbers` or `text`.

    Returns:
        The race, with `leaderboard`, `winner`, `why`, `baseline`, `pipeline`, `card`, `report()` and `export()`.

    Raises:
        bakeoff.errors.UserError: the config or the rows are wrong.
        bakeoff.errors.TrainingError: no contestant finished.
    """
    from bakeoff.local.race import race as run

    return run(frame, target, **config)


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
        store: the store's folder, or its address, as `s3://bucket/models`.
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
