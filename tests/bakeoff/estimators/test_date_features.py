"""Dates become numbers, as scikit-learn's transformers do it."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from bakeoff.errors import DataError
from bakeoff.estimators.date_features import DateFeatures

DATES = pd.DataFrame(
    {
        "at": pd.to_datetime(["2024-01-31 06:30", None, "2023-12-01 18:00"]),
        "on": pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-08"]),
    }
)


def test_parts_that_vary_and_days_are_given():
    """Missing dates are missing in all of them; columns of the output are named."""
    model = DateFeatures().fit(DATES)
    names = model.get_feature_names_out().tolist()
    at, on = ["year", "month", "day", "weekday", "hour", "days"], ["day", "weekday", "days"]
    assert [*(f"at_{part}" for part in at), *(f"on_{part}" for part in on)] == names
    numbers = pd.DataFrame(model.transform(DATES), columns=names)
    assert [2024, 1, 31, 2, 6.5, pytest.approx(60 + 12.5 / 24)] == numbers.iloc[0, :6].tolist()
    assert numbers.iloc[1, :6].isna().all()
    assert [0, 1, 7] == numbers["on_days"].tolist()


def test_the_ends_of_a_period_are_near_each_other():
    """December is as near to January as January to February."""
    months = pd.DataFrame({"d": pd.to_datetime([f"2024-{month:02d}-01" for month in range(1, 13)])})
    model = DateFeatures(cyclic=True).fit(months)
    numbers = pd.DataFrame(model.transform(months), columns=model.get_feature_names_out())
    circle = numbers[["d_month_sin", "d_month_cos"]].to_numpy()
    distances = np.linalg.norm(circle - np.roll(circle, 1, axis=0), axis=1)
    np.testing.assert_allclose(distances[0], distances)


@pytest.mark.parametrize("cyclic", [False, True])
def test_clones_and_pickles_do_the_same(cyclic):
    """And a row alone as in a batch; a clone is not fitted."""
    model = DateFeatures(cyclic=cyclic).fit(DATES)
    numbers = model.transform(DATES)
    np.testing.assert_array_equal(numbers, pickle.loads(pickle.dumps(model)).transform(DATES))
    np.testing.assert_array_equal(numbers, clone(model).fit_transform(DATES))
    np.testing.assert_array_equal(numbers[2:], model.transform(DATES[2:]))
    assert {"cyclic": cyclic} == clone(model).get_params()
    assert len(model.get_feature_names_out()) == numbers.shape[1]
    with pytest.raises(NotFittedError):
        clone(model).transform(DATES)


def test_a_column_without_dates_in_a_fold_is_missing():
    """As other gaps: no error, and as many columns later."""
    empty = pd.DataFrame({"d": pd.to_datetime([None, None])})
    model = DateFeatures().fit(empty)
    assert np.isnan(model.transform(empty)).all()
    assert (3, len(model.get_feature_names_out())) == model.transform(DATES[["on"]].set_axis(["d"], axis=1)).shape


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame.apply(lambda dates: dates.dt.strftime("%Y-%m-%d %H:%M")),
        lambda frame: frame.apply(lambda dates: dates.dt.tz_localize("UTC").dt.tz_convert("Europe/Paris")),
        lambda frame: frame.astype(object),
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    ],
    ids=["text", "time zone", "objects", "Arrow"],
)
def test_dates_of_other_types_give_the_same_numbers(convert):
    """As in the files that the flows read; frames of other libraries, such as Polars, come as Arrow's."""
    model = DateFeatures().fit(DATES)
    np.testing.assert_array_equal(model.transform(DATES), model.transform(convert(DATES)))
    np.testing.assert_array_equal(model.transform(DATES), DateFeatures().fit_transform(convert(DATES)))


@pytest.mark.parametrize("cell", ["31.12.2024", "soon", 1.5])
def test_a_cell_that_is_no_date_is_named(cell):
    """With its column, and what to do, in one line."""
    model = DateFeatures().fit(DATES)
    with pytest.raises(DataError, match=f"column 'on' holds '{cell}', which is not a date of the form .*to_datetime"):
        model.transform(DATES.assign(on=cell))
