"""Load a dataset from a file or query: infer what its columns hold, and tidy it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from bakeoff.config import DatasetConfig, SplitConfig
from bakeoff.config.rows.database import fill_parameters
from bakeoff.data.datasets import Dataset
from bakeoff.data.split_keys import to_groups, to_times
from bakeoff.data.window import read_window
from bakeoff.errors import DataError
from bakeoff.formatting import list_first
from bakeoff.tables.databases.database import Database
from bakeoff.tables.databases.sql_query import SqlQuery
from bakeoff.tables.dates import AmbiguousDatesError
from bakeoff.tables.dtypes import ColumnHints, infer_column
from bakeoff.tables.formats.csv_file import CsvFile
from bakeoff.tables.late_header import seem_no_header
from bakeoff.tables.numbers import AmbiguousNumbersError
from bakeoff.tables.read_table import require_columns
from bakeoff.tables.reader import TableReader, describe_format, open_table
from bakeoff.tables.schema import Feature
from bakeoff.tables.target import to_target
from bakeoff.tables.tidying import Tidying, yaml_name
from bakeoff.tables.unlearned.left_out import ROW_NAMES, names_rows

SHOWN = 10  # columns of one kind that are named in an error


def load_file(config: DatasetConfig, split: SplitConfig, strict: bool) -> Dataset:
    """Read a file or query: its rows that have a class, with columns that a model can learn from.

    Args:
        config: the dataset's config, of source `file` or `sql`.
        split: the split's config; a column that it names is read as the split key.
        strict: whether a file that would have to be tidied is refused.

    Raises:
        DataError: the rows can't be used; the message names all columns concerned.
    """
    source = _open_source(config)
    _refuse_late_header(config, source)
    config, split = _with_blanks(config, split, source.files[0].schema.names)
    table, windowed = read_window(config, split, source)
    assert config.target is not None  # the config model requires it
    assert config.shown is not None
    _require_columns(table, config, split, source.files[0].what)
    if table.num_rows == 0:
        raise DataError(f"{config.shown!r} has columns and no rows")
    done, typed = Tidying(), is_typed(source)
    if isinstance(source.files[0], CsvFile) and seem_no_header(source.files[0].schema.names):
        done.add_warning("most column names are numbers: does the file have a header?")
    for line in describe_format(source):
        done.add_line(line)
    if windowed:
        done.add_note(windowed)
    y, rows = to_target(
        config.target, table[config.target], typed, are_classes=config.target in config.categories, done=done
    )
    if len(rows) < table.num_rows:
        table = table.take(pa.array(rows))
    columns = _infer_columns(table, _candidates(table, source, config, split, done), rows, source, config, done)
    if strict:
        done.refuse(config.shown, ColumnHints.of(config))
    if not columns:
        raise DataError(
            f"{config.shown!r} has no column to learn from besides the target {config.target!r}"
            + "".join(f"; {line}" for line in [*done.warnings(), *done.lines()])
        )
    key = None
    if split.column and split.by == "time":
        key = to_times(split.column, table[split.column], config.dates.get(split.column))
    elif split.column:
        key = to_groups(split.column, table[split.column])
    X = pd.DataFrame({feature.name: series for feature, series in columns})
    return Dataset(
        X, y, tuple(feature for feature, _ in columns), key, table, tuple(done.lines()), tuple(done.warnings())
    )


def _open_source(config: DatasetConfig) -> TableReader:
    if config.query is None:
        return open_table(str(config.path))
    assert config.url_env is not None
    parameters = fill_parameters(config.query, config.window.last, config.window.until)
    return TableReader([SqlQuery(Database(config.url_env), config.query, parameters)])


def _refuse_late_header(config: DatasetConfig, source: TableReader) -> None:
    """Refuse a file whose target is in a line that seems to be the header, and not in the first line.

    Raises:
        DataError: it is.
    """
    for file in source.files:
        late = file.late_header
        if late and config.target in late.names and config.target not in map(str.strip, file.schema.names):
            raise DataError(f"there is no column {config.target!r} (the target) in {str(file.path)!r}: {late}")


def _with_blanks(config: DatasetConfig, split: SplitConfig, names: Sequence[str]) -> tuple[DatasetConfig, SplitConfig]:
    """Return the configs with columns named as in the header, where a name may have blanks at its ends.

    Args:
        config: the dataset's config.
        split: the split's config.
        names: the names of the columns in the header.
    """
    trimmed = Counter(name.strip() for name in names)
    actual = {name.strip(): name for name in names if trimmed[name.strip()] == 1} | {name: name for name in names}

    def of(named: str) -> str:
        return actual.get(named, named)

    listed = {kind: tuple(map(of, getattr(config, kind))) for kind in ("ignore", "categories", "numbers", "text")}
    dates = {of(name): order for name, order in config.dates.items()}
    column = split.column and of(split.column)
    window = config.window.model_copy(update={"column": config.window.column and of(config.window.column)})
    return (
        config.model_copy(update={**listed, "dates": dates, "window": window, "target": of(str(config.target))}),
        split.model_copy(update={"column": column}),
    )


def is_typed(source: TableReader) -> bool:
    """Return whether columns of text are known to hold text; in a CSV they may hold numbers, dates or booleans."""
    return all(file.typed for file in source.files)


def _require_columns(table: pa.Table, config: DatasetConfig, split: SplitConfig, where: str) -> None:
    require_columns(table, (str(config.target),), "the target", where)
    require_columns(table, config.ignore, "to ignore", where)
    for name in ("categories", "numbers", "text", "dates"):
        require_columns(table, tuple(getattr(config, name)), f"dataset.{name} has it", where)
    require_columns(table, (split.column,) if split.column else (), f"split.by: {split.by} follows it", where)


def _candidates(
    table: pa.Table, source: TableReader, config: DatasetConfig, split: SplitConfig, done: Tidying
) -> list[str]:
    """Return the columns that may be learned from.

    What pandas wrote as an index is left out if it names the rows, or has no name, unless the config names it.
    """
    excluded = {config.target, split.column, *config.ignore}
    written = {name for file in source.files for name in file.index_columns} - excluded
    index = [name for name in table.column_names if name in written and name not in ColumnHints.of(config)]
    counters = {name for name in index if ROW_NAMES.fullmatch(name) or names_rows(table[name])}
    for name in sorted(counters):
        done.add("counter", name)
    return [name for name in table.column_names if name not in excluded | counters]


def _infer_columns(
    table: pa.Table, names: list[str], rows: np.ndarray, source: TableReader, config: DatasetConfig, done: Tidying
) -> list[tuple[Feature, pd.Series]]:
    """Infer what the columns hold; numbers that can be read in two ways are read with the decimal mark of the others.

    Raises:
        DataError: some columns can't be used; the message names all of them.
    """
    hints, typed = ColumnHints.of(config), is_typed(source)
    inferred: dict[str, tuple[Feature, pd.Series] | None] = {}
    problems: dict[str, DataError | AmbiguousNumbersError | AmbiguousDatesError] = {}

    def infer(names: Iterable[str], hints: ColumnHints) -> None:
        for name in names:
            problems.pop(name, None)
            try:
                inferred[name] = infer_column(name, table[name], typed, hints, done, rows)
            except (DataError, AmbiguousNumbersError, AmbiguousDatesError) as error:
                problems[name] = error

    infer(names, hints)
    # A CSV has semicolons between fields because commas are decimal marks.
    if not done.decimals and any(isinstance(file, CsvFile) and file.dialect.delimiter == ";" for file in source.files):
        done.decimals.add(",")
    mark = next(iter(done.decimals)) if len(done.decimals) == 1 else None
    if hints.decimal is None and mark is not None:
        ambiguous = [name for name, problem in problems.items() if isinstance(problem, AmbiguousNumbersError)]
        numeric = [name for name, column in inferred.items() if mark == "," and column and column[0].kind == "number"]
        infer([*ambiguous, *numeric], replace(hints, decimal=mark))
    if problems:
        raise DataError(_describe(problems))
    return [column for name in names if (column := inferred[name])]


def _describe(problems: Mapping[str, DataError | AmbiguousNumbersError | AmbiguousDatesError]) -> str:
    """Write one message for all columns that can't be used, with the settings that would solve each problem."""
    numbers = {name: str(error) for name, error in problems.items() if isinstance(error, AmbiguousNumbersError)}
    dates = {name: str(error) for name, error in problems.items() if isinstance(error, AmbiguousDatesError)}
    parts = [str(error) for error in problems.values() if isinstance(error, DataError)]
    if numbers:
        example = next(iter(numbers.values()))
        parts.append(
            f"numbers can be read in two ways in {_listed(numbers)}: {example} is {example.replace(',', '')} if the "
            f"comma groups thousands, and {example.replace(',', '.')} if it is the decimal mark; set dataset.decimal: "
            "'.' or ','"
        )
    if dates:
        example, orders = next(iter(dates.values())), ", ".join(f"{yaml_name(name)}: dmy" for name in dates)
        parts.append(
            f"day and month can't be told apart in {_listed(dates)}: {example} can be read day first and month first; "
            f"set dataset.dates: {{{orders}}}, or mdy"
        )
    if len(problems) > len(numbers) + len(dates):
        unusable = [name for name in problems if name not in numbers and name not in dates]
        parts.append(f"--dataset.ignore {','.join(unusable)} leaves {'it' if len(unusable) == 1 else 'them'} out")
    return "; ".join(parts)


def _listed(examples: Mapping[str, str]) -> str:
    return list_first([f"{name!r} ({example})" for name, example in examples.items()], SHOWN)
