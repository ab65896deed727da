"""Configs: defaults, bounds and the sentences that refuse a mistake."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bakeoff.classifiers import CLASSIFIERS
from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.config.flags import read_config
from bakeoff.errors import ConfigError
from bakeoff.training.preflight import check_training

MACRO_F1 = ["--cross_validation.scoring", "f1_macro"]
FILE = ("--dataset.source", "file", "--dataset.path", "rows.csv", "--dataset.target", "y")
BY_TIME = ("--split.by", "time", "--split.column", "day")


def read(*flags, model=TrainingConfig):
    return read_config(model, flags, "program")


def test_defaults_are_the_documented_ones():
    """A bare config is the product's default, name by name."""
    assert {
        "name": "classifier",
        "store": "models",
        "workspace": ".bakeoff",
        "dataset": {
            "source": "synthetic",
            "n_samples": 10000,
            "n_features": 10,
            "n_informative": 5,
            "n_redundant": 0,
            "n_classes": 4,
            "n_clusters_per_class": 1,
            "class_sep": 3.0,
            "flip_y": 0.01,
            "random_state": 42,
            "batch": None,
            "drift": 0.0,
            "bundled": None,
            "path": None,
            "url_env": None,
            "query": None,
            "target": None,
            "ignore": [],
            "categories": [],
            "numbers": [],
            "text": [],
            "dates": {},
            "decimal": "auto",
            "window": {"last": None, "column": None, "until": None},
            "min_class_rows": 2,
        },
        "retrain": "new_rows",
        "strict": False,
        "split": {
            "test_size": 0.3,
            "holdout_share": 0.33,
            "by": "random",
            "column": None,
            "stratify": True,
            "random_state": 42,
        },
        "cross_validation": {"folds": 5, "repeats": 1, "scoring": "accuracy", "random_state": None},
        "selection": {
            "rule": "simplest_of_the_best",
            "test": "rows",
            "alpha": 0.05,
            "tie_margin": None,
            "simplicity": ["logistic_regression", "svm", "random_forest"],
            "resamples": 2000,
        },
        "promotion": {"rule": "significant", "alpha": 0.05, "yearly": 0.025, "min_gain": 0.002, "min_rows": 30},
        "preprocessing": "auto",
        "search": {"budget": 20, "folds": 3, "random_state": 42},
        "svm": {"approximation": "auto", "budget_seconds": 10.0, "components": 2000},
        "time_budget": None,
        "runner": "threads",
        "dask": {"address": None, "workspace": "auto"},
        "engine": "auto",
        "class_weight": "none",
        "calibration": "auto",
        "costs": {},
        "classifiers": {
            "logistic_regression": {"max_iter": 1000},
            "svm": {"kernel": "rbf", "C": 1.0, "gamma": "scale"},
            "random_forest": {"n_estimators": 100, "random_state": 42},
        },
        "report": "plain",
        "drift_cooldown": 24,
        "signing": {"private_key": None, "public_key": None},
    } == TrainingConfig().model_dump(mode="json")


@given(
    st.integers(10, 10**6),
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 0.99),
    st.booleans(),
    st.sampled_from(["accuracy", "balanced_accuracy", "f1_macro"]),
)
def test_config_survives_json(n_samples, seed, share, stratify, scoring):
    """What the card and Prefect keep as JSON gives the same config back."""
    config = TrainingConfig.model_validate(
        {
            "dataset": {"n_samples": n_samples, "random_state": seed},
            "split": {"holdout_share": share, "stratify": stratify},
            "cross_validation": {"scoring": scoring},
        }
    )
    assert config == TrainingConfig.model_validate_json(config.model_dump_json())


def test_every_field_has_a_description_and_every_part_a_title():
    """Prefect's form and --help show them."""

    def fields(schema):
        for part in [schema, *schema.get("$defs", {}).values()]:
            for name, field in part["properties"].items():
                yield part["title"], name, field

    for schema in (TrainingConfig.model_json_schema(), PredictionConfig.model_json_schema()):
        for part, name, field in fields(schema):
            described = field if "$ref" not in field else schema["$defs"][field["$ref"].split("/")[-1]] | field
            assert described.get("description"), f"{part}.{name}"
            assert not part.endswith("Config")


