"""The page of every parameter, and the figures that the pages tell."""

import re
from functools import reduce
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from bakeoff.config import PredictionConfig, TrainingConfig
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


@pytest.mark.parametrize(("model", "title"), [(TrainingConfig, "Training"), (PredictionConfig, "Prediction")])
def test_the_defaults_are_those_of_the_models(model, title):
    """All of them, as they are written in a file or, lists, in a flag."""
    page = write_manual().split(f"\n## {title}\n")[1].split("\n## Prediction\n")[0]
    told = re.findall(r"^### `(.+)`\n\n\*(?:.+; )?default (?:`(.+?)`|empty)\.\*", page, re.MULTILINE)
    assert sorted(names(model)) == sorted(name for name, _ in told)
    for name, text in told:
        expected = reduce(dict.__getitem__, name.split("."), model().model_dump(mode="json"))
        if expected in (None, [], {}):
            assert text == "", name
        else:
            assert (",".join(expected) if isinstance(expected, list) else expected) == yaml.safe_load(text), name


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dataset.n_samples", "*integer, 10–100,000,000; default `10000`.* "),
        ("split.test_size", "*number, >0, <1; default `0.3`.* "),
        ("cross_validation.random_state", "*integer, 0–4,294,967,295; default empty.* "),
        ("time_budget", "*number, >0, ≤10,000,000; default empty.* "),
        ("promotion.yearly", "*number, >0, ≤0.25 or empty; default `0.025`.* "),
        ("class_weight", "*default `none`.* `balanced`: "),
        ("report", "*`plain` or `deep`; default `plain`.* `deep`: "),
        ("probabilities", "*boolean; default `true`.* "),
        ("keep", "*list; default empty.* "),
    ],
)
def test_a_parameter_has_its_values_and_default(name, line):
    """Each as the model has them, bounds once, and choices that the description explains only there."""
    entry = write_manual().split(f"### `{name}`\n")[1].split("\n#")[0].strip()
    assert entry.startswith(line)
    assert not entry.endswith(").")
