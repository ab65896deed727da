"""When the SVM is approximated, what fits are predicted to take, and what is said of both."""

import json

import joblib
import pytest
from forging import read_card
from pydantic import ValidationError

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.cli.terminal import render_card
from bakeoff.config import SVMConfig, TrainingConfig
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import FORMULAS, ProblemSize, predict_fit_seconds
from bakeoff.estimators.nystroem_svc import NystroemSVC
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.estimators.svm_approximation import choose_approximation
from bakeoff.report.version_markdown import render_markdown
from bakeoff.report.version_report import render_report
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.schema import Feature
from bakeoff.training.time_budget import predict_race_seconds, skip_over_budget
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


@pytest.mark.parametrize("key", FORMULAS, ids=", ".join)
def test_more_is_predicted_to_take_longer(key):
    """More rows, columns, classes and landmarks; never less than nothing."""
    seconds = [
        predict_fit_seconds(*key, ProblemSize(times * 1_000, times * 5, times * 2), times * 500)
        for times in (9, 20, 40, 99)
    ]
    assert sorted(set(seconds)) == seconds
    assert 0.005 == predict_fit_seconds(*key, ProblemSize(2, 1, 2), 1)


def test_columns_are_counted_as_a_classifier_gets_them(tmp_path):
    """Texts one-hot encoded."""
    ref = run_race(tmp_path, dataset={"source": "bundled", "bundled": "iris"}).ref
    assert ProblemSize(105, 4, 3) == ProblemSize.of(ref)
    wide = [
        Feature("a", "float64", "number"),
        Feature("b", "str", "category", missing=True, categories=("x", "y")),
        Feature("c", "str", "category", categories=tuple(map(str, range(500)))),
        Feature("d", "str", "category"),
    ]
    object.__setattr__(ref, "features", tuple(wide))
    assert 1 + 3 + 100 + 100 == ProblemSize.of(ref).columns


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
    fitted = "SVM: fitted by Nystroem&#x27;s features of 400 landmarks"
    sentence = f"{fitted}; the exact fit was predicted to take 0.029 s on one core."
    assert sentence in render_report(read_card(version), {}, {})
    plain = sentence.replace("&#x27;", "'")
    assert plain in render_card(read_card(version))
    assert plain in render_markdown(read_card(version), str(version))
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


def contestants(config, size=LARGE):
    return {name: Contestant.of(config, name, size) for name in config.classifiers}


def test_everyone_runs_without_a_budget():
    config = TrainingConfig(svm={"approximation": "exact"})
    assert {} == skip_over_budget(contestants(config), config, 2)


def test_what_cannot_finish_is_skipped_with_what_it_would_take():
    """The cheaper ones run; each counts with those before it."""
    config = TrainingConfig(svm={"approximation": "exact"}, engine="scikit-learn", time_budget=300)
    racing = contestants(config)
    skipped = skip_over_budget(racing, config, 2)
    assert {"svm", "random_forest"} == set(skipped)
    alone = predict_race_seconds([racing["svm"]], config, 2)
    assert (
        f"predicted to take {alone / 60:.0f} min, more than time_budget (300 s) has with 1 before it" == skipped["svm"]
    )
    enough = config.model_copy(update={"time_budget": 1e7})
    assert {} == skip_over_budget(racing, enough, 2)
    nothing = config.model_copy(update={"time_budget": 1e-3})
    assert set(CLASSIFIERS) == set(skip_over_budget(racing, nothing, 2))


def test_more_workers_take_less_but_no_fit_is_shared():
    config = TrainingConfig()
    racing = contestants(config).values()
    one, two, many = (predict_race_seconds(racing, config, workers) for workers in (1, 2, 1_000))
    assert one == pytest.approx(2 * two)
    assert many == max(contestant.predicted_seconds for contestant in racing)


def test_what_nobody_has_measured_is_not_skipped(monkeypatch):
    """A classifier that someone adds has no formula."""
    monkeypatch.delitem(FORMULAS, ("logistic_regression", "scikit-learn"))
    config = TrainingConfig(time_budget=1e-3, engine="scikit-learn")
    assert {"svm", "random_forest"} == set(skip_over_budget(contestants(config), config, 2))
