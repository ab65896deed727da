"""A version as MLflow loads it: a folder with its card, model and frozen sample."""

import shutil

import pandas as pd
import pytest

import bakeoff
from bakeoff.errors import DataError, IntegrityError
from bakeoff.tracking.pyfunc_model import _load_pyfunc


@pytest.fixture
def logged(version, tmp_path):
    """The files that are logged, elsewhere than the store."""
    folder = tmp_path / "logged"
    folder.mkdir()
    for name in ("card.json", "model.joblib", "sample.parquet"):
        shutil.copy(version / name, folder)
    return folder


def test_it_predicts_as_bakeoff_does(logged, version):
    """Classes, and on request probabilities, of raw rows."""
    rows = pd.read_parquet(version / "validation.parquet")
    expected = bakeoff.load(store=version.parents[1]).predict(rows).predictions
    model = _load_pyfunc(str(logged))
    assert expected["prediction"].tolist() == model.predict(rows).tolist()
    both = model.predict(rows, {"probabilities": True})
    pd.testing.assert_frame_equal(expected[both.columns], both)
    assert "prediction" == both.columns[0]
    assert len(both.columns) > 2


def test_rows_that_cant_be_scored_are_an_error(logged, version):
    """No class is made up for them, and no row is left out."""
    rows = pd.read_parquet(version / "validation.parquet")
    first = rows.columns[0]
    rows[first] = rows[first].astype(object)
    rows.loc[3, first] = "abc"
    with pytest.raises(DataError, match=f"1 of {len(rows)} rows can't be scored, the first: row 3, column {first!r}"):
        _load_pyfunc(str(logged)).predict(rows)


@pytest.mark.parametrize("name", ["model.joblib", "sample.parquet"])
def test_changed_files_are_not_opened(logged, name):
    """They differ from the card that was sealed."""
    (logged / name).write_bytes((logged / name).read_bytes() + b"x")
    with pytest.raises(IntegrityError, match=f"{name} differs from its card"):
        _load_pyfunc(str(logged))
