"""Opening a version's model: only what is as it was sealed, and only where it means what it meant."""

import io
import logging
import platform
import warnings
from importlib.metadata import version as installed
from typing import Any

from bakeoff.columns import Feature
from bakeoff.errors import IntegrityError, StoreError
from bakeoff.sample import SAMPLE, check_sample
from bakeoff.store import ModelStore

logger = logging.getLogger(__name__)


def load_model(store: ModelStore, version: str, *, allow_version_skew: bool = False) -> Any:
    """The version's fitted Pipeline.

    Journal, card and bytes are compared, and signatures where public keys are configured, before anything is
    unpickled; then the model must predict the frozen sample of rows beside it as it did when it was exported.

    Args:
        allow_version_skew: open it under another scikit-learn or Python minor version than it was written under.

    Raises:
        IntegrityError: the version is not what was sealed, can't be opened, or predicts its sample differently.
        StoreError: it was written under other versions, and that is not allowed.
    """
    import joblib
    from sklearn.exceptions import InconsistentVersionWarning

    card = store.card(version)
    skew = refuse_version_skew(card, allowed=allow_version_skew)
    content = store.read(version, "model.joblib")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            model = joblib.load(io.BytesIO(content))
    except Exception as error:  # the bytes are right: it is the versions that don't fit
        reason = f"{skew}, and {error}" if skew else str(error)
        raise IntegrityError(f"version {version} can't be opened here: {reason}") from error
    if SAMPLE in card["files"]:
        _check(store, version, card, model)
    elif skew:
        logger.warning("version %s has no frozen sample: whether it predicts as before was not checked", version)
    return model


def refuse_version_skew(card: dict[str, Any], *, allowed: bool) -> str | None:
    """Compare the versions that the model was written under with those of this process.

    Returns:
        the difference in words; None where there is none.

    Raises:
        StoreError: there is a difference, and it is not allowed.
    """
    there = {"scikit-learn": card["environment"]["scikit-learn"], "Python": _minor(card["environment"]["python"])}
    here = {"scikit-learn": installed("scikit-learn"), "Python": _minor(platform.python_version())}
    differing = [name for name in here if here[name] != there[name]]
    if not differing:
        return None
    written, running = (", ".join(f"{name} {where[name]}" for name in differing) for where in (there, here))
    skew = f"it was written under {written}, and this is {running}"
    if not allowed:
        raise StoreError(
            f"version {card['version']} is not opened: {skew}; train anew, use those versions, or give "
            "--allow-version-skew, which opens it if it still predicts its frozen sample as it did"
        )
    logger.warning("version %s: %s", card["version"], skew)
    return skew


def _check(store: ModelStore, version: str, card: dict[str, Any], model: Any) -> None:
    features = [Feature(**feature) for feature in card["features"]]
    sample = store.read(version, SAMPLE)
    try:
        check_sample(model, sample, features)
    except IntegrityError as error:
        raise IntegrityError(f"version {version} is not used: {error}") from error
    except Exception as error:  # of another scikit-learn's making
        raise IntegrityError(f"version {version} is not used: it can't predict its frozen sample: {error}") from error


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
