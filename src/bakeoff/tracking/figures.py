"""The parameters, metrics, signature and requirements of a version, as MLflow takes them."""

import json
import math
import re
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import version as installed
from typing import Any

import pyarrow as pa

from bakeoff.evaluation.results import BASELINE
from bakeoff.formatting import flatten
from bakeoff.store.card import Card
from bakeoff.store.contents.contestants import Contestant

# Of a card's environment: what the model doesn't need, and pyarrow, of which MLflow refuses the newest.
UNPINNED = {"python", "bakeoff", "scikit-learn-intelex", "pyarrow"}
LONGEST_KEY, LONGEST_VALUE = 250, 6000  # characters that MLflow takes


def parameters(card: Card) -> dict[str, str]:
    """Return the winner, the numbers of rows and the run's config, by a path such as `split.test_size`."""
    rows = {f"rows.{part}": getattr(card.rows, part) for part in ("train", "test", "validation")}
    found = {"classifier": card.classifier, **rows, **dict(flatten(card.config))}
    return {_key(name): _text(value)[:LONGEST_VALUE] for name, value in found.items() if value is not None}


def metrics(card: Card) -> list[tuple[str, float, int]]:
    """Return name, value and step of each metric: the winner's own, then those of contestants, as `svm/cv_mean`.

    The scores of the folds have the number of the fold as their step.
    """
    found = _metrics(card.winner)
    if card.calibration and card.calibration.brier_after is not None:
        found.append(("test_brier", card.calibration.brier_after, 0))
    for name, contestant in card.leaderboard.items():
        if contestant.status == "ok" or name == BASELINE:
            found += [(f"{name}/{metric}", value, step) for metric, value, step in _metrics(contestant)]
    return [(_key(name), value, step) for name, value, step in found if not math.isnan(value)]


def input_columns(card: Card, rows: pa.Table) -> list[dict[str, Any]]:
    """Return the schema of the raw features as MLflow's dicts: `name`, `type` and `required`.

    MLflow takes no 64-bit integers for a double, so whole numbers are long unless values may be missing.

    Args:
        card: the version's card.
        rows: raw rows with the features' columns.
    """
    return [
        {"name": each.name, "type": _type(rows[each.name], each.missing), "required": not each.missing}
        for each in card.features
    ]


def requirements(card: Card) -> list[str]:
    """Return the packages that the model needs: what scores depend on as in the card, others by Bakeoff's bounds.

    Bakeoff itself is not among them, since its code is logged with the model.
    """
    pins = {name: f"{name}=={version}" for name, version in card.environment.items() if name not in UNPINNED}
    for line in requires("bakeoff") or []:
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        if "extra ==" not in line and name != "argcomplete":
            pins.setdefault(name, line)
    return sorted(pins.values())


def missing_package() -> str | None:
    """Say that MLflow's client is not installed, and how to install it; None if it is."""
    for name in ("mlflow-skinny", "mlflow"):
        try:
            return None if int(installed(name).split(".")[0]) >= 3 else f"{name} is older than 3"
        except PackageNotFoundError:
            continue
    return "mlflow is not installed"


def _metrics(contestant: Contestant) -> list[tuple[str, float, int]]:
    found: list[tuple[str, float | None, int]] = [
        ("cv_mean", contestant.cv_mean, 0),
        ("cv_std", contestant.cv_std, 0),
        ("fit_seconds", contestant.fit_seconds, 0),
    ]
    found += [("cv_score", score, fold) for fold, score in enumerate(contestant.cv_scores or [], start=1)]
    found += [(f"test_{name}", value, 0) for name, value in (contestant.test or {}).items()]
    for name, interval in (contestant.test_intervals or {}).items():
        found += [(f"test_{name}_{end}", value, 0) for end, value in zip(("low", "high"), interval or ())]
    return [(name, float(value), step) for name, value, step in found if value is not None]


def _type(column: pa.ChunkedArray, missing: bool) -> str:
    kind = column.type
    if pa.types.is_integer(kind):
        return "double" if missing or column.null_count else "long"
    if pa.types.is_floating(kind):
        return "double"
    if pa.types.is_boolean(kind):
        return "boolean"
    return "datetime" if pa.types.is_temporal(kind) else "string"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    """Replace what MLflow refuses in the name of a parameter or metric."""
    return re.sub(r"[^\w ./:-]", "_", name, flags=re.ASCII)[:LONGEST_KEY]
