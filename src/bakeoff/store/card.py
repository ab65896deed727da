"""What a card must be for nothing that is read from it to be missing or of another type, whoever wrote it."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from bakeoff.runtime.untrusted_json import is_shallow
from bakeoff.store.entries import LARGEST, TIME, VERSION

DEEPEST = 30  # levels; a config in it has 20 at most
LONGEST = 2**63  # bytes of a file
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")  # in the version's folder, and nowhere else

Check = Callable[[Any], bool]


class Maybe(NamedTuple):
    """What may be null."""

    shape: Any


class Each(NamedTuple):
    """A mapping whose keys may be any, and whose values are alike."""

    shape: Any


def is_number(value: Any) -> bool:
    """Whether it is a number, or none as `nan` is; infinite or beyond what floats hold it is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) > LARGEST


def is_count(value: Any) -> bool:
    """Whether it counts something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST


def is_share(value: Any) -> bool:
    """Whether it is a number from 0 to 1."""
    return is_number(value) and 0 <= value <= 1


def is_positive(value: Any) -> bool:
    """Whether it is a number above 0."""
    return is_number(value) and value > 0


def is_time(value: Any) -> bool:
    """Whether it is a moment that there was: no 31st of February."""
    try:
        return bool(TIME.fullmatch(value) and datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def is_interval(value: Any) -> bool:
    """Whether it is two numbers."""
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


RATES = {"precision": is_number, "recall": is_number, "f1": is_number, "support": is_count}
CURVE = Maybe({"predicted": [is_share], "observed": [is_share], "pairs": [is_positive]})
SCORES = {
    "status": str,
    "reason": Maybe(str),
    "cv_scores": Maybe([is_number]),
    "cv_mean": Maybe(is_number),
    "cv_std": Maybe(is_number),
    "to_leader?": Maybe(
        {
            "difference": is_number,
            "interval": is_interval,
            "p_value": is_number,
            "p_holm": is_number,
            "margin": is_number,
            "tied": bool,
        }
    ),
    "test": Maybe(Each(is_number)),
    "test_intervals?": Maybe(Each(is_interval)),
    "report": Maybe(Each(RATES)),
    "approximation?": Maybe({"components": is_count, "exact_seconds": is_number}),
    "predicted_seconds?": Maybe(is_number),
    "fit_seconds": Maybe(is_number),
    "predict_rows_per_second": Maybe(is_number),
}
# Of a contestant that came through, the winner always.
DONE = SCORES | {"cv_mean": is_number, "cv_std": is_number, "test": {"accuracy": is_number}, "report": Each(RATES)}
SEALED = ("model.joblib", "validation.parquet", "leaderboard.csv")  # the files that every card has digests of
DIGEST = {"sha256": str, "bytes": is_count}
CARD = {
    "format": int,
    "name": str,
    "version": VERSION.fullmatch,
    "created": is_time,
    "classifier": str,
    "classifiers": Each(SCORES),
    "selection": {"why": str, "scoring?": str, "leader?": Maybe(str)},
    "calibration?": Maybe(
        {
            "method": Maybe(str),
            "own_probabilities": bool,
            "rows": is_count,
            "brier_before": Maybe(is_number),
            "brier_after": Maybe(is_number),
            "reliability?": Maybe({"before": CURVE, "after": CURVE}),
        }
    ),
    "decision?": Maybe(
        {
            "costs": [[is_number]],
            "gain": Maybe(is_number),
            "interval?": Maybe(is_interval),
            "mean_cost_before?": Maybe(is_number),
            "mean_cost_after?": Maybe(is_number),
            "rows?": is_count,
        }
    ),
    "warnings?": [str],
    "classes": [str],
    "class_counts?": Each(is_count),
    "features": [
        {
            "name": str,
            "dtype": str,
            "kind?": str,
            "missing?": bool,
            "categories?": Maybe([str]),
            "range?": Maybe(is_interval),
        }
    ],
    "target": str,
    "rows": {"train": is_count, "test": is_count, "validation": is_count},
    "data_sha256": str,
    "config": {
        "split?": dict,
        "dataset?": {"flip_y?": is_number},
        "cross_validation?": {"repeats?": is_count},
    },
    "environment": {"python": str, "scikit-learn": str, "*": str},
    "files": dict.fromkeys(SEALED, DIGEST) | {"*": DIGEST},
}


def find_odd(card: Any) -> str | None:
    """What of a card is missing or of another type, as `classifiers.svm.cv_mean`; None where nothing is."""
    if not is_shallow(card, DEEPEST):
        return "no more than thirty levels"
    if (odd := _find(card, CARD, "")) is not None:
        return odd
    if card["classifier"] not in card["classifiers"] or not all(map(FILE.fullmatch, card["files"])):
        return "its winner" if card["classifier"] not in card["classifiers"] else "files of its own folder"
    for name, scores in card["classifiers"].items():
        done = name == card["classifier"] or scores["status"] == "ok"
        if done and (odd := _find(scores, DONE, f"classifiers.{name[:80]}")) is not None:
            return odd
    leader = card["selection"].get("leader")
    return None if leader is None or leader in card["classifiers"] else "selection.leader"


def _find(value: Any, shape: Any, where: str) -> str | None:
    """The first place whose value has not the shape; empty for the whole."""
    if isinstance(shape, Maybe):
        return None if value is None else _find(value, shape.shape, where)
    if isinstance(shape, Each):
        shape = {"*": shape.shape}
    if isinstance(shape, dict):
        return _find_in(value, shape, where) if isinstance(value, dict) else where
    if isinstance(shape, list):
        if not isinstance(value, list):
            return where
        return next((odd for each in value if (odd := _find(each, shape[0], where)) is not None), None)
    if isinstance(shape, type):
        right = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    else:
        try:
            right = bool(shape(value))
        except TypeError:  # a pattern's, for what is no text
            right = False
    return None if right else where


def _find_in(value: Mapping[str, Any], shape: Mapping[str, Any], where: str) -> str | None:
    for name, inner in shape.items():
        key, path = name.removesuffix("?"), f"{where}.{name.removesuffix('?')}".removeprefix(".")
        if name == "*" or (key not in value and name != key):
            continue
        if key not in value:
            return path
        if (odd := _find(value[key], inner, path)) is not None:
            return odd
    if "*" in shape:
        for key, each in value.items():
            if key not in shape and (odd := _find(each, shape["*"], f"{where}.{key[:80]}")) is not None:
                return odd
    return None
