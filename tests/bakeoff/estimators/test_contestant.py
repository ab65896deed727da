"""What a contestant is fitted with."""

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant, choose_method
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.estimators.pipeline import build_pipeline

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


@pytest.mark.parametrize(
    ("asked", "has_probabilities", "rarest", "expected"),
    [
        ("auto", True, 5000, None),
        ("auto", False, 999, "sigmoid"),
        ("auto", False, 1000, "isotonic"),
        ("none", False, 5000, None),
        ("sigmoid", True, 5000, "sigmoid"),
        ("isotonic", True, 1000, "isotonic"),
        ("isotonic", True, 999, "sigmoid"),
    ],
)
def test_the_method_goes_by_the_rarest_class(asked, has_probabilities, rarest, expected):
    """Isotonic regression wants a thousand rows."""
    assert expected == choose_method(asked, has_probabilities, rarest)


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
