"""A query whose rows are copied has its parameters as literals; the rest is tried on a real PostgreSQL."""

import sys
from datetime import datetime

import pytest

from bakeoff.tables.databases.database import Database
from bakeoff.tables.databases.postgres_copy import copy_rows, with_literals

SINCE, UNTIL = datetime(2026, 11, 5), datetime(2026, 11, 15, 1, 2, 3, 4000)  # noqa: DTZ001  they have no zone


@pytest.mark.parametrize(
    ("query", "written"),
    [
        (
            "select * from t where seen >= :since and seen < :until",
            "select * from t where seen >= timestamp '2026-11-05 00:00:00'"
            " and seen < timestamp '2026-11-15 01:02:03.004000'",
        ),
        ("select a::text, 7 % 2, '50%%' from t", "select a::text, 7 % 2, '50%%' from t"),
        (r"select '\:since' where :since < now() ; ", "select ':since' where timestamp '2026-11-05 00:00:00' < now() "),
        ("select 1 -- all", "select 1 -- all"),
    ],
)
def test_parameters_become_literals(query, written):
    """Of their type, and nothing else changes; a comment at the end hides nothing that follows."""
    assert f"{written}\n" == with_literals(query, {"since": SINCE, "until": UNTIL})


def test_another_driver_reads_where_this_one_is_missing(monkeypatch):
    """It is an extra's."""
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://host/name")
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    assert copy_rows(Database("WAREHOUSE_URL"), "the query", "select 1", {}) is None


def test_options_of_the_other_driver_are_left_to_it(monkeypatch):
    """libpq knows its own."""
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://me:word@host:5/name?sslmode=require")
    assert {
        "client_encoding=UTF8",
        "dbname=name",
        "host=host",
        "password=word",
        "port=5",
        "sslmode=require",
        "user=me",
    } == {*Database("WAREHOUSE_URL").conninfo(client_encoding="UTF8").split()}
    monkeypatch.setenv("WAREHOUSE_URL", "postgresql://host/name?prepare_threshold=3")
    assert Database("WAREHOUSE_URL").conninfo() is None
