"""Contestants of a class that the config names: what is refused before the race, and how they are built."""

import joblib
import pandas as pd
import pytest

from bakeoff.config import TrainingConfig
from bakeoff.config.allowed_modules import VARIABLE
from bakeoff.errors import ConfigError, StoreError
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.own_classifiers import (
    build_own_classifier,
    check_classifiers,
    describe_packages,
    package_version,
)
from bakeoff.estimators.pipeline import build_pipeline
from bakeoff.store.load import load_model
from bakeoff.store.model_store import ModelStore
from bakeoff.tables.schema import Feature
from bakeoff.training.fit import contestant_key
from bakeoff.training.preflight import check_contestants
from tests.bakeoff.conftest import ORDERS, predict, run_race

LIGHTGBM = "lightgbm.LGBMClassifier"
RIDGE = "sklearn.linear_model.RidgeClassifier"
KNN = "sklearn.neighbors.KNeighborsClassifier"


def config_of(classifiers, **values):
    return TrainingConfig.model_validate({"classifiers": classifiers, **values})


def refusal(classifiers, **values):
    with pytest.raises(ConfigError) as caught:
        check_classifiers(config_of(classifiers, **values))
    return str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"class": LIGHTGBM, "n_estimatorz": 3}, f"{LIGHTGBM} has no parameter 'n_estimatorz'; did you mean n_estimat"),
        (
            {"class": LIGHTGBM, "zzz": 3},
            f"{LIGHTGBM} has no parameter 'zzz'; it takes boosting_type, class_weight, col",
        ),
        ({"class": LIGHTGBM, "forcedsplits_filename": "a"}, "has no parameter 'forcedsplits_filename'"),
        ({"class": KNN, "n_neighbors": -1}, "The 'n_neighbors' parameter of KNeighborsClassifier must be an int in"),
        ({"class": "sklearn.svm.SVR"}, "sklearn.svm.SVR is no classifier with scikit-learn's interface"),
        ({"class": "sklearn.base.ClassifierMixin"}, "sklearn.base.ClassifierMixin is no classifier with"),
        ({"class": "sklearn.impute.SimpleImputer"}, "sklearn.impute.SimpleImputer is no classifier with"),
        ({"class": "sklearn.pipeline.Pipeline"}, "sklearn.pipeline.Pipeline needs steps; give it, or another class"),
        ({"class": "sklearn.svm.SVc"}, "sklearn.svm has no class SVc; did you mean SVC?"),
        ({"class": "sklearn.svm.SVC", "decision_function_shape": "ovo"}, "which can't be calibrated; leave it out"),
    ],
)
def test_a_mistake_is_one_sentence_before_the_race(parameters, sentence):
    """That names the contestant."""
    message = refusal({"mine": parameters, "svm": {}})
    assert message.startswith("classifiers: mine: ")
    assert sentence in message


def test_all_mistakes_are_told_at_once(monkeypatch):
    """Packages that are missing with the one command that installs them."""
    monkeypatch.setenv(VARIABLE, "nowhere here_neither")
    message = refusal(
        {
            "a": {"class": "nowhere.Classifier"},
            "b": {"class": "here_neither.Classifier"},
            "c": {"class": LIGHTGBM, "leafs": 3},
            "hist_gradient_boosting": {"max_iter": 0},
        }
    )
    assert "a, b: not installed; pip install nowhere here_neither, or leave them out of classifiers" in message
    assert f"c: {LIGHTGBM} has no parameter 'leafs'" in message
    assert "hist_gradient_boosting: The 'max_iter' parameter of HistGradientBoostingClassifier must be" in message


def test_gradient_boostings_categories_are_those_of_the_table():
    """Positions that a config gives would mean other columns after preprocessing."""
    parameters = {"categorical_features": [0]}
    assert "hist_gradient_boosting: categorical_features is set by" in refusal({"hist_gradient_boosting": parameters})
    check_classifiers(config_of({"hist_gradient_boosting": parameters}, preprocessing="none"))


def test_without_probabilities_a_metric_that_takes_them_is_refused():
    """If nobody calibrates."""
    scoring = {"scoring": "neg_log_loss"}
    message = refusal({"mine": {"class": RIDGE}}, calibration="none", cross_validation=scoring)
    assert "mine: neg_log_loss needs probabilities, it gives none, and calibration is none" in message
    check_classifiers(config_of({"mine": {"class": RIDGE}}, cross_validation=scoring))
    check_classifiers(config_of({"mine": {"class": KNN}}, calibration="none", cross_validation=scoring))


def test_a_run_checks_contestants_before_anything_is_written():
    """In a process of its own, for the contestants that race by default are known to be right."""
    with pytest.raises(ConfigError, match="mine: sklearn.svm has no class Nothing"):
        check_contestants(config_of({"mine": {"class": "sklearn.svm.Nothing"}}))


