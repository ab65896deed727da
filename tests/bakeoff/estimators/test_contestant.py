"""What a contestant is fitted with."""

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant, choose_method
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


@pytest.mark.parametrize(
    ("asked", "has_probabilities", "rarest", "n_classes", "expected"),
    [
        ("auto", True, 5000, 10, None),
        ("auto", False, 999, 9, "sigmoid"),
        ("auto", False, 999, 10, "temperature"),
        ("auto", False, 1000, 10, "isotonic"),
        ("none", False, 5000, 10, None),
        ("sigmoid", True, 5000, 150, "sigmoid"),
        ("isotonic", True, 1000, 2, "isotonic"),
        ("isotonic", True, 999, 2, "sigmoid"),
        ("isotonic", True, 999, 10, "temperature"),
        ("temperature", True, 5000, 3, "temperature"),
        ("temperature", False, 5000, 2, "sigmoid"),
    ],
)
def test_the_method_goes_by_the_rarest_class_and_the_number_of_classes(
    asked, has_probabilities, rarest, n_classes, expected
):
    """Isotonic regression wants a thousand rows, and a temperature more than two classes."""
    assert expected == choose_method(asked, has_probabilities, rarest, n_classes)


def test_balanced_weights_are_for_those_that_take_them_and_have_none(tmp_path):
    """In one place, before anything is fitted."""
    classifiers = {
        "svm": {"class_weight": None},
        "logistic_regression": {},
        "random_forest": {"class_weight": {"0": 2}},
    }
    config = TrainingConfig.model_validate({"class_weight": "balanced", "classifiers": classifiers})
    assert [None, "balanced", {"0": 2}] == [
        Contestant.of(config, n, SIZE).parameters.get("class_weight") for n in classifiers
    ]
    plain = config.model_copy(update={"class_weight": "none"})
    assert {} == Contestant.of(plain, "logistic_regression", SIZE).parameters
    pipeline = build_pipeline(
        Contestant.of(config, "logistic_regression", SIZE), prepare_dataset(config, tmp_path).features
    )
    assert "balanced" == pipeline[-1].class_weight
