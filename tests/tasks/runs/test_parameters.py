"""What comes of the flows' one parameter."""

import re

import pytest

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.errors import ConfigError
from tasks.runs.parameters import named, read_parameter


def test_plain_values_and_models_are_taken_alike():
    config = TrainingConfig(name="orders")
    assert config is read_parameter(TrainingConfig, config)
    assert config == read_parameter(TrainingConfig, {"name": "orders"})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"dataset": {"n_features": 4, "n_informative": 9}}, "dataset: n_informative (9) + n_redundant (0) is"),
        ({"dataset": {"n_sample": 9}}, "unknown key 'dataset.n_sample'; did you mean 'n_samples'?"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_one_sentence(values, sentence):
    with pytest.raises(ConfigError, match=f"^{re.escape(sentence)}") as caught:
        read_parameter(TrainingConfig, values)
    assert "\n" not in str(caught.value)


def test_a_name_outside_of_a_run_is_made_of_the_defaults():
    assert "predict classifier champion" == named("predict {name} {version}", PredictionConfig)()
