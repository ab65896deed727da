"""`bakeoff.race`: race the classifiers on a data frame, and look at the result in Python."""

import html
import os
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.classifiers import title
from bakeoff.config import TrainingConfig
from bakeoff.config.unpickler.read import read_model
from bakeoff.config.validation import validate
from bakeoff.data.parts import forget_parts
from bakeoff.errors import ConfigError, DataError
from bakeoff.formatting import one_line
from bakeoff.local.training import RaceResult, finished_race
from bakeoff.report.card_tables import headline
from bakeoff.report.card_text import describe_choice, format_warnings, warn_of_baseline
from bakeoff.runtime.objects.address import Address
from bakeoff.runtime.workspace import RACE, locked_folder
from bakeoff.store.card import FRAME, Card
from bakeoff.store.load import open_store
from bakeoff.store.manifest import REPORT
from bakeoff.tables.frames import import_stream, require_unique_names, to_column
from bakeoff.training.export import leaderboard_rows

SET_HERE = ("source", "path", "target", "bundled")  # of `dataset`, by the arguments of `race`
BY = "bakeoff.race"
DEFAULT_STORE = "models"  # in a card and a report, instead of the temporary folder


class Race:
    """A race that was run. Its files are removed when the object is, or when Python ends; `export` keeps the winner.

    Attributes:
        winner: the name of the contestant that won.
        why: the reason, in a sentence.
        card: the content of card.json, as an exported version has it.
        baseline: what predicting without any column reaches, as in the card.
    """

    def __init__(self, result: RaceResult, card: Card, version: Path, stack: ExitStack) -> None:
        """Take over a finished race; users call `bakeoff.race`.

        Args:
            result: the race.
            card: the card of its version in a temporary store.
            version: the folder of that version.
            stack: closed when the object is removed.
        """
        self._result, self._card, self._version = result, card, version
        self._close = weakref.finalize(self, _close_in, os.getpid(), stack)
        self.winner, self.why = card.classifier, card.selection.why
        self.card: dict[str, Any] = card.to_dict()
        self.baseline: dict[str, Any] | None = self.card["baseline"]

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row for each contestant and the baseline, as in leaderboard.csv."""
        return pd.DataFrame(leaderboard_rows(self._card))

    @cached_property
    def pipeline(self) -> Any:
        """The winner: a fitted scikit-learn Pipeline, from the columns of a pandas frame to class.

        It reads dates as datetime64 or text such as 2024-01-31. Frames of other libraries, and cells written in other
        ways, are for `bakeoff.load(…).predict`.
        """
        self._require_open()
        return read_model(self._result.models[self.winner].path)

    def report(self, path: str | Path | None = None) -> str:
        """Return the report as HTML, and write it to a file if a path is given."""
        self._require_open()
        page = (self._version / REPORT).read_text("utf-8").replace(str(self._version.parents[1]), DEFAULT_STORE)
        if path is not None:
            Path(path).write_text(page, "utf-8")
        return page

    def export(self, store: str | Path = "models", name: str = "classifier", **config: Any) -> Path | Address:
        """Export the winner as a version of a store, and promote it if it is better than the champion there.

        Args:
            store: the store's folder, or its address, as `s3://bucket/models`.
            name: the model's name in the store.
            config: `promotion` and `signing`, as in the config.

        Returns:
            The version's folder or address.

        Raises:
            UserError: the store can't be written, or an argument is wrong.
        """
        if unknown := sorted(set(config) - {"promotion", "signing"}):
            raise ConfigError(f"export takes store, name, promotion and signing, not {', '.join(unknown)}")
        self._require_open()
        values = self._result.config.model_dump() | {"store": store, "name": name} | config
        changed = validate(TrainingConfig, values)
        open_store(changed).require_ready()
        return self._result.export(_without_folders(changed), BY)

    def close(self) -> None:
        """Remove the race's files; report, pipeline and export need them."""
        self._close()

    def _require_open(self) -> None:
        if not self._close.alive:
            raise ConfigError("the race is closed, and its files are removed: run it again")

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: the copy's files would go with this object."""
        raise TypeError("a race can't be pickled or copied: export it, or pickle its pipeline")

    def __repr__(self) -> str:
        """Show the winner and its accuracy."""
        return f"<Race: {title(self.winner)} of {len(self._card.classifiers)}; {headline(self._card)}>"

    def _repr_html_(self) -> str:
        """Show the leaderboard and the reason in a notebook."""
        sentences = [*warn_of_baseline(self._card), describe_choice(self._card), headline(self._card)]
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in [*sentences, *format_warnings(self._card)])
        shown = ["classifier", "status", "cv_mean", "cv_std", "tied", "test_accuracy", "test_f1_macro", "fit_seconds"]
        table: str = self.leaderboard[shown].to_html(index=False, float_format="{:.4f}".format, na_rep="–")
        return lines + table


