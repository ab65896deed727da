"""Connect to the database whose URL an environment variable holds; no error shows what is secret in the URL."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, quote_plus

from bakeoff.errors import AwayError, BakeoffError, ConfigError, DataError, ReadError
from bakeoff.formatting import one_line
from bakeoff.runtime.paths import allowed_roots

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

EXTRA = "pip install 'bakeoff[sql]'"
PSYCOPG = "postgresql+psycopg"
# Names of the same database in the URLs of others: Prefect's server takes the third.
SAME = {"postgres": PSYCOPG, "postgresql": PSYCOPG, "postgresql+asyncpg": PSYCOPG}
IN_FILES = ("sqlite", "duckdb")
AWAY = re.compile("08|53300|57P0[123]")  # PostgreSQL's codes: connection, too many of them, shutdown
AWAY_TEXT = re.compile(  # of libpq, whose errors have no code
    "the database system is |too many clients|remaining connection slots|Connection refused|time(d |out ex)|"
    "could not translate host name|failed to resolve|closed (the connection )?unexpectedly|Connection reset|"
    "No route to host|unreachable|SSL SYSCALL error|connection to server was lost|terminating connection"
)
LONGEST = 500  # characters of a database's message that are shown


class Database:
    """A database.

    Attributes:
        dialect: its kind and driver, as `postgresql+psycopg`.
    """

    def __init__(self, variable: str) -> None:
        """Read the URL from an environment variable.

        Raises:
            ConfigError: the variable is not set or holds no URL, or the driver is not installed.
        """
        self._variable = variable
        self._url = _read_url(variable)
        self.dialect = self._url.drivername

    @contextlib.contextmanager
    def errors(self, what: str, kind: type[BakeoffError]) -> Iterator[None]:
        """Turn a database's error into one of ours, without the secrets of the URL.

        Args:
            what: what could not be done, as the beginning of the message.
            kind: the type of the error; one that may pass is an `AwayError` instead of a ConfigError, and a ReadError
                instead of a DataError.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            yield
        except BakeoffError:
            raise
        except Exception as error:
            # Every driver's errors have one base, which is called so.
            if not isinstance(error, SQLAlchemyError) and all(base.__name__ != "Error" for base in type(error).__mro__):
                raise
            if self.is_away(error):
                kind = AwayError if kind is ConfigError else ReadError if kind is DataError else kind
            # Not `from error`: its own message, which a traceback shows, has all values of a statement.
            raise kind(f"{what}: {self.reason(error)}") from None

    def connect(self) -> "Connection":
        """Connect.

        Raises:
            ConfigError: the database refuses, or its file is missing.
            AwayError: it doesn't answer.
        """
        from sqlalchemy import create_engine, pool

        name = self._url.database
        is_file = self.dialect.startswith(IN_FILES) and name and not name.startswith((":", "file:", "md:"))
        if is_file and not Path(str(name)).exists():  # it would be made
            raise ConfigError(f"there is no database {name!r}, which {self._variable} names")
        with self.errors(f"the database of {self._variable} can't be reached", ConfigError):
            try:
                connection = create_engine(self._url, poolclass=pool.NullPool).connect()
            except ModuleNotFoundError as error:
                self._refuse_driver(error.name or "")
            if self.dialect == PSYCOPG:
                from psycopg.types.numeric import FloatLoader

                driver = connection.connection.driver_connection
                assert driver is not None
                driver.adapters.register_loader("numeric", FloatLoader)
                connection.exec_driver_sql("SET TIME ZONE 'UTC'")
            elif self.dialect.startswith("duckdb"):
                connection.exec_driver_sql("SET TimeZone = 'UTC'")
            if allowed_roots():
                _refuse_other_files(connection)
            connection.commit()  # a setting that is rolled back is lost
            return connection

    def is_away(self, error: Exception) -> bool:
        """Return whether PostgreSQL doesn't answer, ended the connection, or has no room for one."""
        error = getattr(error, "orig", None) or error
        if code := getattr(error, "sqlstate", None):
            return self.dialect == PSYCOPG and AWAY.match(str(code)) is not None
        return self.dialect == PSYCOPG and AWAY_TEXT.search(str(error)) is not None

    def conninfo(self, **options: str) -> str | None:
        """Return what libpq takes of a PostgreSQL URL, with its password; None if it has options of psycopg's own.

        Args:
            options: of the connection, which the URL may set otherwise.
        """
        import psycopg
        from psycopg.conninfo import make_conninfo

        _, arguments = self._url.get_dialect()().create_connect_args(self._url)
        try:
            return make_conninfo(**{**options, **arguments})
        except (psycopg.Error, TypeError):
            return None

    def _refuse_driver(self, name: str) -> NoReturn:
        install = EXTRA if name.startswith("psycopg") else f"pip install {name}"
        raise ConfigError(
            f"the database of {self._variable} needs the package {name}, which is not installed: {install}"
        )

    def reason(self, error: Exception) -> str:
        """Return the first line of an error's message, without the secrets of the URL."""
        text = (str(getattr(error, "orig", None) or error).strip().splitlines() or [""])[0]
        for secret in sorted(_secrets(self._url), key=len, reverse=True):
            text = text.replace(secret, "***")
        return one_line(text[:LONGEST] or type(error).__name__)


def _refuse_other_files(connection: "Connection") -> None:
    """Let a query read and write no file but the database's own: `read_text('/…')`, `COPY`, `ATTACH`, `VACUUM INTO`."""
    dialect = connection.dialect.name
    if dialect == "duckdb":
        connection.exec_driver_sql("SET enable_external_access = false")
    elif dialect == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.set_authorizer(lambda action, *_: action == sqlite3.SQLITE_ATTACH)  # True is SQLITE_DENY


def _read_url(variable: str) -> "URL":
    try:
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ModuleNotFoundError as error:
        raise ConfigError(f"a database needs the package {error.name}, which is not installed: {EXTRA}") from None
    text = os.environ.get(variable, "").strip()
    if not text:
        raise ConfigError(
            f"the environment variable {variable} is not set; it should hold the database's URL, as "
            "postgresql://user:password@host/name"
        )
    try:
        url = sqlalchemy.make_url(text)
        url = url.set(drivername=SAME.get(url.drivername, url.drivername))
        url.get_dialect()
    except NoSuchModuleError:
        raise ConfigError(
            f"the URL in {variable} begins with {url.drivername}://, for which no package is installed; install its "
            "SQLAlchemy dialect, or use postgresql://, sqlite:///"
        ) from None
    except (ArgumentError, ValueError):  # their messages show the URL
        raise ConfigError(
            f"the environment variable {variable} holds no URL, as postgresql://user:password@host/name"
        ) from None
    return url


def _secrets(url: "URL") -> set[str]:
    """Return the password, and all options, in each form in which a message may show them."""
    values: list[Any] = [url.password, *url.query.values()]
    texts = {str(part) for value in values for part in (value if isinstance(value, tuple) else (value,)) if part}
    texts |= {form(text) for text in texts for form in (quote, quote_plus)}
    return {text for text in texts if text} | {url.render_as_string(hide_password=False)}
