"""A database that can't be used is explained in one line, which shows no password."""

import sys

import pytest

from bakeoff.errors import ConfigError, DataError
from bakeoff.tables.databases.database import Database

SECRET = "hid/den"
ESCAPED = "hid%2Fden"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "the environment variable WAREHOUSE_URL is not set"),
        (" ", "the environment variable WAREHOUSE_URL is not set"),
        (f"me:{SECRET}@host", "holds no URL, as postgresql://"),
        (f"nosuch://me:{ESCAPED}@host/db", "begins with nosuch://, for which no package is installed"),
        (
            f"mysql+pymysql://me:{ESCAPED}@host/db",
            "needs the package pymysql, which is not installed: pip install pymysql",
        ),
        (f"postgresql://me:{ESCAPED}@127.0.0.1:1/db", "the database of WAREHOUSE_URL can't be reached: "),
    ],
)
def test_a_mistake_in_the_variable_is_one_line(monkeypatch, url, problem):
    """It names the variable, never the password."""
    monkeypatch.delenv("WAREHOUSE_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("WAREHOUSE_URL", url)
    with pytest.raises(ConfigError) as refused:
        Database("WAREHOUSE_URL").connect()
    assert problem in str(refused.value)
    assert 1 == len(str(refused.value).splitlines())
    assert SECRET not in str(refused.value)
    assert ESCAPED not in str(refused.value)


def test_a_missing_driver_is_named_with_its_extra(monkeypatch):
    """PostgreSQL's comes with the extra `sql`, whatever the URL calls it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        monkeypatch.setenv("WAREHOUSE_URL", f"{scheme}://me@127.0.0.1:1/db")
        with pytest.raises(ConfigError, match=r"needs the package psycopg, .* pip install 'bakeoff\[sql\]'"):
            Database("WAREHOUSE_URL").connect()


def test_a_password_that_a_driver_repeats_is_hidden(monkeypatch):
    """In each form; what is no error of a database passes."""
    monkeypatch.setenv("WAREHOUSE_URL", f"postgresql://me:{ESCAPED}@host/db?sslpassword=other")
    database = Database("WAREHOUSE_URL")

    class Error(Exception):
        """The base class of a driver's errors."""

    with pytest.raises(DataError) as refused, database.errors("failed", DataError):
        raise Error(f"no entry for {SECRET}, {ESCAPED} or other\nmore")
    assert "failed: no entry for ***, *** or ***" == str(refused.value)
    assert refused.value.__suppress_context__
    with pytest.raises(ZeroDivisionError), database.errors("failed", DataError):
        1 / 0  # noqa: B018
