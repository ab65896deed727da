"""What of a version goes to an MLflow server."""

import re

import pyarrow.parquet
import pytest

from bakeoff.store.model_store import ModelStore
from bakeoff.tracking.figures import input_columns, metrics, parameters, requirements


@pytest.fixture
def card(version):
    return ModelStore(version.parents[1], version.parent.name).card(version.name)


def test_parameters_are_the_winner_its_rows_and_the_config_by_path(card):
    """Values as MLflow takes them: text, without those that are not set."""
    found = parameters(card)
    assert (card.classifier, str(card.rows.train)) == (found["classifier"], found["rows.train"])
    assert "0.3" == found["split.test_size"]
    assert set() == {name for name, value in found.items() if not isinstance(value, str) or len(value) > 6000}


def test_metrics_are_the_winners_and_every_contestants(card):
    """Folds by their number as the step."""
    found = metrics(card)
    assert card.winner.test["accuracy"] == {name: value for name, value, _ in found}["test_accuracy"]
    assert [*enumerate(card.winner.cv_scores, start=1)] == [(step, x) for name, x, step in found if name == "cv_score"]
    assert {f"{card.classifier}/cv_mean", "baseline/test_accuracy"} <= {name for name, *_ in found}


def test_the_signature_has_the_types_of_the_raw_columns(card, version):
    """In the order of the features."""
    rows = pyarrow.parquet.read_table(version / "validation.parquet")
    found = input_columns(card, rows)
    assert [feature.name for feature in card.features] == [column["name"] for column in found]
    assert {("double", True)} == {(column["type"], column["required"]) for column in found}


def test_the_requirements_pin_what_scores_depend_on_and_lack_bakeoff(card):
    """Its code is logged with the model: the name may be somebody else's. MLflow refuses the newest pyarrow."""
    found = requirements(card)
    assert f"scikit-learn=={card.environment['scikit-learn']}" in found
    names = {re.split(r"[^\w-]", line)[0] for line in found}
    assert {"numpy", "pydantic", "pyarrow", "scipy"} <= names
    assert set() == {"bakeoff", "python", "mlflow", "prefect", "argcomplete"} & names
    assert not [line for line in found if line.startswith("pyarrow==")]