def race(frame: Any, target: str, **config: Any) -> Race:
    """Race the classifiers on a data frame; see `bakeoff.race`."""
    config = dict(config)
    dataset = config.pop("dataset", {})
    if not isinstance(dataset, Mapping) or (taken := sorted(set(dataset) & set(SET_HERE))):
        what = f"{', '.join(taken)} of dataset" if isinstance(dataset, Mapping) else f"dataset as {dataset!r}"
        raise ConfigError(f"race takes the rows and the target as its first arguments, not {what}")
    if "store" in config or "name" in config:
        raise ConfigError("race exports nothing by itself: give store and name to its export")
    ignored = dataset.get("ignore", ())
    table = to_table(frame, [ignored] if isinstance(ignored, str) else ignored)
    with ExitStack() as stack:
        folder = stack.enter_context(locked_folder(RACE))
        stack.callback(forget_parts)
        path = folder / "rows.parquet"
        stack.enter_context(_errors_about_frame(path))
        _write(table, path)
        source = {**dataset, "source": "file", "path": path, "target": str(target)}
        places = {"store": folder / "models", "workspace": folder / "work", "promotion": {"rule": "never"}}
        values = {**places, **config, "dataset": source}
        result = stack.enter_context(finished_race(validate(TrainingConfig, values)))
        version = result.export(_without_folders(result.config), BY)
        card = open_store(result.config).card(version.name)
        card = replace(card, config={**card.config, "store": DEFAULT_STORE})
        return Race(result, card, Path(str(version)), stack.pop_all())


def _close_in(owner: int, stack: ExitStack) -> None:
    """Close the stack, but not in a process that was forked from the owner, which still has the files."""
    if os.getpid() == owner:
        stack.close()


def _without_folders(config: TrainingConfig) -> TrainingConfig:
    """Return the config without the names of temporary folders."""
    dataset = config.dataset.model_copy(update={"path": FRAME})
    workspace = TrainingConfig.model_fields["workspace"].default
    return config.model_copy(update={"dataset": dataset, "workspace": workspace})


@contextmanager
def _errors_about_frame(path: Path) -> Iterator[None]:
    """Let errors name the frame instead of the file that it was written to."""
    try:
        yield
    except DataError as error:
        raise DataError(str(error).replace(repr(str(path)), "the frame")) from error


def _write(table: pa.Table, path: Path) -> None:
    try:
        pa.parquet.write_table(table, path)
    except pa.ArrowException as error:
        raise DataError(f"the frame has a column of a type that can't be used: {one_line(str(error))[:300]}") from error


def to_table(frame: Any, ignore: Collection[str] = ()) -> pa.Table:
    """Convert a data frame of pandas, Polars, Arrow, or another library that exports Arrow's C stream.

    Args:
        frame: the rows.
        ignore: columns that may hold what no table can; then they are empty.

    Raises:
        DataError: it is no such frame, or a column holds what no table can.
    """
    if isinstance(frame, pd.DataFrame):
        names = [str(name) for name in frame.columns]
        require_unique_names(names)
        columns = (_to_column(frame.iloc[:, position], name in ignore) for position, name in enumerate(names))
        return pa.table(dict(zip(names, columns)))
    if hasattr(frame, "__arrow_c_stream__"):
        return import_stream(frame)
    raise DataError(f"race takes a data frame of pandas, Polars or Arrow, not {type(frame).__name__}")


def _to_column(cells: pd.Series, ignored: bool) -> pa.Array:
    try:
        return to_column(cells)
    except DataError as error:
        if ignored:
            return pa.nulls(len(cells))
        raise DataError(f"{error}, or name it in dataset.ignore") from error
