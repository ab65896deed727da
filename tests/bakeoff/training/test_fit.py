"""A fitted contestant is a model file."""

import joblib
import numpy as np

from bakeoff.config import TrainingConfig
from bakeoff.data.parts import read_part
from bakeoff.data.prepare import prepare_dataset
from bakeoff.estimators.contestant import Contestant
from bakeoff.estimators.fit_time import ProblemSize
from bakeoff.training.fit import fit_classifier
from tests.bakeoff.conftest import ORDERS

SIZE = ProblemSize(500, 10, 4)  # on which neither engine nor approximation depends here


def test_a_pipeline_takes_gaps_and_categories_that_training_never_saw(tmp_path):
    """Raw columns in, class out."""
    config = TrainingConfig.model_validate({"dataset": ORDERS})
    ref = prepare_dataset(config, tmp_path / "data")
    model = joblib.load(fit_classifier(ref, Contestant.of(config, "logistic_regression", SIZE), tmp_path).path)
    X, _ = read_part(ref, "test")
    strange = X.iloc[:2].copy()
    strange.loc[strange.index[0], "region"] = "atlantis"
    strange.loc[strange.index[1], ["amount", "channel", "age"]] = [np.nan, None, np.nan]
    assert set(model.predict(strange)) <= set(ref.classes)
