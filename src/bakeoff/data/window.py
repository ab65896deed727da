"""Read only the newest rows of a file, folder or query, as `dataset.window` asks for."""

import contextlib
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.config.rows.database import UNITS, fill_parameters
from bakeoff.data.split_keys import to_moments, to_times
from bakeoff.errors import DataError
from bakeoff.tables.read_table import read_table
from bakeoff.tables.reader import TableReader
from bakeoff.tables.target import has_class

FOLLOWER = "dataset.window"
LEAST = 10  # rows, as for generated ones
DATED = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(\d{2})(?:\2(\d{2}))?(?!\d)")


def read_window(config: DatasetConfig, split: SplitConfig, source: TableReader) -> tuple[pa.Table, str | None]:
    """Read the rows in the window: all without one, else the newest, with one batch of the others in memory at most.

    The target and the times are read first. The window ends with the newest row that has a class, and not with the
    clock's time, so that the same file has the same rows whenever it is read, and rows whose class is not known yet
    take no room in it.

    Args:
        config: the dataset's config.
        split: the split's config.
        source: the files.

    Returns:
        The rows with all columns, and a line that says which they are; None without a window.

    Raises:
        DataError: the rows or their times can't be read, or fewer than `LEAST` are in the window.
    """
    assert config.shown is not None
    assert config.target is not None
    window = config.window
    if config.query is not None:
        return read_table(config.shown, source, config.ignore), _describe_period(config)
    if window.last is None:
        return read_table(config.shown, source, config.ignore), None
    column = window.column or (split.column if split.by == "time" else None)
    source.require_columns([config.target], "the target")
    source.require_columns([column] if column else [], f"{FOLLOWER} follows it")
    table = read_table(config.shown, source, (), list(filter(None, [config.target, column])))
    labelled = has_class(config.target, table[config.target], config.target in config.categories)
    if not labelled.any():  # for which the target has a message of its own
        return read_table(config.shown, source, config.ignore), None
    if isinstance(window.last, int):
        times = to_times(column, table[column], config.dates.get(column), FOLLOWER) if column else None
        keep = _last_rows(window.last, labelled, times)
        used = f"those last by {column!r}" if column else "those last in the order of the file"
        what = f"{window.last:,} rows"
    else:
        if column:
            moments, by = to_moments(column, table[column], config.dates.get(column), FOLLOWER), repr(column)
        else:
            moments, by = _dates_of_files(config, source), "the names of the files"
        newest = moments[labelled].max()
        start = newest - np.timedelta64(int(window.last[:-1]) * UNITS[window.last[-1]])
        keep, what = moments > start, window.last
        used = f"those after {_shown(start)} by {by}, whose newest row with a class is of {_shown(newest)}"
    count = int(keep.sum())
    line = f"dataset.window, the last {what}: {count:,} of {len(keep):,} rows are used, {used}"
    if count < LEAST:
        raise DataError(f"{line}; it takes {LEAST}: correct that time if it is wrong, or use a longer window")
    return read_table(config.shown, source, config.ignore, keep=keep), line


def _describe_period(config: DatasetConfig) -> str | None:
    assert config.query is not None
    values = fill_parameters(config.query, config.window.last, config.window.until)
    filled = " and ".join(f":{name} {value.isoformat(' ')}" for name, value in sorted(values.items()))
    return f"the query's {filled} (UTC)" if filled else None


def _last_rows(count: int, labelled: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    """Return whether each row is among the last that have a class, or comes after the first of them.

    Args:
        count: how many of them.
        labelled: whether each row has a class, shape (n_rows,).
        times: the time of each row, shape (n_rows,); None for the order of the rows.
    """
    order = np.arange(len(labelled)) if times is None else np.argsort(times, kind="stable")
    chosen = np.flatnonzero(labelled[order])[-count:]
    keep = np.zeros(len(labelled), dtype=bool)
    keep[order[chosen[0] :]] = True
    return keep


def _dates_of_files(config: DatasetConfig, source: TableReader) -> np.ndarray:
    """Return for each row the date in the name of its file, datetime64[us], shape (n_rows,).

    Raises:
        DataError: the path is no folder, or a name has no date.
    """
    assert config.path is not None
    files = [str(file.path) for file in source.files]
    if files == [config.path] or files == [str(Path(config.path))]:
        raise DataError(
            f"dataset.window: {{last: {config.window.last}}} needs the time of each row: name its column in "
            "dataset.window.column, split by time, or give a folder of files with dates in their names, as "
            "2026-11-22.csv; or give a number of rows"
        )
    dates, counts = [], []
    for file in source.files:
        date = _date_in(file.path.name)
        if date is None:
            raise DataError(
                f"dataset.window: {{last: {config.window.last}}} goes by dates in the names of the files, and "
                f"{file.path.name!r} has none, as 2026-11-22.csv has; rename it, or name the column of the times in "
                "dataset.window.column"
            )
        dates.append(date)
        counts.append(read_table(str(file.path), TableReader([file]), (), [str(config.target)]).num_rows)
    return np.repeat(np.array(dates, dtype="datetime64[us]"), counts)


def _date_in(name: str) -> datetime | None:
    """Return the first date in a name, as in `rows_20261122.csv`; that of a month is its first day."""
    for match in DATED.finditer(name):
        with contextlib.suppress(ValueError):
            return datetime(int(match[1]), int(match[3]), int(match[4] or 1))  # noqa: DTZ001  compared with others alone
    return None


def _shown(moment: np.datetime64) -> str:
    return str(np.datetime_as_string(moment, "s")).removesuffix("T00:00:00")
