"""What a column's shuffling costs the winner."""

import json
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from bakeoff.data.parts import read_part
from bakeoff.evaluation.predictions import encode_labels, response_values
from bakeoff.evaluation.scoring import score
from bakeoff.report.inspection.importance import column_blocks, permutation_importance, row_seconds, shuffle
from tests.bakeoff.conftest import run_race

CONTESTANTS = {
    "logistic_regression": {},
    "svm": {},
    "random_forest": {"n_estimators": 5},
    "hist_gradient_boosting": {"max_iter": 5},
    "own": {"class": "sklearn.tree.DecisionTreeClassifier"},
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """A race on columns of every kind, with gaps, more than 100 categories, and texts."""
    folder, generator = tmp_path_factory.mktemp("mixed"), np.random.default_rng(0)
    count, words = 600, np.array(["good", "fine", "bad", "late", "lost", "kind", "rude", "slow"])
    number, codes = generator.normal(size=count), generator.integers(0, 130, count)
    when = pd.Timestamp("2026-01-01") + pd.to_timedelta(generator.integers(0, 300, count), "D")
    text = [" ".join(generator.choice(words, 9)) + f" nr {row}" for row in range(count)]
    frame = pd.DataFrame(
        {
            "text": text,
            "code": [f"c{code}" for code in codes],
            "when": when.strftime("%Y-%m-%d"),
            "flag": generator.choice(["true", "false", None], count),
            "number": np.where(generator.random(count) < 0.1, np.nan, number),
        }
    )
    told = number + (codes % 2) + (when.month > 5) + np.array(["lost" in each for each in text])
    frame["y"] = np.where(told + generator.normal(size=count) / 4 > 1.5, "yes", "no")
    frame.to_csv(folder / "rows.csv", index=False)
    dataset = {"source": "file", "path": str(folder / "rows.csv"), "target": "y", "text": ["text"]}
    return run_race(folder, dataset=dataset, classifiers=CONTESTANTS, cross_validation={"folds": 2})


@pytest.mark.parametrize("name", CONTESTANTS)
@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc_ovr", "neg_log_loss", "balanced_accuracy"])
def test_a_raw_column_is_shuffled(mixed, name, scoring):
    """Though rows are preprocessed once: the figures are those of the whole Pipeline on rows with the raw column so."""
    model, ref = joblib.load(mixed.models[name].path), mixed.ref
    X, y = read_part(ref, "test")
    codes, generator = encode_labels(y, ref.classes), np.random.default_rng(0)
    orders = [generator.permutation(len(X)) for _ in range(3)]
    found = permutation_importance(ref, model, scoring, 5_000, 3)

    def measured(rows):
        return score(scoring, codes, response_values(model, rows, ref.classes, scoring), len(ref.classes))

    assert (len(X), 3, set(X.columns)) == (found.rows, found.repeats, {column.name for column in found.columns})
    for column in found.columns:
        shuffled = [X.assign(**{column.name: X[column.name].to_numpy()[order]}) for order in orders]
        expected = measured(X) - np.mean([measured(rows) for rows in shuffled])
        assert pytest.approx(expected, abs=1e-9) == column.drop
        assert column.interval[0] <= column.drop <= column.interval[1]
    assert sorted((column.drop for column in found.columns), reverse=True) == [each.drop for each in found.columns]


@pytest.mark.parametrize("name", CONTESTANTS)
def test_every_preprocessed_column_is_of_one_column(mixed, name):
    """None is forgotten, none counted twice."""
    model, X = joblib.load(mixed.models[name].path), read_part(mixed.ref, "test")[0]
    blocks = column_blocks(model, X)
    width = model[:-1].transform(X).shape[1]
    assert [*range(width)] == sorted(np.concatenate(blocks).tolist())
    assert all(map(len, blocks))


def test_rows_of_any_kind_are_shuffled_alike():
    """DataFrames, arrays and sparse matrices."""
    rows, orders = np.arange(12.0).reshape(4, 3), np.array([[1, 0, 3, 2], [3, 2, 1, 0]])
    columns = np.array([0, 2])
    expected = np.concatenate([rows, rows])
    expected[:, columns] = rows[orders.ravel()][:, columns]
    for kind in (pd.DataFrame, np.array, sparse.csr_matrix, sparse.csc_matrix):
        found = shuffle(kind(rows), columns, orders)
        assert expected.tolist() == np.asarray(found.todense() if sparse.issparse(found) else found).tolist()
    assert np.arange(12.0).tolist() == rows.ravel().tolist()


def test_columns_without_preprocessing_are_shuffled(tmp_path):
    """As they are, by name."""
    race = run_race(tmp_path, preprocessing="none", classifiers={"random_forest": {"n_estimators": 5}})
    model = joblib.load(race.models["random_forest"].path)
    assert column_blocks(model, read_part(race.ref, "test")[0]) is None
    found = permutation_importance(race.ref, model, "accuracy", 5_000, 3)
    assert 10 == len(found.columns)
    assert 0.05 < found.columns[0].drop


def test_the_memory_does_not_change_the_figures(mixed, monkeypatch):
    """Whether all shuffles of a column are predicted at once or one after the other."""
    model = joblib.load(mixed.models["logistic_regression"].path)
    whole = permutation_importance(mixed.ref, model, "accuracy", 100, 5)
    monkeypatch.setattr("bakeoff.report.inspection.importance.VALUES", 1)
    monkeypatch.setattr("bakeoff.report.inspection.importance.cpu_count", lambda: 1)
    assert 100 == whole.rows
    assert whole == permutation_importance(mixed.ref, model, "accuracy", 100, 5)


def test_costs_of_prediction_are_counts(mixed):
    """Of trees, support vectors and coefficients; unknown of classes that predict by looking at all training rows."""
    seconds = {name: row_seconds(joblib.load(each.path)) for name, each in mixed.models.items()}
    assert seconds["logistic_regression"] < seconds["random_forest"] < seconds["svm"] < seconds["own"]
    model = joblib.load(mixed.models["own"].path)
    from sklearn.neighbors import KNeighborsClassifier

    model[-1].classifier_ = KNeighborsClassifier()
    assert row_seconds(model) is None


def test_importance_is_on_the_card(mixed, root):
    """Of the winner, and the same each time."""
    cards = [json.loads((mixed.export(root) / "card.json").read_text()) for _ in range(2)]
    found = cards[0]["importance"]
    assert found == cards[1]["importance"]
    assert {"text", "code", "when", "flag", "number"} == {column["name"] for column in found["columns"]}


def test_what_would_take_too_long_is_left_out(mixed, root, monkeypatch):
    """The card has no importance, and the report says how to measure it."""
    monkeypatch.setattr("bakeoff.training.time_budget.IMPORTANCE_SHARE", 1e-9)
    version = mixed.export(root)
    assert json.loads((version / "card.json").read_text())["importance"] is None
    assert "Importance was not measured" in (version / "report.html").read_text()


def test_an_undefined_metric_has_no_importance(mixed):
    """The area under the ROC curve of test rows that are all of one class."""
    model, ref = joblib.load(mixed.models["logistic_regression"].path), replace(mixed.ref, classes=("a", "no", "z"))
    assert permutation_importance(ref, model, "roc_auc_ovr", 1, 3) is None
