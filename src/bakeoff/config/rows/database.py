"""The config of what is read from a database, or written to one."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from bakeoff.config.base import Part, Text

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
SINCE, UNTIL = "since", "until"
PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?![:\w$])")  # as SQLAlchemy recognizes them
CAST = re.compile(r"(?<![:\w\\]):(since|until)::")


def _variable(value: Any) -> Any:
    """Check the name of a variable; the message doesn't repeat the value, which may be the URL by mistake."""
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", value):
        raise ValueError(
            "must be the name of an environment variable, as WAREHOUSE_URL, that holds the URL; not the URL itself"
        )
    return value


def _duration(value: Any) -> Any:
    text = value.strip().lower().replace(" ", "") if isinstance(value, str) else value
    if text is None or (isinstance(text, str) and re.fullmatch(r"0*[1-9][0-9]{0,5}[hdw]", text)):
        return text and text.lstrip("0")
    raise ValueError("must be a time in hours, days or weeks: 12h, 90d or 8w")


def _utc(moment: datetime | None) -> datetime | None:
    """Convert to UTC, which a time without a zone is taken for."""
    return moment and (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))


Variable = Annotated[str, BeforeValidator(_variable)]
Duration = Annotated[str | None, BeforeValidator(_duration)]
Moment = Annotated[datetime | None, AfterValidator(_utc)]
TableName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^.\x00]+(\.[^.\x00]+)?$")]
Query = Text

URL_ENV = "environment variable with the database's URL, as postgresql://user:password@host/name."


class PeriodConfig(Part):
    """The period between `:since` and `:until` in a query."""

    model_config = ConfigDict(title="Period")

    last: Duration = Field(
        default=None, description="How long the period is (12h, 90d, 8w); :since is that long before :until."
    )
    until: Moment = Field(
        default=None, description="Its end, :until. Empty: a scheduled run's time, otherwise now; UTC."
    )


def check_parameters(query: str, last: object, window: str) -> None:
    """Check the parameters of a query.

    Args:
        query: the query.
        last: how long the period is; None if that is not set.
        window: the name of the setting of the period.

    Raises:
        ValueError: the query has another parameter than `:since` and `:until`, or has `:since` and the period no
            length, or the period a length and the query no `:since`.
    """
    if cast := CAST.search(query):
        raise ValueError(f"query: write cast(:{cast[1]} as …) instead of :{cast[1]}::…")
    names = parameters_of(query)
    if other := sorted(names - {SINCE, UNTIL}):
        raise ValueError(
            f"query: the parameter :{other[0]} has no value; :since and :until have; write \\:{other[0]} if it is none"
        )
    if SINCE in names and last is None:
        raise ValueError(f"query: :since needs {window}.last, how long before :until it is, as 1d or 90d")
    if SINCE not in names and last is not None:
        raise ValueError(f"{window}.last fills in :since, and the query has none; add it, as where time >= :since")


def parameters_of(query: str) -> set[str]:
    """Return the names of a query's parameters."""
    return set(PARAMETER.findall(query))


def end_period(query: str | None, until: datetime | None, second: int | None) -> datetime | None:
    """Return the end of the period: the one that is set; without one the scheduled time, else the current second.

    Args:
        query: the query; None without one.
        until: the end that is set.
        second: the time that the run was scheduled for, in seconds since the epoch; None if it was not.
    """
    if until is not None or query is None or not parameters_of(query):
        return until
    return datetime.fromtimestamp(second, UTC) if second is not None else datetime.now(UTC).replace(microsecond=0)


def fill_parameters(query: str, last: object, until: datetime | None) -> dict[str, datetime]:
    """Return the values of the parameters that a query has, as UTC without a zone; see `PeriodConfig`."""
    assert until is not None or not parameters_of(query)
    if until is None:
        return {}
    end = until.replace(tzinfo=None)
    values = {UNTIL: end} | ({SINCE: end - int(last[:-1]) * UNITS[last[-1]]} if isinstance(last, str) else {})
    return {name: value for name, value in values.items() if name in parameters_of(query)}
