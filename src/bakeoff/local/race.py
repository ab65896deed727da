"""`bakeoff.race`: race the classifiers on a data frame, and look at the result in Python."""

import html
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from bakeoff.classifiers import title
from bakeoff.config import TrainingConfig
from bakeoff.config.validation import validate
from bakeoff.data.parts import forget_parts
from bakeoff.errors import ConfigError, DataError
from bakeoff.formatting import one_line
from bakeoff.local.training import RaceResult, finished_race
from bakeoff.report.card_tables import headline
from bakeoff.report.card_text import describe_choice, format_warnings, warn_of_baseline
from bakeoff.store.card import Card
from bakeoff.store.load import open_store
from bakeoff.store.manifest import REPORT
from bakeoff.training.export import leaderboard_rows

SET_HERE = ("source", "path", "target", "bundled")  # of `dataset`, by the arguments of `race`
BY = "bakeoff.race"


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
        self._close = weakref.finalize(self, stack.close)
        self.winner, self.why = card.classifier, card.selection.why
        self.card: dict[str, Any] = card.to_dict()
        self.baseline: dict[str, Any] | None = self.card["baseline"]

    @property
    def leaderboard(self) -> pd.DataFrame:
        """A row for each contestant and the baseline, as in leaderboard.csv."""
        return pd.DataFrame(leaderboard_rows(self._card))

    @cached_property
    def pipeline(self) -> Any:
        """The winner: a fitted scikit-learn Pipeline, from raw columns to class."""
        return joblib.load(self._result.models[self.winner].path)

    def report(self, path: str | Path | None = None) -> str:
        """Return the report as HTML, and write it to a file if a path is given."""
        page = (self._version / REPORT).read_text("utf-8")
        if path is not None:
            Path(path).write_text(page, "utf-8")
        return page

    def export(self, store: str | Path = "models", name: str = "classifier", **config: Any) -> Path:
        """Export the winner as a version of a store, and promote it if it is better than the champion there.

        Args:
            store: the store's folder.
            name: the model's name in the store.
            config: `promotion` and `signing`, as in the config.

        Returns:
            The version's folder.

        Raises:
            UserError: the store can't be written, or an argument is wrong.
        """
        if unknown := sorted(set(config) - {"promotion", "signing"}):
            raise ConfigError(f"export takes store, name, promotion and signing, not {', '.join(unknown)}")
        values = self._result.config.model_dump() | {"store": store, "name": name} | config
        changed = validate(TrainingConfig, values)
        open_store(changed).require_ready()
        return self._result.export(changed, BY)

    def close(self) -> None:
        """Remove the race's files."""
        self._close()

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
    table = to_table(frame)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="bakeoff-race-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(forget_parts)
        pa.parquet.write_table(table, folder / "rows.parquet")
        source = {**dataset, "source": "file", "path": folder / "rows.parquet", "target": str(target)}
        places = {"store": folder / "models", "workspace": folder / "work", "promotion": {"rule": "never"}}
        values = {**places, **config, "dataset": source}
        result = stack.enter_context(finished_race(validate(TrainingConfig, values)))
        version = result.export(result.config, BY)
        card = open_store(result.config).card(version.name)
        return Race(result, card, version, stack.pop_all())


def to_table(frame: Any) -> pa.Table:
    """Convert a data frame of pandas, Polars, Arrow, or another library that exports Arrow's C stream.

    Raises:
        DataError: it is no such frame, or a column holds what no table can.
    """
    try:
        if isinstance(frame, pd.DataFrame):
            return pa.Table.from_pandas(frame.rename(columns=str), preserve_index=False).replace_schema_metadata(None)
        if hasattr(frame, "__arrow_c_stream__"):
            return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise DataError(f"the rows can't be read: {one_line(str(error))[:300]}") from error
    raise DataError(f"race takes a data frame of pandas, Polars or Arrow, not {type(frame).__name__}")
