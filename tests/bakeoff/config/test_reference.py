"""The page of every parameter, and the figures that the pages tell."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.flags import read_config
from bakeoff.config.reference import write_manual

PAGE = Path("docs/reference.md")


def names(model, before=""):
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names(field.annotation, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def test_the_page_is_what_the_models_give():
    """It is kept beside them, to be read where nothing is built."""
    assert write_manual() == PAGE.read_text(encoding="utf-8"), "run `make docs`, which writes docs/reference.md again"


def test_the_page_has_every_parameter_once():
    """Of both flows, by its whole name."""
    expected = [*names(TrainingConfig), *names(PredictionConfig)]
    assert sorted(expected) == sorted(re.findall(r"^### `(.+)`$", write_manual(), re.MULTILINE))


@pytest.mark.parametrize(("model", "place"), [(TrainingConfig, 0), (PredictionConfig, 1)])
def test_the_defaults_as_a_file_are_the_defaults(model, place, tmp_path):
    """They can be copied, and changed from there."""
    text = re.findall(r"```yaml\n(.+?)```", write_manual(), re.DOTALL)[place]
    path = tmp_path / "config.yaml"
    path.write_text(text)
    assert model() == read_config(model, ["--config", str(path)], "program")
    assert [*model.model_fields] == [*yaml.safe_load(text)]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dataset.n_samples", "whole number, 10 to 100,000,000; default `10000`"),
        ("split.test_size", "number, above 0, below 1; default `0.3`"),
        ("cross_validation.random_state", "whole number, 0 to 4,294,967,295, or empty; default empty"),
        ("time_budget", "number, above 0, 10,000,000 at most, or empty; default empty"),
        ("promotion.rule", "`significant`, `always` or `never`; default `significant`"),
        ("probabilities", "`true` or `false`; default `true`"),
        ("keep", "list of text; default empty"),
    ],
)
def test_a_parameter_has_its_values_and_default(name, line):
    """Each as the model has them, and bounds once."""
    text = write_manual().split(f"### `{name}`\n")[1].split("### ")[0]
    values, description = text.strip().split("\n\n")[:2]
    assert line in values
    assert not description.endswith(").")
