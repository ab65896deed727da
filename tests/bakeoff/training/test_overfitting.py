"""A winner that knows its training rows by heart, or falls from folds to test, is warned of; a good forest isn't."""

import numpy as np
import pandas as pd
import pytest
from forging import read_card

from bakeoff.cli.terminal import render_card
from tests.bakeoff.conftest import ORDERS, run_race

FOREST = {"classifiers": {"random_forest": {"n_estimators": 20}}}


def noise(path, drift=False):
    """Columns that have nothing to do with the class; or one that has until the last third of the time."""
    rng = np.random.RandomState(0)
    y = rng.choice(["a", "b"], 400)
    X = pd.DataFrame(rng.randn(400, 120)).add_prefix("x")
    if drift:
        X["told"] = np.where(np.arange(400) < 280, (y == "a") + 0.5 * rng.randn(400), rng.randn(400))
        X["day"] = np.arange(400)
    X.assign(y=y).to_parquet(path)
    return {"source": "file", "path": str(path), "target": "y"}


@pytest.mark.parametrize("classifier", ["random_forest", "logistic_regression", "svm"])
def test_a_winner_that_learned_noise_is_warned_of(classifier, tmp_path, caplog):
    """In log, card and terminal, with both figures."""
    race = run_race(tmp_path, dataset=noise(tmp_path / "rows.parquet"), classifiers={classifier: {}})
    card = read_card(race.export(tmp_path / "models"))
    warning = next(each for each in card.warnings if "overfitting" in each)
    accuracy = race.scorecards[0].test.evaluation.accuracy
    assert f"and {accuracy:.4f} on the test rows" in warning
    assert [warning] == [each.getMessage() for each in caplog.records if "overfitting" in each.getMessage()]
    assert f"Beware: {warning}." in render_card(card)


def test_a_winner_that_falls_from_folds_to_test_is_warned_of(tmp_path):
    """What told the class once tells it no more in the newest rows."""
    dataset = noise(tmp_path / "rows.parquet", drift=True)
    race = run_race(tmp_path, dataset=dataset, split={"by": "time", "column": "day"})
    warnings = read_card(race.export(tmp_path / "models")).warnings
    assert any("falls from" in warning or "overfitting" in warning for warning in warnings)


@pytest.mark.parametrize("config", [{}, FOREST, {"dataset": ORDERS}, {"dataset": ORDERS, **FOREST}], ids=str)
def test_a_good_winner_is_not_warned_of(config, tmp_path):
    """A forest has all of its training rows right, be it ever so good."""
    race = run_race(tmp_path, **config)
    assert list(race.ref.warnings) == read_card(race.export(tmp_path / "models")).warnings
