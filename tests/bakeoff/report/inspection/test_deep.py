"""Which columns matter."""

import joblib

from bakeoff.report.inspection.deep import feature_importance
from tests.bakeoff.conftest import run_race


def test_a_column_of_no_influence_has_none(tmp_path, monkeypatch):
    """Also where only a part of the test rows is looked at."""
    monkeypatch.setattr("bakeoff.report.inspection.deep.MOST_ROWS", 100)
    race = run_race(tmp_path, dataset={"n_samples": 1000, "class_sep": 0.5, "flip_y": 0.2})
    model = joblib.load(race.models["logistic_regression"].path)
    model[-1].coef_[:, 3] = 0
    found = feature_importance(race.ref, model, "accuracy")
    (third,) = [each for each in found.columns if each.name == race.ref.features[3].name]
    assert (100, 0.0, (0.0, 0.0)) == (found.rows, third.drop, third.interval)
    assert 0.02 < found.columns[0].drop


def test_of_a_wide_table_the_most_telling_columns_are_shuffled(tmp_path, monkeypatch):
    """As many as are allowed, each with the figures that it has when all columns are shuffled."""
    race = run_race(tmp_path, dataset={"n_samples": 600, "class_sep": 1.0, "flip_y": 0.1, "n_features": 12})
    model = joblib.load(race.models["logistic_regression"].path)
    whole = feature_importance(race.ref, model, "accuracy")
    monkeypatch.setattr("bakeoff.report.inspection.deep.MOST_COLUMNS", 6)
    found = feature_importance(race.ref, model, "accuracy")
    assert (6, 12) == (len(found.columns), len(whole.columns))
    informative = {each.name for each in whole.columns if each.drop > 0.05}
    assert 3 <= len(informative)
    assert informative <= {each.name for each in found.columns}
    assert whole.columns[: len(informative)] == found.columns[: len(informative)]
