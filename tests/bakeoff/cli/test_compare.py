"""`bakeoff compare`: two versions side by side."""

import json

from tests.bakeoff.conftest import run_race


def test_two_versions_stand_side_by_side(run, tmp_path):
    """What differs in how they were made, and nothing of what doesn't."""
    root = tmp_path / "models"
    first = run_race(tmp_path / "1").export(root).name
    classifiers = {"logistic_regression": {"C": 0.5}, "random_forest": {"n_estimators": 5}}
    second = run_race(tmp_path / "2", dataset={"n_samples": 300}, classifiers=classifiers).export(root).name
    status, out, _ = run("compare", first, "latest", "--store", root)
    assert 0 == status
    cells = {tuple(part.strip() for part in line.split("  ") if part.strip()) for line in out.splitlines()}
    assert ("Figures", first, second) in cells
    assert ("dataset.n_samples", "200", "300") in cells
    assert ("classifiers.logistic_regression.C", "–", "0.5") in cells
    assert not [line for line in cells if line and line[0] in {"dataset.n_classes", "Libraries", "Columns"}]
    assert "They were tested on different rows" in out
    figures = json.loads(run("compare", first, first, "--store", root, "--json")[1])
    assert figures["warning"] is None
    third = run_race(tmp_path / "3", cross_validation={"scoring": "neg_log_loss"}).export(root).name
    assert "of different metrics: accuracy and neg_log_loss" in run("compare", first, third, "--store", root)[1]
    assert "Config" not in figures
