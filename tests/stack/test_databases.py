"""PostgreSQL: rows are learned from, scored and written there, and its password is kept to itself."""

import os
import subprocess
import sys
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import pyarrow as pa
import pytest
import sqlalchemy as sa
from postgres import control, postgres
from prefect_stack import Stack, eventually

from bakeoff.errors import ConfigError, DataError, ReadError, may_pass
from bakeoff.tables.databases import postgres_copy, sql_query
from bakeoff.tables.databases.database import Database
from bakeoff.tables.databases.sql_query import SqlQuery

ROWS = """
create table orders as
select i as id, (i % 20 + i % 2 * 15)::numeric(10, 2) as amount, (i % 3)::smallint as items, i % 5 = 0 as express,
    timestamptz '2026-11-01' + i * interval '1 hour' as seen, case when i % 7 = 0 then '' else 'k' || i % 4 end as kind,
    case when i % 2 = 0 then 'kept' else 'returned' end as outcome
from generate_series(0, 479) as i
"""
NEW = "select * from orders where seen >= :since and seen < :until order by id"


@pytest.fixture(scope="module")
def database():
    """The URL, as Prefect's server takes it, and a connection."""
    with postgres() as (url, _):
        engine = sa.create_engine(url.replace("+asyncpg", "+psycopg"), poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            connection.execute(sa.text(ROWS))
        yield url, engine


@pytest.fixture
def bakeoff(database, tmp_path):
    """Runs a command in a folder of its own; its output and all that it wrote are without the password."""
    url, _ = database

    def run(*arguments, status=0):
        command = [sys.executable, "-m", "bakeoff.cli.main", *map(str, arguments)]
        environment = os.environ | {"WAREHOUSE_URL": url}
        done = subprocess.run(
            command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
        assert status == done.returncode, done.stderr
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        password = urlsplit(url).password
        assert [] == [path for path in files if password.encode() in path.read_bytes()]
        assert password not in done.stdout + done.stderr
        return done

    return run


def query(engine, text):
    with engine.connect() as connection:
        return connection.execute(sa.text(text)).fetchall()


def test_a_nightly_run_takes_what_is_new_and_predictions_go_to_a_table(bakeoff, database, tmp_path):
    """Rows of ten days are trained on, those of the next day scored."""
    _, engine = database
    flags = ["--url-env", "WAREHOUSE_URL"]
    learned = ["--dataset.url-env", "WAREHOUSE_URL", "--dataset.query", NEW, "--dataset.target", "outcome"]
    window = ["--dataset.ignore", "id,seen", "--dataset.window.last", "10d", "--dataset.window.until", "2026-11-15"]
    trained = bakeoff("train", *learned, *window, "--classifiers", '{"logistic_regression": {}}')
    assert "the query's :since 2026-11-05 00:00:00 and :until 2026-11-15 00:00:00 (UTC)" in trained.stdout
    next_day = ["--query", NEW, "--window.last", "1d", "--window.until", "2026-11-16", "--keep", "id,seen"]
    for number in range(2):
        bakeoff("predict", *flags, *next_day, "--output", number, "--output-table", "public.scored")
    found = query(
        engine, "select count(*), count(distinct run), min(id), max(id) from scored where seen >= '2026-11-15'"
    )
    assert [(48, 2, 336, 359)] == found
    assert ["bigint", "timestamp with time zone"] == [
        kind
        for (kind,) in query(
            engine,
            "select data_type from information_schema.columns where table_name = 'scored' and column_name in "
            "('id', 'seen') order by column_name",
        )
    ]
    assert (tmp_path / "0" / "predictions.parquet").exists()


def test_a_run_takes_the_url_from_a_block_of_prefects(server, database, tmp_path):
    """Where the environment doesn't have it; neither log nor artifact shows it."""
    url, _ = database
    save = f"from prefect.blocks.system import Secret; Secret(value={url!r}).save('warehouse-url')"
    auth = {"PREFECT_API_AUTH_STRING": ":".join(server.auth)}
    saved = server.run("timeit", "-n", "1", "-r", "1", save, **auth)
    assert 0 == saved.returncode, saved.stderr
    query = "select * from orders order by id"
    rows = {"source": "sql", "url_env": "WAREHOUSE_URL", "query": query, "target": "outcome", "ignore": ["id", "seen"]}
    config = {"dataset": rows, "store": str(tmp_path / "models"), "workspace": str(tmp_path / "work")}
    config["classifiers"] = {"logistic_regression": {}}
    run = f"from flows.training import training; training({config!r})"  # as a worker does, without the command's checks
    done = server.run("timeit", "-n", "1", "-r", "1", run, **auth)
    assert 0 == done.returncode, done.stderr
    shown = [done.stdout, done.stderr, str(server.ask("logs/filter")), str(server.ask("artifacts/filter"))]
    assert not [text for text in shown if urlsplit(url).password in text]


ODD = """
create table odd as
select g as id, (g % 30000)::smallint as small, g * 10000000000::bigint as big,
    (g / 7.0)::real as float4, (g / 7.0)::float8 as float8,
    (g / 7.0)::numeric as number, (g / 7.0)::numeric(12, 3) as scaled, g::numeric(15) as whole, g::numeric(16) as long,
    'x' || g as text, ('y' || g)::varchar(9) as short, 'z'::char(4) as padded, 'n'::name as name, 17::oid as oid,
    date '2026-01-01' + g as day, timestamp '2026-01-01 00:00:00.123456' + g * interval '1 hour' as at,
    timestamptz '2026-01-01 00:00:00+02' + g * interval '1 hour' as zoned, g % 2 = 0 as even, null::text as nothing
from generate_series(1, 40000) as g
"""
SPECIAL = """
insert into odd (id, float4, float8, number, scaled) values (0, 'NaN', 'Infinity', 'NaN', null),
    (-1, '-Infinity', 1e-300, 'Infinity', -0.001), (-2, 3.4e38, 'NaN', -123456789012345678901234567890.12, 0)
"""


@pytest.fixture(scope="module")
def warehouse(database):
    """A table with columns of all types that are copied, and one of 40,000 rows or more."""
    url, engine = database
    with engine.begin() as connection:
        connection.execute(sa.text(ODD))
        connection.execute(sa.text(SPECIAL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_URL", url)
        yield Database("WAREHOUSE_URL")


def rows_of(warehouse, text, parameters=None):
    """All rows of a query, as one table."""
    source = SqlQuery(warehouse, text, parameters or {})
    tables = [chunk.read().table for chunk in source.chunks(source.schema.names)]
    return pa.concat_tables([source.schema.empty_table(), *tables])


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("select * from odd order by id", True),
        ("table odd", True),
        ("select * from odd where false", True),
        ("select id, 7 % 2 as odd, '50%%' as half from odd where at >= :since and at < :until order by id;", True),
        (
            "select id, zoned::date as day, date_trunc('day', zoned) as cut from odd where zoned >= :since order by id",
            True,
        ),
        ("select e'a\\nb' as a, 'ü€' as b -- all", True),
        ("select :since as since", True),
        ("values (1, 2)", True),
        ("select array[1, 2] as a", False),
        ("select id, interval '1 day' as a from odd where id < 9 order by id", False),
    ],
)
def test_rows_are_copied_as_the_other_driver_reads_them(warehouse, monkeypatch, text, copied):
    """To the value and the type; columns of other types than Arrow's are left to psycopg."""
    begun = []
    tables = postgres_copy._tables
    monkeypatch.setattr(postgres_copy, "_tables", lambda *given: begun.append(1) or tables(*given))
    parameters = {"since": datetime(2026, 1, 3), "until": datetime(2026, 1, 5)}  # noqa: DTZ001  as windows have them
    found = rows_of(warehouse, text, parameters)
    assert copied == bool(begun)
    monkeypatch.setattr(sql_query, "copy_rows", lambda *_: None)
    other = rows_of(warehouse, text, parameters)
    assert found.schema == other.schema
    assert found.to_pandas().equals(other.to_pandas())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("select 1000 / (g - 400000) as a, g from generate_series(1, 500000) g", "division by zero"),
        ("select timestamp 'infinity' as a", "column 'a' has a time outside of the years 1 to 9999"),
        ("select date '0001-01-01 BC' as a", "column 'a' has a time outside of the years 1 to 9999"),
        ("delete from odd returning id", 'syntax error at or near "delete"'),
        ("select 1; select 2", "cannot insert multiple commands into a prepared statement"),
    ],
)
def test_what_a_query_fails_by_is_one_line(warehouse, text, reason):
    """At its beginning, or after many rows."""
    with pytest.raises(DataError) as refused:
        rows_of(warehouse, text)
    assert f"the query can't be read: {reason}" == str(refused.value)


