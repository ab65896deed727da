"""What is refused before anything is written."""

import pandas as pd
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.prediction import preflight
from bakeoff.prediction.preflight import check_prediction, forget_job
from bakeoff.tables.reader import open_table
from tests.bakeoff.conftest import run_race
from tests.support.counting import Counted


@pytest.fixture
def schemas(monkeypatch):
    """The schemas of the tables that are opened, counted."""
    found = []

    def open_counted(path):
        source = open_table(path)
        for file in source.files:
            file.schema = Counted(file.schema)
            found.append(file.schema)
        return source

    monkeypatch.setattr(preflight, "open_table", open_counted)
    return found


def test_the_names_of_a_wide_table_are_listed_as_often_as_those_of_a_narrow_one(tmp_path, schemas):
    """Listing them for each feature would take time with the square of the columns."""
    for width in (5, 40):
        dataset = {"n_samples": 120, "n_features": width}
        run_race(tmp_path / f"work{width}", name=f"x{width}", dataset=dataset).export(tmp_path / "models")
        pd.DataFrame({f"feature_{i}": [0.0, 1.0] for i in range(width)}).to_csv(tmp_path / "rows.csv", index=False)
        values = {"input": str(tmp_path / "rows.csv"), "output": str(tmp_path / "out"), "name": f"x{width}"}
        check_prediction(PredictionConfig(store=tmp_path / "models", **values))
        forget_job()
    narrow, wide = (schema.asked["names"] for schema in schemas)
    assert narrow == wide