def test_configs_are_frozen():
    """A step can't change what another one reads."""
    with pytest.raises(ValidationError):
        TrainingConfig().name = "other"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--dataset.n_samples", "3"], "dataset.n_samples is 3; input should be greater than or equal to 10"),
        (["--dataset.n_samples", "abc"], "dataset.n_samples is abc; input should be a valid integer"),
        (["--dataset.n_sample", "3"], "did you mean --dataset.n-samples?"),
        (["--dataset", '{"n_sample": 4}'], "unknown key 'dataset.n_sample'; did you mean 'n_samples'? allowed: source"),
        (["--dataset", '{"n_samples": true}'], "must be a number, not true or false"),
        (["--dataset.random_state", "true"], "dataset.random_state is true; input should be a valid integer"),
        (["--config", ""], "--config: it is empty; give a path"),
        (["--config"], "argument --config: expected one argument (see "),
        (["--confg"], "did you mean --config?"),
        (["--dataset.class_sep", "nan"], "dataset.class_sep is nan; input should be a finite number"),
        (["--dataset.n_informative", "1"], "4 clusters need n_informative of at least 2, it is 1"),
        (["--dataset.n_features", "3"], "raise n_features to at least 5"),
        (["--dataset.n_samples", "90000000", "--dataset.n_features", "5000"], "n_samples may be at most 200000"),
        (["--dataset.path", "a.csv", "--dataset.bundled", "wine"], "bundled belongs to source: bundled, but source is"),
        (["--dataset.path", "a.csv", "--dataset.source", "synthetic"], "path belongs to source: file, but source is"),
        (
            ["--dataset.bundled", "wine", "--dataset.source", "synthetic"],
            "bundled belongs to source: bundled, but source is synthetic",
        ),
        (["--dataset.source", "bundled"], "source: bundled needs bundled: breast_cancer, digits, iris or wine"),
        (["--dataset.source", "file", "--dataset.target", "y"], "source: file needs path, a file or a folder"),
        (["--dataset.path", "a.csv"], "dataset: source: file needs target, the name of the column to predict"),
        (["--dataset.source", "file", "--dataset.n_samples", "99"], "n_samples belongs to source: synthetic"),
        (["--cross_validation.repeats", "2"], "set a random_state"),
        (["--split.test_size", "1"], "split.test_size is 1; input should be less than 1"),
        (
            ["--classifiers", '{"xgb": {}}'],
            f"unknown classifier 'xgb'; allowed: {', '.join(CLASSIFIERS)}",
        ),
        (["--classifiers", '{"svm": {"Cc": 1}}'], "svm has no parameter 'Cc'; SVC takes C, "),
        (["--classifiers", "{}"], "classifiers is {}; dictionary should have at least 1 item"),
        (["--classifiers", "svm"], """--classifiers takes JSON, as in --classifiers '{"svm": {"C": 10}}'"""),
        (["--costs", "5"], """--costs takes JSON, as in --costs '{"returned": {"kept": 5}, "kept": 1}'"""),
        (
            ["--costs", '{"a": -1}'],
            "the cost of class 'a' is -1; it must be a number from 0 to 1,000,000,000, or a mapping",
        ),
        (["--costs", '{"a": {"b": true}}'], "the cost of class 'a' predicted as 'b' is True; it must be a number"),
        (["--calibration", "none", "--costs", '{"a": 2}'], "costs needs probabilities, svm gives none"),
        (
            ["--calibration", "none", "--cross_validation.scoring", "neg_log_loss"],
            "neg_log_loss needs probabilities, svm gives none, and calibration is none; set calibration: auto",
        ),
        (["--classifiers", '{"svm": {"decision_function_shape": "ovo"}}'], "which can't be calibrated; leave it out"),
        (
            ["--calibration", "platt"],
            "calibration is platt; input should be 'auto', 'none', 'sigmoid', 'isotonic' or 'temperature'",
        ),
        (["--class_weight", "heavy"], "class_weight is heavy; input should be 'none' or 'balanced'"),
        (["--split.by", "time"], "by: time needs column, the one that holds each row's time"),
        (["--split.column", "day"], "column belongs to by: time and by: group, but by is random"),
        (["--split.by", "group", "--split.column", "g"], "split.by: group needs dataset.source: file"),
        ([*FILE, "--split.by", "time", "--split.column", "y"], "split.column can't be the target 'y'"),
        (
            [*FILE, *BY_TIME, "--cross_validation.random_state", "1"],
            "with split.by: time the folds follow the time: leave cross_validation.repeats and random_state out",
        ),
        (
            ["--selection.test", "nadeau_bengio"],
            "has hardly any power on single folds; set cross_validation.repeats: 10",
        ),
        (["--selection.simplicity", "svm,svm"], "names a contestant twice: svm, svm"),
        (["--selection.simplicity", "tree"], "unknown classifier 'tree'; allowed: logistic_regression, svm"),
        (["--selection.alpha", "0"], "selection.alpha is 0; input should be greater than 0"),
        (["--selection", '{"tie_margin": true}'], "must be a number, not true or false"),
        (
            ["--cross_validation.scoring", "f1_macro", "--promotion.alpha", "0.0005"],
            "selection.resamples (2000) is too few for this promotion.alpha: f1_macro needs 4,000",
        ),
        (
            [*MACRO_F1, "--classifiers", '{"svm": {}}', "--selection.alpha", "0.001"],
            "selection.resamples (2000) is too few for this selection.alpha: f1_macro needs 4,000",
        ),
        (
            [*MACRO_F1, "--classifiers", '{"svm": {}, "random_forest": {}}', "--selection.alpha", "0.002"],
            "selection.resamples (2000) is too few for this selection.alpha: f1_macro needs 4,000",
        ),
        (["--promotion.rule", "sometimes"], "promotion.rule is sometimes; input should be 'significant', 'always'"),
        (["--promotion.min_gain", "-1"], "promotion.min_gain is -1"),
        (["--dataset.batch", "-1"], "dataset.batch is -1"),
        ([*FILE, "--dataset.batch", "1"], "batch belongs to source: synthetic, but source is file"),
        (
            ["--dataset.drift", "0.1", "--dataset.n_classes=2", "--dataset.n_features=1", "--dataset.n_informative=1"],
            "drift rotates pairs of columns, and n_features is 1; use 2 columns or more",
        ),
        (["--name", "../x"], "name is ../x; allowed: the model's name: letters, digits, dots, dashes and"),
        (["--config", "nope.yaml"], "there is no config file 'nope.yaml'"),
        (["--config", "s3://u:secret@host/c.yaml"], "--config: 's3://…@host/c.yaml' is an address, and only files"),
        (["--config", "S3:/bucket/c.yaml"], "--config: 'S3:/bucket/c.yaml' is an address"),
        (["--config", "\\\\server\\c.yaml"], "is a path of Windows; give one of this machine"),
        (["--config", " "], "--config: it is empty; give a path"),
    ],
)
def test_a_mistake_gets_one_line(flags, sentence):
    """The line names the field, what was given and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        read(*flags)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_costs_name_classes_by_their_text(tmp_path):
    """However YAML or a flag writes them."""
    path = tmp_path / "config.yaml"
    path.write_text("costs: {1: {true: 5}, kept: 2}\n")
    assert {"1": {"true": 5.0}, "kept": 2.0} == read("--config", str(path)).costs
    assert {"returned": 5.0} == read("--config", str(path), "--costs", '{"returned": 5}').costs


def test_no_probabilities_are_fine_where_nothing_asks_for_them():
    """As for accuracy, and for contestants that have their own."""
    assert "none" == read("--calibration", "none").calibration
    own = ["--classifiers", '{"logistic_regression": {}}', "--costs", '{"0": 2}']
    assert "none" == read("--calibration", "none", *own).calibration


@pytest.mark.parametrize("example", sorted(Path("examples").glob("*.yaml")))
def test_examples_are_valid(example):
    """Each can be raced, down to its rows."""
    check_training(read("--config", str(example)))


@pytest.mark.parametrize("model", [TrainingConfig, PredictionConfig])
def test_the_schema_is_ascii(model):
    """The server keeps it, and its database may have no other letters."""
    assert json.dumps(model.model_json_schema(), ensure_ascii=False).isascii()


@pytest.mark.parametrize(
    ("dataset", "valid"),
    [
        ({"n_samples": 2000}, True),
        ({"bundled": "iris"}, True),
        ({"ignore": ["id"]}, True),
        (TrainingConfig().dataset.model_dump(mode="json"), True),
        ({"n_samples": 2}, False),
        ({"samples": 2000}, False),
        ({"source": "nowhere"}, False),
    ],
)
def test_the_schema_takes_parts_of_a_config(dataset, valid):
    """Though each source has a schema of its own, for the form: a run overrides single fields of its deployment's."""
    schema = jsonschema.Draft202012Validator(TrainingConfig.model_json_schema())
    assert valid == schema.is_valid({"dataset": dataset})


def test_a_bundled_table_alone_means_its_source():
    assert "bundled" == TrainingConfig.model_validate({"dataset": {"bundled": "iris"}}).dataset.source


def test_a_path_alone_means_a_file(tmp_path):
    """As a flag, in a file, and as a flag over a file that names no source."""
    flags = ["--dataset.path", "rows.csv", "--dataset.target", "y"]
    (tmp_path / "a.yaml").write_text("dataset: {path: rows.csv, target: y}")
    (tmp_path / "b.yaml").write_text("dataset: {target: y}")
    for words in (flags, ["--config", str(tmp_path / "a.yaml")], ["--config", str(tmp_path / "b.yaml"), *flags[:2]]):
        assert ("file", "rows.csv", "y") == tuple(
            getattr(read(*words).dataset, name) for name in ("source", "path", "target")
        )