def test_a_connection_that_ends_is_no_fault_of_the_query(warehouse):
    """It may pass, so a deployment's run is tried again; the socket may be closed before the reason is read."""
    ended = "^the query can't be read: .*(terminating connection|closed the connection)"
    with pytest.raises(ReadError, match=ended):
        rows_of(warehouse, "select pg_terminate_backend(pg_backend_pid()) from generate_series(1, 10) g")
    late = "select g, case when g > 900000 then pg_terminate_backend(pg_backend_pid())::text else repeat('x', 50) end t"
    source = SqlQuery(warehouse, f"{late} from generate_series(1, 1000000) g", {})
    with pytest.raises(ReadError, match=ended):
        list(source.chunks(source.schema.names))


def test_a_database_that_is_away_is_told_from_one_that_refuses(warehouse, monkeypatch):
    """The one is tried again, the other is not."""
    url = sa.make_url(os.environ["WAREHOUSE_URL"])
    for changed, away in ((url.set(port=1), True), (url.set(database="gone"), False), (url.set(username="no"), False)):
        monkeypatch.setenv("WAREHOUSE_URL", changed.render_as_string(hide_password=False))
        with pytest.raises(ConfigError, match="the database of WAREHOUSE_URL can't be reached") as refused:
            SqlQuery(Database("WAREHOUSE_URL"), "select 1", {})
        assert away is may_pass(refused.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select * from nowhere", 'the query can\'t be read: relation "nowhere" does not exist'),
        ("delete from orders", "the query "),
        ("select id from orders", "there is no column 'outcome' (the target); the query has id"),
    ],
)
def test_a_wrong_query_is_one_line(bakeoff, database, text, problem):
    """And changes nothing."""
    flags = ["--dataset.url-env", "WAREHOUSE_URL", "--dataset.query", text, "--dataset.target", "outcome"]
    refused = bakeoff("train", *flags, status=2)
    assert 1 == len(refused.stderr.strip().splitlines())
    assert problem in refused.stderr
    assert [(480,)] == query(database[1], "select count(*) from orders")


def test_a_server_without_its_database_is_asked_again(registered, tmp_path):
    """Whether it was stopped or crashed: the answer is one that Prefect's clients don't take for the last word."""
    with (
        postgres(registered) as (url, log),
        Stack(tmp_path, PREFECT_SERVER_DATABASE_CONNECTION_URL=url, PREFECT_SERVER_LOGGING_LEVEL="CRITICAL") as stack,
    ):

        def status():
            return httpx.post(f"{stack.url}/flows/filter", json={}, auth=stack.auth, timeout=90).status_code

        for how in ("fast", "immediate"):
            assert 200 == status()
            control(log.parent, "pg_ctl", "-w", "-m", how, "stop")
            for _ in range(3):
                assert 503 == status()
            control(log.parent, "pg_ctl", "-w", "-l", str(log), "restart")
            assert eventually(lambda: 200 == status())
