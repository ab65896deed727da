"""What may be searched, and what is said of what may not."""

import pytest

from bakeoff.config import TrainingConfig
from bakeoff.config.validation import validate
from bakeoff.errors import ConfigError
from bakeoff.estimators.own_classifiers import check_classifiers

MINE = {"class": "sklearn.tree.DecisionTreeClassifier"}


def test_a_search_names_contestants_and_values():
    """A single value is a list of one; what is dumped can be read again."""
    config = validate(TrainingConfig, {"search": {"svm": {"C": [0.1, 1], "gamma": "scale"}, "budget": 5}})
    assert {"svm": {"C": [0.1, 1], "gamma": ["scale"]}} == config.search.spaces
    assert 5 == config.search.budget
    assert config == validate(TrainingConfig, config.model_dump(mode="json"))
    assert {} == TrainingConfig().search.spaces


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"svm": {}}, r"search\.svm is \{\}; .*at least 1 item"),
        ({"svm": {"C": []}}, r"search\.svm\.C is \[\]; .*at least 1 item"),
        ({"svm": 3}, r"search\.svm is 3"),
        ({"budget": 0}, r"search\.budget is 0"),
        ({"forest": {"C": [1]}}, r"search: forest does not race; search takes contestants \(logistic_regression, svm"),
        ({"svm": {"Q": [1]}}, r"search: svm has no parameter 'Q'; SVC takes C, "),
        ({"svm": {"probability": [True], "n_jobs": [1]}}, "svm: probability, n_jobs can't be searched; set it in"),
        ({"svm": {"kernel": ["rbf", "precomputed"]}}, "svm: kernel precomputed can't be searched"),
    ],
)
def test_mistakes_are_one_line(search, message):
    """All of them at once."""
    with pytest.raises(ConfigError, match=message):
        validate(TrainingConfig, {"search": search})


def test_all_mistakes_are_told_at_once():
    """Joined by semicolons."""
    with pytest.raises(ConfigError, match="forest does not race.*; svm has no parameter 'Q'"):
        validate(TrainingConfig, {"search": {"forest": {"C": [1]}, "svm": {"Q": [1]}}})


def test_values_are_checked_by_scikit_learns_own_rules_before_the_race():
    """Of each contestant, whatever its kind; names of a class's parameters, too."""
    config = TrainingConfig.model_validate(
        {
            "classifiers": {"svm": {}, "hist_gradient_boosting": {}, "mine": MINE},
            "search": {
                "svm": {"C": [1, -1]},
                "hist_gradient_boosting": {"max_iter": [10, -5]},
                "mine": {"max_depth": [2, "deep"], "depth": [1]},
            },
        }
    )
    with pytest.raises(ConfigError) as caught:
        check_classifiers(config)
    for part in ("search.svm.C: -1: ", "search.hist_gradient_boosting.max_iter: -5: ", "search.mine.max_depth: 'deep'"):
        assert part in str(caught.value)
    assert "search.mine.depth: 1: sklearn.tree.DecisionTreeClassifier has no parameter 'depth'" in str(caught.value)
    assert "search.svm.C: 1:" not in str(caught.value)


def test_a_contestant_has_no_name_that_search_needs():
    """Its fields come first."""
    with pytest.raises(ConfigError, match="budget: this name is taken"):
        validate(TrainingConfig, {"classifiers": {"budget": MINE}})
