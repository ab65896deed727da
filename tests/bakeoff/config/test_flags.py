"""A flag beats the file, the file beats the default."""

import json
import re

import jsonschema
import pytest

from bakeoff.config import DatasetConfig, TrainingConfig
from bakeoff.config.flags import read_config
from bakeoff.config.validation import merge, validate
from bakeoff.errors import ConfigError


def read(*flags, model=TrainingConfig):
    return read_config(model, flags, "program")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: a\nname: b\n", "'name' stands twice (line 2)"),
        ("name: [a\n", "line 2 is not YAML"),
        ("- a\n", "holds list, not `key: value` lines"),
        ("nam: a\n", "unknown key 'nam'; did you mean 'name'?"),
        ("dataset: 5\n", "dataset is 5; input should be a valid dictionary"),
        ("search: null\n", "search is None; input should be a valid dictionary"),
        ("? [a]\n: b\n", "found unhashable key"),
        ("name: 2024-13-45\n", "can't be read"),
        ("[" * 3000, "can't be read"),
        ("a: &a [x, x]\nname: [*a, *a]\n", "line 2 repeats another part by an alias"),
        ("- " * 30, "nested more than 20 levels deep"),
        (f"dataset: {{n_samples: {'9' * 400}}}", "dataset.n_samples is 9"),
        ("name: x" + " " * (1 << 20), "are the most"),
        ("name: 'a\x07b'\n", "is not YAML"),
    ],
)
def test_a_mistake_in_the_file_gets_one_line(tmp_path, text, sentence):
    """So does a mistake in YAML."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read("--config", str(path))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "instance of" not in str(caught.value)  # a class of the code, which no file can hold


def test_a_flag_beats_the_file_and_the_file_beats_the_default(tmp_path):
    """Field by field, nested parts included."""
    path = tmp_path / "config.yaml"
    path.write_text("dataset: {n_samples: 500, n_classes: 3}\nname: from_file\n")
    config = read("--config", str(path), "--dataset.n_samples", "700", "--split.stratify", "false")
    assert (700, 3, 10, "from_file", False) == (
        config.dataset.n_samples,
        config.dataset.n_classes,
        config.dataset.n_features,
        config.name,
        config.split.stratify,
    )


def test_contestants_are_replaced_whole_never_merged(tmp_path):
    """A flag with one contestant leaves one, without the file's parameters."""
    path = tmp_path / "config.yaml"
    path.write_text("classifiers: {svm: {C: 5, tol: 0.1}, random_forest: {}}\n")
    assert {"svm": {"C": 2}} == read("--config", str(path), "--classifiers", '{"svm": {"C": 2}}').classifiers
    assert {"svm": {"C": 5, "tol": 0.1}, "random_forest": {}} == read("--config", str(path)).classifiers


@pytest.mark.parametrize(
    ("text", "flags", "expected"),
    [
        ("source: file, path: a.csv, target: y, numbers: [n]", ["--dataset.source", "synthetic"], {}),
        ("path: a.csv, target: y", ["--dataset.source", "bundled", "--dataset.bundled", "iris"],
         {"source": "bundled", "bundled": "iris"}),
        ("n_samples: 500", ["--dataset.path", "a.csv", "--dataset.target", "y"],
         {"source": "file", "path": "a.csv", "target": "y"}),
        ("path: a.csv, target: y", ["--dataset.target", "z"], {"source": "file", "path": "a.csv", "target": "z"}),
        ("n_samples: 500", ["--dataset.source", "synthetic"], {"n_samples": 500}),
    ],
)  # fmt: skip
def test_another_source_drops_the_fields_of_the_former_one(tmp_path, text, flags, expected):
    """They would be refused, and nobody could leave them out; the same source keeps them."""
    path = tmp_path / "config.yaml"
    path.write_text(f"dataset: {{{text}}}\n")
    assert TrainingConfig.model_validate({"dataset": expected}).dataset == read("--config", str(path), *flags).dataset


def test_a_tolerance_may_be_written_without_a_dot(tmp_path):
    """1e-4 is a number, though YAML 1.1 takes it for text."""
    path = tmp_path / "config.yaml"
    path.write_text("classifiers: {svm: {tol: 1e-4, C: 1E3, kernel: e1}}\n")
    assert {"tol": 0.0001, "C": 1000.0, "kernel": "e1"} == read("--config", str(path)).classifiers["svm"]


def test_a_flag_does_not_hide_a_broken_part_of_the_file(tmp_path):
    """It would be replaced silently."""
    path = tmp_path / "config.yaml"
    path.write_text("dataset: [1, 2]\n")
    with pytest.raises(ConfigError, match=r"dataset is \[1, 2\] in the file"):
        read("--config", str(path), "--dataset.n_samples", "50")


def test_environment_variables_are_not_read(monkeypatch):
    """A variable that happens to be called like a field changes nothing."""
    monkeypatch.setenv("name", "surprise")
    monkeypatch.setenv("STORE", "surprise")
    assert TrainingConfig() == read()


def test_lists_may_be_given_with_commas_or_as_json():
    """`--dataset.ignore a,b` is `--dataset.ignore '["a", "b"]'`."""
    rest = ["--dataset.source", "file", "--dataset.path", "p", "--dataset.target", "t", "--dataset.ignore"]
    assert ("a", "b") == read(*rest, "a,b").dataset.ignore == read(*rest, json.dumps(["a", "b"])).dataset.ignore


def test_a_single_override_keeps_all_other_defaults():
    """Prefect hands over a part of the config; the model fills in the rest."""
    assert DatasetConfig(n_samples=2000) == validate(TrainingConfig, {"dataset": {"n_samples": 2000}}).dataset


def test_flags_are_shown_with_dashes_and_taken_either_way(capsys):
    """A value keeps its underscores."""
    with pytest.raises(SystemExit):
        read("--help")
    assert not re.search(r"^  --\S*_", capsys.readouterr().out, re.MULTILINE)
    for words in (["--dataset.n-samples", "300"], ["--dataset.n_samples", "300"], ["--dataset.n_samples=300"]):
        assert 300 == read(*words).dataset.n_samples
    assert "a_b" == read("--name=a_b").name


@pytest.mark.parametrize("name", ["holdout_share", "validation_share"])
@pytest.mark.parametrize("other", ["holdout_share", "validation_share"])
def test_the_old_name_of_the_holdout_share_is_accepted(tmp_path, name, other):
    """In files, flags, Python and Prefect's parameters; of two configs that are merged the later one's counts."""
    path = tmp_path / "config.yaml"
    path.write_text(f"split: {{{other}: 0.2}}\n")
    merged = merge(TrainingConfig, {"split": {other: 0.2}}, {"split": {name: 0.4}}, "the deployment")
    assert {"split": {name: 0.4}} == merged
    assert 0.2 == read("--config", str(path)).split.holdout_share
    assert 0.4 == read("--config", str(path), f"--split.{name}", "0.4").split.holdout_share
    assert 0.4 == TrainingConfig.model_validate({"split": {name: 0.4}}).split.holdout_share
    jsonschema.validate({"split": {name: 0.4}}, TrainingConfig.model_json_schema())
    assert "validation_share" not in TrainingConfig().model_dump()["split"]
    with pytest.raises(ConfigError, match="unknown key 'split.validation_share'"):
        validate(TrainingConfig, {"split": {"holdout_share": 0.3, "validation_share": 0.2}})
