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
        with pytest.raises(
            DataError, match="(the query can't be read: .*(authoriz|disabled by config)|must be one SELECT)"
        ):
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


CHANGES = {
    "duckdb": [
        "delete from t returning i",
        "with gone as (delete from t returning i) select * from gone",
        "select nextval('s') i",
        "select 1; delete from t",
        "commit; delete from t returning i",
        "commit; begin; delete from t; commit; select 1",
        "copy t to '{folder}/new'",
        "explain analyze copy t to '{folder}/new'",
        "export database '{folder}/new'",
        "attach '{folder}/new' as n; select 1",
        "set log_query_path = '{folder}/new'; select 1",
        "pragma enable_profiling; select 1",
        "",
    ],
    "sqlite": [
        "delete from t returning i",
        "select 1; delete from t",
        "pragma query_only = off",
        "pragma user_version = 7",
        "pragma journal_mode = wal",
        "pragma wal_checkpoint",
        "vacuum into '{folder}/new'",
        "attach '{folder}/new' as n",
    ],
}


def test_a_query_changes_nothing(database, tmp_path):
    """Neither rows nor settings nor files, by whichever statement."""
    path = tmp_path / "rows.db"
    if database.dialect == "duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.execute("create sequence s")
    before = path.read_bytes()
    for query in CHANGES[database.dialect]:
        with pytest.raises(DataError, match="^the query (can't be read: |must be one SELECT)"):
            read(SqlQuery(database, query.format(folder=tmp_path), {}))
        assert {path} == {*tmp_path.iterdir()}
        assert before == path.read_bytes()


def test_whatever_reads_may_be_a_query(database):
    """Full-text search in SQLite, and DuckDB's other words for SELECT."""
    queries = {
        "duckdb": ["from t", "values (1)", "with a as (from t) from a", "pivot t on s using sum(i)", "select ';' s"],
        "sqlite": ["select x from f where f match 'hello'", "values (1)", "with a as (select 1) select * from a"],
    }
    if database.dialect == "sqlite":
        with database.connect() as connection:
            connection.exec_driver_sql("create virtual table f using fts5(x)")
            connection.exec_driver_sql("insert into f values ('hello')")
            connection.commit()
    for query in queries[database.dialect]:
        assert read(SqlQuery(database, query, {}))[0].num_rows


def test_predictions_are_written_to_the_database_while_its_query_is_open(database):
    """By a connection of its own."""
    source = SqlQuery(database, "select * from t", {})
    with Database("WAREHOUSE_URL").connect() as connection:
        connection.exec_driver_sql("create table output as select 7 a")
        connection.commit()
    assert 20 == sum(table.num_rows for table in read(source))
    assert [7] == read(SqlQuery(database, "select a from output", {}))[0]["a"].to_pylist()


def test_no_database_is_made_that_is_not_there(tmp_path, monkeypatch):
    """As SQLite would."""
    monkeypatch.setenv("WAREHOUSE_URL", f"sqlite:///{tmp_path / 'rows.db'}")
    with pytest.raises(ConfigError, match="there is no database"):
        Database("WAREHOUSE_URL").connect()
    assert [] == [*tmp_path.iterdir()]
