"""What comes of the flows' one parameter."""

import re
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow

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


@flow(name="training", flow_run_name=named("train {name}", TrainingConfig), validate_parameters=False)
def configured(config=None):
    return read_parameter(TrainingConfig, config or {})


DEPLOYED = {"name": "orders", "dataset": {"n_samples": 500, "class_sep": 1.0}, "classifiers": {"svm": {}}}


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.xdist_group("flows")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("given", "merged"),
    [
        ({"dataset": {"n_samples": 700}}, DEPLOYED | {"dataset": {"n_samples": 700, "class_sep": 1.0}}),
        ({"name": "other", "classifiers": {"random_forest": {}}},
         DEPLOYED | {"name": "other", "classifiers": {"random_forest": {}}}),
        ({"dataset": {"source": "bundled", "bundled": "iris"}},
         DEPLOYED | {"dataset": {"source": "bundled", "bundled": "iris"}}),
        ({}, DEPLOYED),
        (None, DEPLOYED),
    ],
)  # fmt: skip
def test_what_a_run_is_given_is_merged_with_its_deployment(given, merged):
    """The run's name and its parameters on the server are those of the merged config."""
    with get_client(sync_client=True) as client:
        made = client.create_deployment(client.create_flow(configured), str(uuid4()), parameters={"config": DEPLOYED})
        parameters = {} if given is None else {"config": given}
        run = client.create_flow_run_from_deployment(made, parameters=parameters)
        config = run_flow(configured, flow_run=run, parameters=run.parameters)
        ended = client.read_flow_run(run.id)
    assert TrainingConfig.model_validate(merged) == config
    assert (f"train {merged['name']}", {"config": merged}) == (ended.name, ended.parameters)