def test_a_contestant_is_reproducible_quiet_and_uses_one_thread():
    """Whatever the config says about threads."""
    parameters = {"class": LIGHTGBM, "n_jobs": 8, "num_threads": 3, "n_estimators": 7}
    built = build_own_classifier(parameters).classifier.get_params()
    expected = {"random_state": 42, "n_jobs": 1, "verbosity": -1, "n_estimators": 7, "class_weight": None}
    assert expected == {key: built[key] for key in expected}
    assert "num_threads" not in built
    told = {"class": LIGHTGBM, "random_state": 3, "verbosity": 2}
    built = build_own_classifier(told, "balanced").classifier.get_params()
    expected = {"random_state": 3, "verbosity": 2, "class_weight": "balanced"}
    assert expected == {key: built[key] for key in expected}
    assert "random_state" not in build_own_classifier({"class": KNN}).classifier.get_params()


def test_what_a_fit_depends_on_has_class_parameters_and_the_packages_version(race):
    """A step of another version of the package is not taken over from a run that died."""
    config = config_of({"mine": {"class": LIGHTGBM, "n_estimators": 7}})
    contestant = Contestant.of(config, "mine", ProblemSize.of(race.ref))
    key = contestant_key(race.ref, contestant)
    assert {"class": LIGHTGBM, "n_estimators": 7} == key["contestant"]["parameters"]
    assert {"lightgbm": package_version("lightgbm")} == key["packages"]
    assert {} == describe_packages({"a": {"class": RIDGE}, "svm": {}})


def test_a_contestant_takes_dense_columns():
    """Few classes take scikit-learn's sparse matrices as they are meant."""
    config = config_of({"mine": {"class": KNN}})
    contestant = Contestant.of(config, "mine", ProblemSize(100, 3, 2))
    columns = [Feature("text", "str", "category")]
    assert 0 == build_pipeline(contestant, columns)[0].sparse_threshold


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    """A race of two such contestants on a table with text labels, gaps and categories."""
    classifiers = {
        "mine": {"class": LIGHTGBM, "n_estimators": 20},
        "ridge": {"class": RIDGE, "class_weight": {"kept": 1, "returned": 2, "exchanged": 2}},
    }
    folder = tmp_path_factory.mktemp("orders")
    return run_race(folder, dataset=ORDERS, classifiers=classifiers, selection={"simplicity": ["mine"]})


def test_they_race_as_all_others_do(orders):
    """The one without probabilities is calibrated; the order of simplicity takes their names."""
    cards = {card.classifier: card for card in orders.scorecards}
    assert {"ok"} == {card.status for card in cards.values()}
    assert {"mine": "lightgbm", "ridge": "scikit-learn"} == {name: card.engine for name, card in cards.items()}
    assert None is cards["mine"].calibration.method
    assert "sigmoid" == cards["ridge"].calibration.method
    assert min(card.cv_mean for card in cards.values()) > 0.75
    assert ["mine", "logistic_regression", "svm"] == orders.config.selection.order[:3]
    assert "ridge" == orders.config.selection.order[-1]


@pytest.fixture(scope="module")
def version(orders, tmp_path_factory):
    """The version of LightGBM's model."""
    orders = run_race(
        tmp_path_factory.mktemp("work"), dataset=ORDERS, classifiers={"mine": orders.config.classifiers["mine"]}
    )
    return orders.export(tmp_path_factory.mktemp("models"))


def test_a_version_of_such_a_model_predicts_labels(version, tmp_path):
    """And its card has the package's version."""
    store = ModelStore(version.parent.parent, "classifier")
    card = store.card(version.name)
    assert package_version("lightgbm") == card.environment["lightgbm"]
    assert {"class": LIGHTGBM, "n_estimators": 20} == card.config["classifiers"]["mine"]
    folder = predict(store=store.folder.parent, output=tmp_path / "out", format="csv")
    assert {"kept", "returned"} <= set(pd.read_csv(folder / "predictions.csv")["prediction"])


def test_a_version_whose_package_is_missing_says_what_installs_it(version, monkeypatch):
    """As it was when the model was made."""
    store = ModelStore(version.parent.parent, "classifier")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    wanted = f"pip install lightgbm=={package_version('lightgbm')}"
    with pytest.raises(StoreError, match=f"needs the package lightgbm, which is not installed; {wanted}"):
        load_model(store, version.name)


def test_a_version_of_a_module_that_is_not_allowed_is_not_opened(version, monkeypatch):
    """Models are held to the same list as configs."""
    store = ModelStore(version.parent.parent, "classifier")
    monkeypatch.setattr("bakeoff.config.allowed_modules.ALWAYS", ("sklearn",))
    with pytest.raises(StoreError, match=r"is not opened: class lightgbm\.\w+\.\w+ is not allowed: its module must"):
        load_model(store, version.name)


def test_the_same_race_gives_the_same_model(orders, tmp_path):
    """To the byte."""
    again = run_race(tmp_path, dataset=ORDERS, classifiers=orders.config.classifiers)
    for name, model in orders.models.items():
        assert joblib.hash(model.path.read_bytes()) == joblib.hash(again.models[name].path.read_bytes())
