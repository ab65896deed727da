"""Events of models on Prefect's server, for its automations and whoever listens.

`bakeoff.drift` follows a prediction, `bakeoff.promoted` or `bakeoff.kept` a training run. The resource is the model.
Automations match its labels: `bakeoff.store` is the store's absolute path or address, since stores may hold models of
one name.
"""

from pathlib import Path
from typing import Any

from prefect.events import emit_event

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.drift.results import Drift
from bakeoff.runtime.objects.address import Address
from bakeoff.store.load import VersionRef
from bakeoff.training.results import PromotionDecision
from tasks.runs.outage import or_warn

# Labels of the resource.
STORE, VERSION, CHAMPION, VERDICT = "bakeoff.store", "bakeoff.version", "bakeoff.champion", "bakeoff.verdict"


def model_labels(name: str, store: Path | Address) -> dict[str, str]:
    """Return the labels that identify a model, as automations match them."""
    place = store.resolve() if isinstance(store, Path) else store
    return {"prefect.resource.id": f"bakeoff.model.{name}", STORE: str(place)}


def emit_model_event(
    event: str, name: str, store: Path | Address, labels: dict[str, str], payload: dict[str, Any]
) -> None:
    """Send an event about a model; a failure is only logged. Prefect adds the run, its flow and its deployment.

    Args:
        event: the event's name.
        name: the model's name.
        store: the store's folder or address.
        labels: further labels of the resource, which automations can match.
        payload: the event's content.
    """
    resource = {**model_labels(name, store), "prefect.resource.name": name, **labels}
    with or_warn(f"the event {event} could not be sent", asks=False):  # in the background
        emit_event(event, resource, payload={"model": name, "store": resource[STORE], **payload})


def emit_drift(config: PredictionConfig, ref: VersionRef, drift: Drift) -> None:
    """Send `bakeoff.drift` with any verdict; the automations act on that of the champion alone.

    Args:
        config: the config of the prediction.
        ref: the version that it used.
        drift: how far the rows have moved.
    """
    labels = {VERSION: ref.version, CHAMPION: str(ref.is_champion).lower(), VERDICT: drift.verdict}
    payload = {
        "version": ref.version,
        "verdict": drift.verdict,
        "rows": drift.rows,
        "columns": list(drift.moved),
        "sizes": {name: column.size for name, column in drift.moved.items()},
        "prediction": drift.classes.size,
        "estimated_accuracy": drift.estimated_accuracy["value"],
    }
    emit_model_event("bakeoff.drift", ref.name, config.store, labels, payload)


def emit_decision(config: TrainingConfig, version: str, decision: PromotionDecision) -> None:
    """Send `bakeoff.promoted` or `bakeoff.kept` with what the decision rests on.

    Args:
        version: the version that was just exported.
        decision: what `promote_if_better` decided about it.
    """
    payload = {
        "challenger": version,
        "champion": decision.champion,
        "rule": config.promotion.rule,
        "why": decision.why,
        "held": decision.hold is not None,
        "figures": decision.figures,
    }
    event = "bakeoff.promoted" if decision.outcome == "promote" else "bakeoff.kept"
    emit_model_event(event, config.name, config.store, {VERSION: version}, payload)
