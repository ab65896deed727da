"""Turn dates into numbers that classifiers can learn from."""

from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from bakeoff.errors import DataError
from bakeoff.tables.dates import read_dates, to_plain_dates
from bakeoff.tables.frames import import_stream, to_column
from bakeoff.tables.schema import CellFormat

PERIODS = {"month": 12, "day": 31, "weekday": 7, "hour": 24}  # how many different values a cyclic part has


class DateFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Replace each column of dates by its parts and the number of days since the first date of the training rows.

    The parts are year, month, day of the month, weekday (0: Monday), and hour with its fraction; those that have a
    single value in the training rows are left out. Missing dates are missing in all parts.

    Args:
        cyclic: whether month, day, weekday and hour are given as sine and cosine, in which the end of a period is near
            its beginning, for models that are linear in the features or measure distances.
    """

    def __init__(self, cyclic: bool = False) -> None:
        self.cyclic = cyclic

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:  # noqa: ARG002  as scikit-learn has it
        """Learn each column's first date, and the parts that vary.

        Args:
            X: columns of dates, shape (n_rows, n_columns).
            y: not used.

        Raises:
            DataError: a cell is not a date.
        """
        X = _to_dates(X)
        self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        self.first_ = [X[name].min() for name in X.columns]
        self.parts_ = [
            [part for part, values in _parts(X[name]).items() if len(np.unique(values[~np.isnan(values)])) > 1]
            for name in X.columns
        ]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the numbers, shape (n_rows, n_features_out), NaN where a date is missing.

        Args:
            X: the columns of `fit`: datetime64, of any time zone, or text of the order year, month, day.

        Raises:
            DataError: a cell is not a date.
        """
        check_is_fitted(self)
        X = _to_dates(X)
        columns = []
        for name, first, parts in zip(self.feature_names_in_, self.first_, self.parts_):
            values = _parts(X[name])
            for part in parts:
                if self.cyclic and part in PERIODS:
                    angle = 2 * np.pi * values[part] / PERIODS[part]
                    columns += [np.sin(angle), np.cos(angle)]
                else:
                    columns.append(values[part])
            columns.append(_days(X[name], first))
        return np.column_stack(columns)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:  # noqa: ARG002  as scikit-learn has it
        """Return the names of the numbers, such as `when_year` and `when_month_sin`."""
        check_is_fitted(self)
        return np.asarray([name for names in self.names_by_column for name in names], dtype=object)

    @property
    def names_by_column(self) -> list[list[str]]:
        """The names of the numbers that each column becomes."""
        return [
            [
                *(
                    f"{name}_{part}{end}"
                    for part in parts
                    for end in (("_sin", "_cos") if self.cyclic and part in PERIODS else ("",))
                ),
                f"{name}_days",
            ]
            for name, parts in zip(self.feature_names_in_, self.parts_)
        ]


def _to_dates(X: Any) -> pd.DataFrame:
    """Return the columns of a frame as datetime64 in UTC, as the flows do before they call the Pipeline.

    Raises:
        DataError: a cell is not a date.
    """
    frame = X if isinstance(X, pd.DataFrame) else import_stream(X).to_pandas()
    if all(isinstance(kind, np.dtype) and kind.kind == "M" for kind in frame.dtypes):
        return frame
    return pd.DataFrame({name: _read(str(name), frame[name]) for name in frame.columns}, index=frame.index)


def _read(name: str, cells: pd.Series) -> np.ndarray:
    column = to_plain_dates(name, pa.chunked_array([to_column(cells)]))
    times, unreadable = read_dates(column, CellFormat(order="ymd"))
    if unreadable.any():
        cell = cells[unreadable].iloc[0]
        raise DataError(
            f"column {name!r} holds {str(cell)[:80]!r}, which is not a date of the form 2024-01-31: convert the column "
            "by pandas.to_datetime, or export the race and use bakeoff.load(…).predict, which reads it as in training"
        )
    return times


def _parts(dates: pd.Series) -> dict[str, np.ndarray]:
    at = dates.dt
    return {
        "year": at.year.to_numpy(dtype=float, na_value=np.nan),
        "month": at.month.to_numpy(dtype=float, na_value=np.nan),
        "day": at.day.to_numpy(dtype=float, na_value=np.nan),
        "weekday": at.day_of_week.to_numpy(dtype=float, na_value=np.nan),
        "hour": (at.hour + at.minute / 60 + at.second / 3600).to_numpy(dtype=float, na_value=np.nan),
    }


def _days(dates: pd.Series, first: Any) -> np.ndarray:
    days: np.ndarray = ((dates - first) / pd.Timedelta(days=1)).to_numpy(dtype=float, na_value=np.nan)
    return days
