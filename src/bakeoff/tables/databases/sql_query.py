"""Read the rows of a database's query, batch by batch."""

import contextlib
import datetime as dt
import sqlite3
import uuid
import weakref
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from bakeoff.errors import DataError
from bakeoff.tables.batches import Batch, Chunk, TableFile
from bakeoff.tables.databases.database import PSYCOPG, Database
from bakeoff.tables.databases.postgres_copy import EXACT, TYPES, copy_rows
from bakeoff.tables.formats.parquet_file import MOST_BYTES
from bakeoff.tables.formats.python_columns import infer_array

if TYPE_CHECKING:
    from sqlalchemy import Connection, TextClause

FIRST_ROWS, MOST_ROWS = 1 << 10, 1 << 15  # of a batch; the first tells how large a row is
CELLS = 1 << 18  # of a batch: as Python's objects they take ten times the memory that Arrow takes
QUERY = "the query"


class SqlQuery(TableFile):
    """The rows of a query, which runs once: reading goes on where it stopped.

    PostgreSQL keeps them behind a cursor of its own, and a batch is in memory at once.
    """

    path = Path("query")
    what = QUERY
    n_rows: int | None = None
    typed: bool = True
    index_columns: frozenset[str] = frozenset()
    note = ""

    def __init__(self, database: Database, query: str, parameters: Mapping[str, dt.datetime]) -> None:
        """Run the query, and read the first rows.

        Raises:
            ConfigError: the database can't be reached.
            DataError: the query is wrong, or returns no rows.
        """
        self._database, self._query, self._parameters = database, query, parameters
        self._identity = uuid.uuid4().hex
        self._start()

    def _start(self) -> None:
        self._offset, self._held = 0, None
        self._batches = _run(self._database, self._query, self._parameters)
        weakref.finalize(self, self._batches.close).atexit = False
        first = next(self._batches)
        self._held = first
        # A column without a value so far may hold anything later.
        texts = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in first.schema]
        self.schema = pa.schema(texts)

    def chunks(self, wanted: Sequence[str], numbers: Sequence[str] = (), offset: int = 0) -> Iterator[Chunk]:  # noqa: ARG002  as `TableFile` has it
        """Read in chunks; the offset is a row number: that of the next row, or 0 to run the query again."""
        if offset != self._offset:
            if offset:
                raise DataError(f"{QUERY} can't be continued at row {offset:,}; run it again")
            self._start()
        present = set(self.schema.names)
        names = [name for name in wanted if name in present]
        while (table := self._next()) is not None:
            if table.num_rows:
                self._offset += table.num_rows
                yield Chunk(partial(Batch.of, table.select(names)), self._offset)

    def _next(self) -> pa.Table | None:
        table, self._held = self._held, None
        return table if table is not None else next(self._batches, None)

    def share(self, offset: int) -> float:  # noqa: ARG002  as `TableFile` has it
        """Return 0: how many rows there are is not known."""
        return 0.0

    def identity(self) -> list[Any]:
        """Return what no other query has, even if it is the same: it may have other rows."""
        return [QUERY, self._identity]


def _run(database: Database, query: str, parameters: Mapping[str, dt.datetime]) -> Generator[pa.Table, None, None]:
    """Run a query in a transaction that changes nothing, and yield its rows; at least one table, which may be empty."""
    import sqlalchemy

    if database.dialect == PSYCOPG:
        database.connect().close()  # it says why it can't
        if (tables := copy_rows(database, QUERY, query, parameters)) is not None:
            yield from tables
            return
    values: Mapping[str, Any] = parameters
    if database.dialect.startswith("sqlite"):  # which has no type for times
        values = {name: value.isoformat(" ") for name, value in parameters.items()}
    options = {"stream_results": True}
    if database.dialect == PSYCOPG:
        options["postgresql_readonly"] = True
    with database.connect() as connection, database.errors(f"{QUERY} can't be read", DataError):
        _forbid_changes(connection, statement := sqlalchemy.text(query))
        result = connection.execution_options(**options).execute(statement, values)
        with contextlib.closing(result):
            if not result.returns_rows:
                raise DataError(f"{QUERY} returns no rows; it must be a SELECT")
            yield from _tables(result, database.dialect == PSYCOPG)


def _forbid_changes(connection: "Connection", statement: "TextClause") -> None:
    """Let a query change neither SQLite's or DuckDB's rows and settings, nor files; PostgreSQL's option does as much.

    Raises:
        DataError: DuckDB is given anything but one SELECT.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
        # True is SQLITE_DENY. Some PRAGMAs write, or turn query_only off; full-text search asks for data_version.
        driver.set_authorizer(
            lambda action, name, *_: (
                action == sqlite3.SQLITE_ATTACH or (action == sqlite3.SQLITE_PRAGMA and name != "data_version")
            )
        )
    elif connection.dialect.name == "duckdb":
        kinds = [part.type.name for part in driver.extract_statements(str(statement.compile(connection)))]
        if kinds not in (["SELECT"], ["MULTI"]):  # the second is a PIVOT; others write files, or end the transaction
            raise DataError(f"{QUERY} must be one SELECT")
        # A SELECT may hold an INSERT. A read-only connection could not write predictions to the same file meanwhile.
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN TRANSACTION READ ONLY")


def _tables(result: Any, is_postgres: bool) -> Iterator[pa.Table]:
    columns = result.cursor.description
    names = [str(column[0]) for column in columns]
    kinds = [_postgres_type(result.cursor, column) if is_postgres else None for column in columns]
    most, size, is_first = min(MOST_ROWS, max(CELLS // len(names), 1)), FIRST_ROWS, True
    # Not by the cursor, of which SQLAlchemy has read the first row.
    while (rows := result.fetchmany(min(size, most))) or is_first:
        table = pa.Table.from_arrays(list(map(_array, zip(*rows) if rows else [()] * len(names), kinds)), names)
        yield table
        is_first, size = False, max(MOST_BYTES * len(rows) // max(table.nbytes, 1), 1)


def _array(cells: Sequence[Any], kind: pa.DataType | None) -> pa.Array:
    return infer_array(cells) if kind is None else pa.array(cells, kind)


def _postgres_type(cursor: Any, column: Any) -> pa.DataType | None:
    """Return the type of a column of PostgreSQL; None if its values tell."""
    known = cursor.connection.adapters.types.get(column.type_code)
    kind = None if known is None or known.array_oid == column.type_code else TYPES.get(known.name)
    if kind == pa.float64() and known.name == "numeric":
        return pa.int64() if column.scale == 0 and (column.precision or 99) <= EXACT else kind
    return kind
