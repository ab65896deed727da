"""The config of the window: which rows are used."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from bakeoff.config.base import Part, Text
from bakeoff.config.rows.database import Moment

LEAST_WINDOW = 10  # rows


def _rows_or_duration(value: Any) -> Any:
    """Check a number of rows, also as text, or a time with its unit, as `90d`."""
    text = value.strip().lower() if isinstance(value, str) else value
    if isinstance(text, str) and re.fullmatch(r"[0-9]{1,18}", text):
        text = int(text)
    if text is None or (isinstance(text, int) and not isinstance(text, bool) and text >= LEAST_WINDOW):
        return text
    if isinstance(text, str) and re.fullmatch(r"0*[1-9][0-9]{0,5} ?[hdw]", text):
        return text.replace(" ", "").lstrip("0")
    raise ValueError(
        f"must be a number of rows, {LEAST_WINDOW} or more, or a time in hours, days or weeks: 50000, 12h, 90d or 8w"
    )


class WindowConfig(Part):
    """Which rows are used: the newest alone."""

    model_config = ConfigDict(title="Window")

    last: Annotated[int | str | None, BeforeValidator(_rows_or_duration)] = Field(
        default=None,
        description="How many of the last rows (50000), or how long (12h, 90d, 8w) before the newest with a class. "
        "Empty: all. Sql: how long :since is before :until.",
    )
    column: Text | None = Field(
        default=None,
        description="Column with each row's time. Empty: split.column if split.by is time, otherwise dates in file "
        "names (2026-11-22.csv), or for a number of rows the file's order.",
    )
    until: Moment = Field(
        default=None,
        description="Sql: the time of :until. Empty: a scheduled run's time, otherwise now; UTC.",
    )

    @model_validator(mode="after")
    def _column_needs_last(self) -> Self:
        if self.column is not None and self.last is None:
            raise ValueError("window.column needs window.last, as 90d or 50000; leave it out or set last")
        return self
