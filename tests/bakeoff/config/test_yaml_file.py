"""A config that is written as YAML is read as the same config."""

import pytest
import yaml

from bakeoff.config import TrainingConfig
from bakeoff.config.validation import validate
from bakeoff.config.yaml_file import dump_yaml, read_yaml

ODD = {
    "names_like_numbers": {"costs": {"1e5": {"no": 2.5}, "0o17": 1, "null": 3, "~": 1, "2024-01-01": 4, "12:30:00": 5}},
    "names_of_columns": {"dataset": {"path": "a: b.csv", "target": "# y", "ignore": ["no", "1e-4", "é\u2028", " x"]}},
    "numbers": {"classifiers": {"svm": {"C": 1e-05, "tol": 1e-300, "gamma": 1e22}, "logistic_regression": {"C": 1.0}}},
    "the_same_twice": {"search": {"svm": {"C": [1, 2]}, "logistic_regression": {"C": [1, 2]}}},
    "defaults": {},
}


@pytest.mark.parametrize("values", ODD.values(), ids=ODD)
def test_what_is_written_is_read_as_the_same(values, tmp_path):
    """Also names that YAML would take for numbers, dates or truth values."""
    config = TrainingConfig.model_validate(values)
    path = tmp_path / "config.yaml"
    path.write_text(dump_yaml(config.model_dump(mode="json")), encoding="utf-8")
    assert config == validate(TrainingConfig, read_yaml(str(path)))


def test_a_value_that_stands_twice_is_written_out():
    """Since a config file with an alias is refused."""
    shared = [1, 2]
    assert "*" not in dump_yaml({"a": shared, "b": shared})
    assert "*" in yaml.safe_dump({"a": shared, "b": shared})
