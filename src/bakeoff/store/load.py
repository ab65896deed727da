"""Open a store, find a version, and load its model."""

import io
import logging
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.allowed_modules import MissingPackageError, NotAllowedError
from bakeoff.config.unpickler.read import unpickle_model
from bakeoff.errors import IntegrityError, StoreError
from bakeoff.store.card import Card
from bakeoff.store.entries import head_of
from bakeoff.store.key_files import find_keys, find_public_keys
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import names_in

MODEL = "model.joblib"

logger = logging.getLogger(__name__)


def load_model(store: ModelStore, version: str, *, allow_version_skew: bool = False) -> Any:
    """Load a version's fitted Pipeline.

    Journal, card, bytes and, if public keys are configured, signatures are verified before anything is unpickled. Then
    the model must predict its frozen sample as it did when it was exported.

    Args:
        store: the version's store.
        version: the version's id.
        allow_version_skew: whether it may have been written under another scikit-learn or Python minor version.

    Raises:
        IntegrityError: the version was changed, can't be unpickled, or predicts its sample differently.
        StoreError: it was written under other versions, and that is not allowed, or its classifier's package is not
            installed or not allowed.
        ReadError: the system refused to read a file.
    """
    history = store.history()
    card = store.card(version, history)
    return open_model(card, lambda name: store.read(version, name, history), allow_version_skew=allow_version_skew)


def open_model(card: Card, read: Callable[[str], bytes], *, allow_version_skew: bool) -> Any:
    """Unpickle a version's Pipeline, and check that it predicts its frozen sample as it did.

    Args:
        card: the version's card.
        read: reads a file of the version and verifies it against the card.
        allow_version_skew: whether it may have been written under another scikit-learn or Python minor version.

    Raises:
        BakeoffError: as for `load_model`.
    """
    from sklearn.exceptions import InconsistentVersionWarning

    from bakeoff.store.contents.frozen_sample import SAMPLE

    version = card.version
    if skew := refuse_version_skew(card, allowed=allow_version_skew):
        logger.warning("version %s: %s", version, skew)
    content = read(MODEL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            model = unpickle_model(io.BytesIO(content))
    except MissingPackageError as error:
        recorded = card.environment.get(error.package)
        pinned = f"{error.package}=={recorded}" if recorded else error.package
        raise StoreError(
            f"version {version} needs the package {error.package}, which is not installed; pip install {pinned}"
        ) from error
    except NotAllowedError as error:
        raise StoreError(f"version {version} is not opened: {error}") from error
    except (Exception, SystemExit, GeneratorExit) as error:  # the bytes are right, so library versions are the cause
        reason = f"{skew}, and {error}" if skew else str(error)
        raise IntegrityError(f"version {version} can't be opened here: {reason}") from error
    if SAMPLE in card.files:
        _check(version, read(SAMPLE), card, model)
    elif skew:
        logger.warning("version %s has no frozen sample: whether it predicts as before was not checked", version)
    return model


def refuse_version_skew(card: Card, *, allowed: bool) -> str | None:
    """Describe how this process's versions differ from those that a model was written under; None if they don't.

    Args:
        card: the version's card.
        allowed: whether they may differ.

    Raises:
        StoreError: they differ, and that is not allowed.
    """
    skew = version_skew(card.environment)
    if skew and not allowed:
        raise StoreError(
            f"version {card.version} is not opened: {skew}; train anew, use those versions, or give "
            "--allow-version-skew, which opens it if it still predicts its frozen sample as it did"
        )
    return skew


def version_skew(environment: dict[str, str]) -> str | None:
    """Describe how the running scikit-learn and Python minor version differ from recorded ones; None if they don't.

    Args:
        environment: the versions in the card, by library.
    """
    recorded = {"scikit-learn": environment["scikit-learn"], "Python": _minor(environment["python"])}
    current = {"scikit-learn": installed("scikit-learn"), "Python": _minor(platform.python_version())}
    differing = [name for name in current if current[name] != recorded[name]]
    written, running = (", ".join(f"{name} {where[name]}" for name in differing) for where in (recorded, current))
    return f"it was written under {written}, and this is {running}" if differing else None


def _check(version: str, sample: bytes, card: Card, model: Any) -> None:
    """Raise an `IntegrityError` if the model doesn't predict its frozen sample as before."""
    from bakeoff.store.contents.frozen_sample import check_sample

    try:
        check_sample(model, sample, list(card.features))
    except IntegrityError as error:
        raise IntegrityError(f"version {version} is not used: {error}") from error
    except (Exception, SystemExit, GeneratorExit) as error:  # as a model of another scikit-learn raises
        raise IntegrityError(f"version {version} is not used: it can't predict its frozen sample: {error}") from error


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def open_store(config: TrainingConfig | PredictionConfig) -> ModelStore:
    """Open the config's store.

    A prediction config that sets no name opens the store's only model, if there is just one.

    Raises:
        ConfigError: a key can't be read, or config and environment contradict each other.
        StoreError: the store's path is a file.
    """
    if isinstance(config, TrainingConfig):
        keys = find_keys(config.signing.private_key, config.signing.public_key)
    else:
        keys = find_public_keys(config.signing.public_key)
        if "name" not in config.model_fields_set and len(names := names_in(config.store)) == 1:
            return ModelStore(config.store, names[0], keys)
    return ModelStore(config.store, config.name, keys)


@dataclass(frozen=True)
class VersionRef:
    """The version that a prediction run uses, resolved once, so that a later promotion changes nothing.

    Attributes:
        name: the model's name in the store.
        version: the version's id.
        is_champion: whether it was the champion at that time.
        head: the number and SHA-256 of the journal's last line at that time, which identify the store's state.
    """

    name: str
    version: str
    is_champion: bool
    head: str


def find_version(config: PredictionConfig) -> VersionRef:
    """Find the version that a config names: champion, latest or an id.

    Raises:
        StoreError: there is no such version.
    """
    store = open_store(config)
    history = store.history()
    version = store.resolve(config.version, history)
    return VersionRef(store.name, version, version == history.champion, head_of(history))
