"""Predictions are read from a query and written to a table: all or none, and never twice."""

import contextlib
import errno
import json
import sqlite3

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.errors import ConfigError, WriteError
from bakeoff.prediction import publish
from bakeoff.prediction.outputs.output_table import OutputTable
from bakeoff.tables.databases.database import Database
from tests.bakeoff.conftest import predict, run_race

HIDDEN = "hidden.db"  # as a password, part of the URL
SCHEMA = pa.schema([("row", pa.int64()), ("id", pa.string()), ("prediction", pa.string()), ("p a", pa.float64())])
RUNS = "select run, count(*), cast(min(cast(id as double)) as integer) from out group by run order by run"
ROWS = [(0, "", "x", 0.5), (1, None, 'y"\n', 1.0), (2, "c", "x", None)]


@pytest.fixture(params=["sqlite", "duckdb"])
def connect(request, tmp_path, monkeypatch):
    """Connects to an empty database."""
    path = str(tmp_path / HIDDEN)
    monkeypatch.setenv("WAREHOUSE_URL", f"{request.param}:///{path}")
    module = sqlite3 if request.param == "sqlite" else duckdb
    module.connect(path).close()
    (tmp_path / HIDDEN).touch()
    return lambda: module.connect(path)


def query(connect, text):
    connection = connect()
    try:
        return connection.execute(text).fetchall()
    finally:
        connection.close()


def table(name="out"):
    return OutputTable(Database("WAREHOUSE_URL"), name, SCHEMA)


def write(tmp_path, run, rows=ROWS, name="out"):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.Table.from_pylist([dict(zip(SCHEMA.names, row)) for row in rows], SCHEMA), path)
    table(name).write(path, [run], "v1")


def test_a_run_replaces_its_own_rows_alone(connect, tmp_path):
    """The table is made at first; empty text is not missing text."""
    table().check()
    for run, rows in (("one", ROWS), ("two", ROWS[:1]), ("one", ROWS), ("one", ROWS[:2])):
        write(tmp_path, run, rows)
    table().check()
    assert [("one", 2), ("two", 1)] == query(connect, "select run, count(*) from out group by run order by run")
    found = query(connect, "select * from out where run = 'one' order by row")
    assert [("one", "v1", *row) for row in ROWS[:2]] == found


def test_a_write_that_fails_leaves_the_table_as_it_was(connect, tmp_path):
    """Neither half of a run, nor none instead of its former rows, nor an empty table."""
    twice = [ROWS[0], ROWS[0]]
    with pytest.raises(WriteError, match="nothing was written to output_table 'out'"):
        write(tmp_path, "one", twice)
    with pytest.raises((sqlite3.Error, duckdb.Error)):
        query(connect, "select * from out")
    write(tmp_path, "one")
    with pytest.raises(WriteError):
        write(tmp_path, "one", twice)
    assert [(3,)] == query(connect, "select count(*) from out")


def test_a_table_without_the_columns_is_refused_before_scoring(connect):
    """And so is a schema that is not there."""
    connection = connect()
    connection.execute("create table out (run varchar, row integer)")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match=r"has no column 'version', 'id', 'prediction'.* add it, or name a table"):
        table().check()
    with pytest.raises(ConfigError, match="there is no schema 'nowhere'"):
        table("nowhere.out").check()


def test_kept_columns_can_not_have_the_names_of_the_table(connect):
    """`run` and `version`."""
    with pytest.raises(ConfigError, match="a column called 'run' can't be kept"):
        OutputTable(Database("WAREHOUSE_URL"), "out", SCHEMA.append(pa.field("run", pa.string())))


@pytest.fixture
def scored(connect, version, tmp_path, monkeypatch):
    """Scores some rows of a file or query as a run, which may end once they are in the table."""
    rows = pd.read_parquet(version / "validation.parquet").drop(columns="target")
    rows = pd.concat([rows] * 3, ignore_index=True)
    rows.insert(0, "id", range(len(rows)))

    def score(run, first, source="file", dies=False):
        connection, part = connect(), rows[first : first + 20]
        connection.execute("drop table if exists source")
        connection.execute(f"create table source ({', '.join(f'{name} double' for name in part)})")
        marks = ", ".join("?" * len(part.columns))
        connection.executemany(f"insert into source values ({marks})", part.to_numpy().tolist())
        connection.commit()
        connection.close()
        part.to_csv(tmp_path / "rows.csv", index=False)
        given = {"input": str(tmp_path / "rows.csv")} if source == "file" else {"query": "select * from source"}

        def fail(*_):
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            if dies:
                patch.setattr(publish, "_move", fail)
            places = {"store": version.parents[1], "url_env": "WAREHOUSE_URL", "output_table": "out"}
            with pytest.raises(OSError, match="Input") if dies else contextlib.nullcontext():
                return json.loads((predict(run=run, keep=["id"], **places, **given) / "summary.json").read_text())

    return score


@pytest.mark.parametrize("source", ["file", "query"])
def test_rows_of_a_run_that_did_not_publish_them_are_replaced(connect, scored, source):
    """By whoever continues it, or begins again; those of a run that published them stay."""
    scored("a", 0, source, dies=True)
    scored("b", 0, source, dies=True)
    assert "c" == scored("c", 0, source)["run"]
    assert [("c", 20, 0)] == query(connect, RUNS)
    scored("d", 0, source)
    assert [("c", 20, 0), ("d", 20, 0)] == query(connect, RUNS)


def test_rows_that_were_published_stay_when_an_earlier_run_is_tried_again(connect, scored):
    """Whose checkpoint they were continued from."""
    scored("a", 0, dies=True)
    scored("b", 0)
    scored("a", 20)
    assert [("a", 20, 20), ("b", 20, 0)] == query(connect, RUNS)


def test_a_query_is_learned_from_and_scored_into_a_table(connect, tmp_path, caplog):
    """The predictions of the folder and of the table are the same, and nothing that is kept has the URL."""
    connection = connect()
    connection.execute("create table rows (id varchar, a double, y varchar)")
    rows = [(f"n{i}", i % 20 + (i % 2) * 15.0, "uv"[i % 2]) for i in range(120)]
    connection.executemany("insert into rows values (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    dataset = {"url_env": "WAREHOUSE_URL", "query": "select * from rows order by id", "target": "y", "ignore": ["id"]}
    run_race(tmp_path / "work", dataset=dataset).export(tmp_path / "models")
    config = PredictionConfig(
        store=tmp_path / "models",
        url_env="WAREHOUSE_URL",
        query="select id, a from rows order by id",
        keep=["id"],
        version="latest",
        output=str(tmp_path / "out"),
        output_table="main.out",
    )
    folder = predict(config)
    summary = json.loads((folder / "summary.json").read_text())
    assert ("select id, a from rows order by id", 120) == (summary["input"], summary["predicted"])
    expected = pq.read_table(folder / "predictions.parquet", columns=["row", "id", "prediction"]).to_pydict()
    found = query(connect, "select row, id, prediction from out order by row")
    assert list(zip(*expected.values())) == found
    written = [path for name in ("models", "work", "out") for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert [] == [path for path in written if HIDDEN.encode() in path.read_bytes()]
    assert HIDDEN not in caplog.text
