"""Which columns matter."""

import joblib

from bakeoff.report.inspection import feature_importance
from tests.bakeoff.conftest import run_race


def test_a_column_of_no_influence_has_none(tmp_path, monkeypatch):
    """Also where only a part of the test rows is looked at."""
    monkeypatch.setattr("bakeoff.report.inspection.MOST_ROWS", 100)
    race = run_race(tmp_path, dataset={"n_samples": 1000, "class_sep": 0.5, "flip_y": 0.2})
    model = joblib.load(race.models["logistic_regression"].path)
    model[-1].coef_[:, 3] = 0
    found = feature_importance(race.ref, model, "accuracy")
    (third,) = [each for each in found["columns"] if each["name"] == race.ref.features[3].name]
    assert (100, 0.0, 0.0) == (found["rows"], third["mean"], third["std"])
    assert 0.02 < found["columns"][0]["mean"]
