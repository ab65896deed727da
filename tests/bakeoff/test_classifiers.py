"""The table of classifiers is all that has to change for a new one."""

from bakeoff.classifiers import CLASSIFIERS, Classifier, build_classifier
from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.training.cross_validate import score_fold

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


def test_a_contestant_without_a_random_state_gets_42():
    """So that the same config gives the same model."""
    assert 42 == build_classifier("random_forest", {}).random_state
    assert 7 == build_classifier("svm", {"random_state": 7}).random_state


def test_a_new_classifier_is_one_entry(tmp_path, monkeypatch):
    """The table is all that has to change."""
    monkeypatch.setitem(
        CLASSIFIERS, "knn", Classifier("sklearn.neighbors", "KNeighborsClassifier", "nearest neighbours")
    )
    config = TrainingConfig.model_validate(
        {"dataset": {"source": "bundled", "bundled": "wine"}, "classifiers": {"knn": {"n_neighbors": 3}}}
    )
    ref = prepare_dataset(config, tmp_path / "data")
    assert (
        score_fold(ref, Contestant.of(config, "knn", SIZE), config.cross_validation, 1, tmp_path / "answers").score
        > 0.8
    )
