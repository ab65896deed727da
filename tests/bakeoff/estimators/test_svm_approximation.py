"""When the SVM is approximated, and what is said of it."""

import json
from html import unescape

import joblib
import pytest
from forging import read_card
from pydantic import ValidationError

from bakeoff.cli.terminal import render_card
from bakeoff.config import SVMConfig, TrainingConfig
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize, predict_fit_seconds
from bakeoff.estimators.nystroem_svc import NystroemSVC
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.estimators.svm_approximation import choose_approximation
from bakeoff.report.version_markdown import render_markdown
from bakeoff.report.version_report import render_report
from bakeoff.store.model_store import ModelStore
from tests.bakeoff.conftest import run_race

SMALL, LARGE = ProblemSize(7_000, 10, 4), ProblemSize(700_000, 10, 4)


@pytest.mark.parametrize(
    ("config", "parameters", "size", "components"),
    [
        ({}, {}, SMALL, None),
        ({}, {}, LARGE, 2_000),
        ({"budget_seconds": 0.01}, {}, SMALL, 2_000),
        ({"budget_seconds": 1_000_000}, {}, LARGE, None),
        ({"approximation": "exact"}, {}, LARGE, None),
        ({"approximation": "nystroem", "components": 300}, {}, SMALL, 300),
        ({"approximation": "nystroem"}, {}, ProblemSize(500, 10, 4), 500),
        ({}, {"kernel": "linear"}, LARGE, 11),
        ({}, {"probability": True}, LARGE, None),
        ({}, {"decision_function_shape": "ovo"}, LARGE, None),
    ],
)
def test_the_svm_is_exact_as_long_as_that_is_affordable(config, parameters, size, components):
    found = choose_approximation(SVMConfig(**config), parameters, size)
    assert components == (found and found.components)
    assert found is None or found.exact_seconds == predict_fit_seconds("svm", "exact", size)


def test_an_approximation_that_lacks_what_is_asked_for_is_refused():
    config = {"svm": {"approximation": "nystroem"}, "classifiers": {"svm": {"probability": True}}}
    with pytest.raises(ValidationError, match="nystroem has no probability: true; leave that out of classifiers.svm"):
        TrainingConfig.model_validate(config)


@pytest.fixture(scope="module")
def approximated(tmp_path_factory):
    """A race in which the SVM is approximated; it wins, since nobody else runs."""
    folder = tmp_path_factory.mktemp("approximated")
    race = run_race(
        folder / "race",
        dataset={"n_samples": 3_000},
        classifiers={"svm": {"C": 2.0, "tol": 1e-4}},
        svm={"budget_seconds": 0.001, "components": 400},
    )
    version = race.export(folder / "models")
    return race, version, json.loads((version / "card.json").read_text())


def test_an_approximated_svm_says_so(approximated):
    """In the card, on the leaderboard, and wherever people read."""
    _, version, card = approximated
    scores = card["classifiers"]["svm"]
    found = scores["approximation"]
    assert {"method": "nystroem", "components": 400} == {key: found[key] for key in ("method", "components")}
    assert found["exact_seconds"] == predict_fit_seconds("svm", "exact", ProblemSize(2_100, 10, 4))
    assert scores["predicted_seconds"] == predict_fit_seconds("svm", "nystroem", ProblemSize(2_100, 10, 4), 400)
    assert "bakeoff" == scores["engine"]
    fitted = "SVM: fitted by Nystroem's features of 400 landmarks"
    sentence = f"{fitted}; the exact fit was predicted to take 0.059 s on one core."
    assert sentence in unescape(render_report(read_card(version), {}, {}))
    assert sentence in render_card(read_card(version))
    assert sentence in render_markdown(read_card(version), str(version))
    assert '"nystroem, 400 landmarks"' in (version / "leaderboard.csv").read_text()


def test_an_approximated_svm_is_a_model_like_any_other(approximated):
    """Calibrated, with the parameters it was given, and right."""
    race, version, card = approximated
    model = joblib.load(version / "model.joblib")
    classifier = model[-1].classifier
    assert isinstance(classifier, NystroemSVC)
    assert (2.0, 1e-3, 400, 42) == (classifier.C, classifier.tol, classifier.n_components, classifier.random_state)
    assert card["classifiers"]["svm"]["test"]["accuracy"] > 0.97
    assert hasattr(model, "predict_proba")
    store = ModelStore(version.parent.parent, race.config.name)
    assert version.name == store.champion()


def test_an_approximated_svm_takes_what_json_can_say():
    """Classes as text, and no random_state: as the exact SVM does, it repeats itself nevertheless."""
    given = {"class_weight": {"0": 3.0, "1": 1.0}, "random_state": None}
    config = TrainingConfig(svm={"approximation": "nystroem"}, classifiers={"svm": given})
    classifier = build_pipeline(Contestant.of(config, "svm", SMALL), [])[-1]
    assert ({0: 3.0, 1: 1.0}, 42) == (classifier.class_weight, classifier.random_state)
