"""Who fits, and that it makes no difference but in time."""

import hashlib
import subprocess
import sys

import joblib
import numpy as np
import pytest

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.config import TrainingConfig
from bakeoff.data.parts import read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.errors import ConfigError
from bakeoff.estimators import engines
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.engines import (
    choose_engine,
    engine_of,
    load_estimator,
    to_sklearn,
)
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.training.cross_validate import score_fold
from bakeoff.training.fit import fit_classifier
from bakeoff.training.preflight import check_places

needs_sklearnex = pytest.mark.skipif(not engines.has_sklearnex(), reason="scikit-learn-intelex is for x86-64 alone")
TABLES = {name: {"source": "bundled", "bundled": name} for name in ("breast_cancer", "digits", "iris", "wine")}
TABLES["reference"] = {}
FASTER = list(engines.FASTER_FROM)
SLOW = ("reference", "random_forest")  # ten seconds of scikit-learn's fits


@pytest.mark.parametrize(
    ("choice", "name", "rows", "engine"),
    [
        ("auto", "random_forest", 50, "sklearnex"),
        ("auto", "logistic_regression", 99_999, "scikit-learn"),
        ("auto", "logistic_regression", 100_000, "sklearnex"),
        ("auto", "svm", 10**6, "scikit-learn"),
        ("sklearnex", "logistic_regression", 50, "sklearnex"),
        ("sklearnex", "svm", 50, "scikit-learn"),
        ("scikit-learn", "random_forest", 10**6, "scikit-learn"),
    ],
)
def test_each_contestant_is_fitted_by_what_is_faster(monkeypatch, choice, name, rows, engine):
    """By `auto`; where the other engine isn't installed, by scikit-learn."""
    monkeypatch.setattr(engines, "has_sklearnex", lambda: True)
    assert engine == choose_engine(choice, name, rows)
    monkeypatch.setattr(engines, "has_sklearnex", lambda: False)
    assert "scikit-learn" == choose_engine(choice, name, rows)


def test_an_engine_that_is_not_there_is_refused_in_a_line(monkeypatch, tmp_path):
    monkeypatch.setattr(engines, "has_sklearnex", lambda: False)
    with pytest.raises(ConfigError, match="engine: sklearnex needs the package scikit-learn-intelex"):
        check_places(TrainingConfig(engine="sklearnex", store=tmp_path / "models", workspace=tmp_path / "work"))


@needs_sklearnex
@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in TABLES for name in FASTER if (table, name) != SLOW]
)
def test_both_engines_reach_the_same(tmp_path, table, name):
    """Mean fold scores within a point."""
    means = []
    for engine in ("scikit-learn", "sklearnex"):
        config = TrainingConfig.model_validate({"dataset": TABLES[table], "engine": engine})
        ref = prepare_dataset(config, tmp_path / engine)
        contestant = Contestant.of(config, name, ProblemSize.of(ref))
        assert engine == contestant.engine
        folds = [score_fold(ref, contestant, config.cross_validation, k, tmp_path / "answers") for k in range(1, 6)]
        means.append(np.mean([fold.score for fold in folds]))
    assert abs(means[0] - means[1]) <= 0.01, means


@needs_sklearnex
@pytest.mark.parametrize("weight", ["none", "balanced"])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("name", FASTER)
def test_the_model_is_the_same_to_the_byte(tmp_path, name, n_classes, weight):
    """Whoever fits it again gets the same file."""
    dataset = {"n_samples": 3000, "n_classes": n_classes, "class_sep": 1.0}
    config = TrainingConfig.model_validate({"dataset": dataset, "engine": "sklearnex", "class_weight": weight})
    ref = prepare_dataset(config, tmp_path / "data")
    contestant = Contestant.of(config, name, ProblemSize.of(ref))
    fitted = [fit_classifier(ref, contestant, tmp_path / folder) for folder in "ab"]
    assert ["sklearnex", "sklearnex"] == [each.engine for each in fitted]
    first, second = (hashlib.sha256(each.path.read_bytes()).hexdigest() for each in fitted)
    assert first == second


@needs_sklearnex
@pytest.mark.parametrize("name", FASTER)
def test_a_model_is_opened_without_the_engine(tmp_path, name):
    """Nothing but scikit-learn is needed."""
    config = TrainingConfig.model_validate({"dataset": {"n_samples": 300}, "engine": "sklearnex"})
    ref = prepare_dataset(config, tmp_path / "data")
    fitted = fit_classifier(ref, Contestant.of(config, name, ProblemSize.of(ref)), tmp_path)
    script = (
        "import sys, joblib; sys.modules['sklearnex'] = sys.modules['daal4py'] = sys.modules['onedal'] = None; "
        f"print(type(joblib.load({str(fitted.path)!r})[-1]))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert f"<class 'sklearn.{CLASSIFIERS[name].module.split('.')[1]}" in found


@needs_sklearnex
def test_rows_go_the_same_way_through_a_forest_of_either(tmp_path):
    """Training rows too, whose own values are the thresholds."""
    X, y = read_part(
        prepare_dataset(TrainingConfig.model_validate({"dataset": {"n_samples": 4000}}), tmp_path), "train"
    )
    theirs = load_estimator("random_forest", "sklearnex")(n_estimators=20, random_state=0).fit(X.to_numpy(), y)
    assert "sklearnex" == engine_of(theirs)
    ours = to_sklearn(theirs)
    np.testing.assert_allclose(theirs.predict_proba(X.to_numpy()), ours.predict_proba(X.to_numpy()), atol=1e-12)


@pytest.mark.parametrize("engine", ["scikit-learn", pytest.param("sklearnex", marks=needs_sklearnex)])
def test_a_forest_is_the_same_file_whatever_the_memory_held_before(tmp_path, engine):
    """Between the fields of a tree's node are bytes that scikit-learn never writes; they are zero, loaded or not."""
    X, y = read_part(
        prepare_dataset(TrainingConfig.model_validate({"dataset": {"n_samples": 4000}}), tmp_path), "train"
    )
    y = np.random.default_rng(0).permutation(y)  # deep trees
    forest = to_sklearn(load_estimator("random_forest", engine)(n_estimators=10, random_state=0).fit(X.to_numpy(), y))
    joblib.dump(forest, tmp_path / "forest.joblib")
    for each in (forest, to_sklearn(joblib.load(tmp_path / "forest.joblib"))):
        for tree in each.estimators_:
            nodes = tree.tree_.__getstate__()["nodes"]
            assert (64, 56) == (nodes.dtype.itemsize, nodes.dtype.fields["missing_go_to_left"][1])
            assert not nodes.view(np.uint8).reshape(-1, 64)[:, 57:].any()


@needs_sklearnex
def test_what_the_engine_hands_on_is_scikit_learns(tmp_path):
    """And said so: oneDAL has no criterion entropy."""
    classifiers = {"random_forest": {"n_estimators": 5, "criterion": "entropy"}}
    config = TrainingConfig.model_validate({"dataset": {"n_samples": 300}, "classifiers": classifiers})
    ref = prepare_dataset(config, tmp_path / "data")
    fitted = fit_classifier(ref, Contestant.of(config, "random_forest", ProblemSize(210, 10, 4)), tmp_path / "models")
    assert "scikit-learn" == fitted.engine
    assert "sklearn.ensemble._forest" == type(joblib.load(fitted.path)[-1]).__module__
