"""The card of a version: what it is, how it was chosen, and everything needed to make it again."""

import logging
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import pandas as pd

from bakeoff.config import TrainingConfig
from bakeoff.fitting import ModelRef
from bakeoff.leaderboard import Scorecard, leaderboard_rows, rank
from bakeoff.selection import Selection
from bakeoff.splitting import DatasetRef
from bakeoff.store import FORMAT, ModelStore

PACKAGES = ("bakeoff", "scikit-learn", "numpy", "pandas", "pyarrow", "joblib")

logger = logging.getLogger(__name__)


def export_version(
    config: TrainingConfig,
    ref: DatasetRef,
    scorecards: Sequence[Scorecard],
    selection: Selection,
    model: ModelRef,
    workspace: Path,
) -> Path:
    """Seal the winner, its validation rows, the leaderboard and the card as a new version of the store.

    Returns:
        the version's folder.

    Raises:
        StoreError: the store can't be written.
    """
    ranked = rank(scorecards)
    leaderboard = workspace / "leaderboard.csv"
    pd.DataFrame(leaderboard_rows(ranked, selection.winner)).to_csv(leaderboard, index=False)
    files = {
        "model.joblib": model.path,
        "validation.parquet": ref.part("validation"),
        "leaderboard.csv": leaderboard,
    }

    def describe(version: str, created: str) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "name": config.name,
            "version": version,
            "created": created,
            "classifier": selection.winner,
            "classifiers": {card.classifier: card.to_dict() for card in ranked},
            "selection": {
                "rule": selection.rule,
                "scoring": config.cross_validation.scoring,
                "why": selection.why,
            },
            "classes": list(ref.classes),
            "features": [asdict(feature) for feature in ref.features],
            "target": ref.target,
            "rows": ref.rows,
            "data_sha256": ref.sha256,
            "config": config.model_dump(mode="json"),
            "environment": describe_environment(),
        }

    store = ModelStore(config.store, config.name)
    folder = store.export(files, describe, selection.why)
    logger.info("version %s exported to %s%s", folder.name, folder, ", as champion" * (store.champion() == folder.name))
    return folder


def describe_environment() -> dict[str, str]:
    """The versions that fold scores and pickles depend on."""
    return {"python": platform.python_version()} | {name: installed(name) for name in PACKAGES}
