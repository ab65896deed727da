"""Events of models: what automations match and people read."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.events.schemas.events import Resource

from bakeoff.config import PredictionConfig, PromotionConfig, TrainingConfig
from bakeoff.drift.results import ColumnDrift, Difference, Drift
from bakeoff.store.load import VersionRef
from bakeoff.training.results import PromotionDecision
from deployments.automations import retrain_on_drift
from tasks.runs import events
from tasks.runs.events import emit_decision, emit_drift

FIGURES = {"champion_score": 0.8, "challenger_score": 0.9, "gain": 0.1, "gain_low": 0.05, "p_value": 0.001}


@pytest.fixture
def sent(monkeypatch):
    """What was sent, as name, resource and payload."""
    sent = []
    monkeypatch.setattr(events, "emit_event", lambda *event, payload: sent.append((*event, payload)))
    return sent


@pytest.mark.parametrize(("outcome", "hold"), [("promote", None), ("keep", None), ("keep", "promotion is held")])
def test_a_decision_is_sent_with_its_figures(sent, tmp_path, monkeypatch, outcome, hold):
    """The store is named by its absolute path, wherever the run was."""
    monkeypatch.chdir(tmp_path)
    config = TrainingConfig(name="orders", store=Path("models"), promotion=PromotionConfig(rule="always"))
    emit_decision(config, "v2", PromotionDecision(outcome, "because", FIGURES, "v1", hold))
    store = str(tmp_path / "models")
    resource = {
        "prefect.resource.id": "bakeoff.model.orders", "prefect.resource.name": "orders",
        "bakeoff.store": store, "bakeoff.version": "v2",
    }  # fmt: skip
    payload = {
        "model": "orders", "store": store, "challenger": "v2", "champion": "v1", "rule": "always", "why": "because",
        "held": hold is not None, "figures": FIGURES,
    }  # fmt: skip
    assert [({"promote": "bakeoff.promoted", "keep": "bakeoff.kept"}[outcome], resource, payload)] == sent


@pytest.mark.parametrize("is_champion", [True, False])
def test_drift_is_sent_with_the_labels_that_automations_match(sent, tmp_path, is_champion):
    """A version that is not the champion is told from it."""
    config = PredictionConfig(store=tmp_path)
    same = Difference(verdict="stable", size=0.01, noise=0.1, measure="jensen_shannon")
    fee = ColumnDrift(verdict="drifted", size=1.6, noise=0.1, measure="wasserstein", kind="number", missing=(0.0, 0.0))
    age = replace(fee, verdict="stable", size=0.02)
    drift = Drift(
        verdict="drifted", rows=2000, training_rows=1400, columns={"fee": fee, "age": age}, classes=same,
        confidence=None, estimated_accuracy={"value": 0.7}, accuracy=None,
    )  # fmt: skip
    emit_drift(config, VersionRef("orders", "v1", is_champion, "7 abc"), drift)
    ((event, resource, payload),) = sent
    matched = retrain_on_drift("orders", tmp_path, uuid4(), "training/orders", timedelta(1)).trigger
    assert matched.expect == {event}
    assert is_champion == matched.match.matches(Resource(resource))
    assert {
        "model": "orders", "store": str(tmp_path), "version": "v1", "verdict": "drifted", "rows": 2000,
        "columns": ["fee"], "sizes": {"fee": 1.6}, "prediction": 0.01, "estimated_accuracy": 0.7,
    } == payload  # fmt: skip


def test_an_event_that_cannot_be_sent_stops_no_run(monkeypatch, caplog):
    """It is said, and the run goes on."""

    def refuse(*_, **__):
        raise OSError("no way")

    monkeypatch.setattr(events, "emit_event", refuse)
    emit_decision(TrainingConfig(), "v1", PromotionDecision("promote", "the first version of this name", {}))
    assert "the event bakeoff.promoted could not be sent: OSError: no way" in caplog.text
