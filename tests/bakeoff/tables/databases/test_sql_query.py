"""Rows of a query are read like those of a file, in bounded batches, and nothing of the URL is shown."""

import sqlite3
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest

from bakeoff.errors import ConfigError, DataError
from bakeoff.tables.databases import sql_query
from bakeoff.tables.databases.database import Database
from bakeoff.tables.databases.sql_query import SqlQuery

ROWS = [(i, i / 2, f"t{i}", None if i < 5 else 1) for i in range(20)]


@pytest.fixture(params=["sqlite", "duckdb"])
def database(request, tmp_path, monkeypatch):
    """A table of 20 rows."""
    path = tmp_path / "rows.db"
    monkeypatch.setenv("WAREHOUSE_URL", f"{request.param}:///{path}")
    connection = (sqlite3 if request.param == "sqlite" else duckdb).connect(str(path))
    connection.execute("create table t (i integer, f double, s varchar, late integer)")
    connection.executemany("insert into t values (?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    return Database("WAREHOUSE_URL")


def read(source, offset=0):
    return [chunk.read().table for chunk in source.chunks(source.schema.names, (), offset)]


def test_all_rows_come_once_in_bounded_batches(database, monkeypatch):
    """A query runs once: whoever reads on from a row gets the rest; from 0 it runs again."""
    monkeypatch.setattr(sql_query, "FIRST_ROWS", 6)
    monkeypatch.setattr(sql_query, "MOST_ROWS", 6)
    source = SqlQuery(database, "select * from t order by i", {})
    first = next(iter(source.chunks(["i", "s"])))
    assert first.next_offset == first.read().n_rows
    rest = read(source, first.next_offset)
    assert list(range(first.next_offset, 20)) == [i for table in rest for i in table["i"].to_pylist()]
    again = pa.concat_tables(read(source), promote_options="permissive")
    assert ROWS == list(zip(*again.to_pydict().values()))
    assert source.schema.names == ["i", "f", "s", "late"]


def test_what_a_cursor_has_passed_is_not_read_again(database):
    """The rows may be others by now."""
    source = SqlQuery(database, "select * from t", {})
    with pytest.raises(DataError, match="can't be continued at row 7"):
        read(source, 7)


FILES = {
    "duckdb": ["select * from read_text('{folder}/secret')", "copy t to '{folder}/new'", "attach '{folder}/new' as n"],
    "sqlite": ["vacuum into '{folder}/new'", "attach '{folder}/new' as n"],
}


def test_a_query_reaches_no_other_file_where_roots_are_set(database, tmp_path, monkeypatch):
    """Else a worker's config would read and write what lies outside of them."""
    (tmp_path / "secret").write_text("hush")
    monkeypatch.setenv("BAKEOFF_ROOTS", str(tmp_path / "elsewhere"))
    for query in FILES[database.dialect]:
        with pytest.raises(DataError, match="the query can't be read: .*(authoriz|disabled by config)"):
            SqlQuery(database, query.format(folder=tmp_path), {})
        assert not (tmp_path / "new").exists()
    assert [20] == read(SqlQuery(database, "select count(*) n from t", {}))[0]["n"].to_pylist()


def test_parameters_are_bound(database):
    """As times."""
    until = datetime(2026, 1, 3, tzinfo=UTC).replace(tzinfo=None)
    parameters = {"since": until - timedelta(days=2), "until": until}
    query = "select count(*) n from t where cast('2026-01-02 00:00:00' as varchar) between cast(:since as varchar) "
    (table,) = read(SqlQuery(database, query + "and cast(:until as varchar)", parameters))
    assert [20] == table["n"].to_pylist()


@pytest.mark.parametrize("query", ["select * from nowhere", "selec", "select other from t"])
def test_a_wrong_query_is_refused_in_one_line(database, query):
    """With the database's reason."""
    with pytest.raises(DataError, match="^the query can't be read: ") as refused:
        SqlQuery(database, query, {})
    assert 1 == len(str(refused.value).splitlines())


def test_two_queries_are_never_the_same_input(database):
    """A prediction that was killed is not continued with rows that may be others."""
    one, other = (SqlQuery(database, "select * from t", {}) for _ in range(2))
    assert one.identity() == one.identity() != other.identity()


def test_a_query_changes_nothing(tmp_path, monkeypatch):
    """Neither rows, nor by making a database that is not there."""
    path = tmp_path / "rows.db"
    monkeypatch.setenv("WAREHOUSE_URL", f"sqlite:///{path}")
    with pytest.raises(ConfigError, match="there is no database"):
        Database("WAREHOUSE_URL").connect()
    with sqlite3.connect(path) as connection:
        connection.execute("create table t as select 1 a")
    with pytest.raises(DataError, match="readonly"):
        SqlQuery(Database("WAREHOUSE_URL"), "delete from t", {})
    with sqlite3.connect(path) as connection:
        assert [(1,)] == connection.execute("select * from t").fetchall()
