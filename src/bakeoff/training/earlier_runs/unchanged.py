"""Find the sealed version that a run would make again: of the same rows, split, config and libraries."""

import logging
from typing import Any

from bakeoff.config import TrainingConfig
from bakeoff.data.dataset_ref import DatasetRef
from bakeoff.errors import IntegrityError, ReadError, StoreError
from bakeoff.estimators.own_classifiers import describe_packages
from bakeoff.runtime.environment import describe_environment
from bakeoff.store.load import open_store
from bakeoff.training.results import PromotionDecision

# Where a run works and what it writes to, by which no model, decision or report differs.
ELSEWHERE = ("name", "store", "workspace", "runner", "dask", "signing", "retrain", "drift_cooldown")
READ_FROM = ("path", "url_env", "query", "window")  # of the dataset; what they select is in the rows' digest

logger = logging.getLogger(__name__)


def find_unchanged(config: TrainingConfig, ref: DatasetRef) -> str | None:
    """Return the newest version that the run would make again; None if there is none, or `retrain` is `always`.

    A version that can't be read, or differs from what was sealed, is not returned.

    Args:
        config: the run's config, with the number of folds that the rows allow.
        ref: the dataset.

    Raises:
        IntegrityError: the journal has a finding.
    """
    if config.retrain == "always":
        return None
    store = open_store(config)
    history, wanted = store.history(), _settings(config.model_dump(mode="json"))
    environment = describe_environment() | describe_packages(config.classifiers)
    for version in reversed(history.versions):
        try:
            if not store.mentions(version, ref.split_sha256):
                continue
            card = store.card(version, history)
            same = (card.data_sha256, card.split_sha256) == (ref.sha256, ref.split_sha256)
            if same and card.environment == environment and _settings(card.config) == wanted:
                if not (findings := store.verify(version)):
                    return version
                logger.warning("version %s is made again: %s", version, findings[0].text)
        except (IntegrityError, ReadError, StoreError) as error:  # StoreError: pruned in the meantime
            logger.warning("%s", error)
    return None


def find_exported(config: TrainingConfig, by: str) -> str | None:
    """Return the newest version that a run has exported, in a try that ended before the server knew; None if none is.

    Args:
        config: the run's config.
        by: the run, as the journal names it.

    Raises:
        IntegrityError: the journal has a finding.
    """
    store = open_store(config)
    history = store.history()
    own = (version for version in reversed(history.versions) if history.exports[version].get("by") == by)
    return next((version for version in own if not store.verify(version)), None)


def is_decided(config: TrainingConfig, version: str) -> bool:
    """Return whether a version was compared with the champion; its run may have ended between export and comparison."""
    history = open_store(config).history()
    rule_decides = config.promotion.rule != "never"  # which records nothing
    return version == history.champion or history.decision(version) is not None or not rule_decides


def describe_unchanged(version: str, decision: PromotionDecision | None = None) -> str:
    """Say that a run has nothing new, and which version stays, or what was decided about it only now."""
    if decision is None:
        return f"Nothing new since {version}: kept"
    done = "promoted" if decision.outcome == "promote" else "the champion stays"
    return f"Nothing new since {version}, whose run ended before it was compared; {done}: {decision.why}"


def _settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a config that count."""
    dataset = {key: value for key, value in config["dataset"].items() if key not in READ_FROM}
    return {key: value for key, value in config.items() if key not in ELSEWHERE} | {"dataset": dataset}
