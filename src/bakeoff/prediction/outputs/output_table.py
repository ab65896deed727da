"""Write predictions to a table of a database."""

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from bakeoff.config import PredictionConfig
from bakeoff.errors import ConfigError, WriteError
from bakeoff.formatting import list_first
from bakeoff.tables.databases.database import PSYCOPG, Database

RUN, VERSION = "run", "version"  # the columns beside those of the predictions
BATCH = 1 << 14  # rows written at once
LONGEST_ID = 64

logger = logging.getLogger(__name__)


class OutputTable:
    """The table that a config names as its output, with the run and the version of each prediction."""

    def __init__(self, database: Database, name: str, schema: pa.Schema) -> None:
        """Take the schema of the predictions.

        Raises:
            ConfigError: a column that is kept has the name of another, or a type that the table can't hold.
        """
        import sqlalchemy as sa

        self._database, self._shown = database, f"output_table {name!r}"
        self._schema = pa.schema([(field.name, _plain_type(field)) for field in schema])
        if taken := [field for field in (RUN, VERSION) if field in schema.names]:
            raise ConfigError(f"a column called {taken[0]!r} can't be kept: {self._shown} has such; rename it")
        columns = [sa.Column(field.name, _sql_type(field.type), nullable=field.name != "row") for field in self._schema]
        namespace, _, name = name.rpartition(".")
        self._table = sa.Table(
            name,
            sa.MetaData(),
            sa.Column(RUN, sa.String(LONGEST_ID), nullable=False),
            sa.Column(VERSION, sa.String(LONGEST_ID), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint(RUN, "row"),  # so that a run's rows are never there twice
            schema=namespace or None,
        )

    @classmethod
    def of(cls, config: PredictionConfig, schema: pa.Schema) -> "OutputTable":
        """Make the table of a config that names one.

        Raises:
            ConfigError: as for the class, or of `Database`.
        """
        assert config.url_env is not None
        assert config.output_table is not None
        return cls(Database(config.url_env), config.output_table, schema)

    def check(self) -> None:
        """Check that the database answers, and that the table has all columns, or can be made.

        Raises:
            ConfigError: a check failed.
        """
        import sqlalchemy as sa
        from sqlalchemy.schema import CreateTable

        table = self._table
        with self._database.errors(f"{self._shown} can't be used", ConfigError), self._database.connect() as connection:
            inspector = sa.inspect(connection)
            if not inspector.has_table(table.name, table.schema):
                # DuckDB's are database."schema".
                schemas = {name.rpartition(".")[2].strip('"') for name in inspector.get_schema_names()}
                if table.schema is not None and table.schema not in schemas:
                    raise ConfigError(f"{self._shown}: there is no schema {table.schema!r}; make it, or name another")
                str(CreateTable(table).compile(connection))  # refuses names that are too long
                return
            no_rows: Any = sa.select(sa.literal_column("*")).select_from(table).where(sa.false())
            present = set(connection.execute(no_rows).keys())
            if missing := [column.name for column in table.columns if column.name not in present]:
                raise ConfigError(
                    f"{self._shown} has no column {list_first(list(map(repr, missing)), 10)}; add it, or name a table "
                    "that is not there yet: it is made with all columns"
                )

    def write(self, path: Path, runs: Sequence[str], version: str) -> None:
        """Write all predictions in one transaction, instead of those that the same run has written before.

        Args:
            path: the predictions, in Parquet.
            runs: the ids of the runs whose rows are deleted, which did not publish them; the last one writes.
            version: the version that made them.

        Raises:
            WriteError: they could not be written; the table is unchanged.
        """
        table, count, run = self._table, 0, runs[-1]
        failed = f"nothing was written to {self._shown}; correct that, and give the same command again"
        with self._database.errors(failed, WriteError), self._database.connect() as connection:
            if self._database.dialect.startswith("sqlite"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # Python's driver begins only when rows are changed
            table.create(connection, checkfirst=True)
            connection.execute(table.delete().where(table.c[RUN].in_(runs)))
            insert = _inserter(self._database.dialect)
            for batch in self._batches(path, run, version):
                insert(connection, table, batch)
                count += batch.num_rows
            connection.commit()
        logger.info("%s rows written to %s, run %s", f"{count:,}", self._shown, run)

    def _batches(self, path: Path, run: str, version: str) -> Iterator[pa.Table]:
        with pa.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH):
                rows = pa.Table.from_batches([batch]).cast(self._schema)
                for name, text in ((VERSION, version), (RUN, run)):
                    rows = rows.add_column(0, name, pa.array([text] * rows.num_rows))
                yield rows


def _inserter(dialect: str) -> Callable[[Any, Any, pa.Table], None]:
    """Return what inserts a batch: the fastest way that the database has."""
    if dialect == PSYCOPG:
        return _copy
    return _insert_arrow if dialect.startswith("duckdb") else _insert


def _insert(connection: Any, table: Any, rows: pa.Table) -> None:
    connection.execute(table.insert(), rows.to_pylist())


def _copy(connection: Any, table: Any, rows: pa.Table) -> None:
    content = io.BytesIO()
    pa.csv.write_csv(rows, content, pa.csv.WriteOptions(include_header=False))  # which quotes all text, but no null
    name, columns = _quoted(connection, table, rows)
    with connection.connection.cursor().copy(f"COPY {name} ({columns}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(content.getbuffer())


def _insert_arrow(connection: Any, table: Any, rows: pa.Table) -> None:
    driver = connection.connection.driver_connection
    driver.register("bakeoff_rows", rows)
    name, columns = _quoted(connection, table, rows)
    connection.exec_driver_sql(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM bakeoff_rows")  # noqa: S608  quoted
    driver.unregister("bakeoff_rows")


def _quoted(connection: Any, table: Any, rows: pa.Table) -> tuple[str, str]:
    """Return the names of the table and the columns in quotes, where they need them."""
    quote = connection.dialect.identifier_preparer
    return quote.format_table(table), ", ".join(map(quote.quote, rows.column_names))


def _plain_type(field: pa.Field) -> pa.DataType:
    """Return the type in which a column is written: text if a database may lack its own.

    Raises:
        ConfigError: it has no text.
    """
    kind = field.type
    if _sql_type(kind, text=False) is not None:
        return kind
    try:
        pa.nulls(0, kind).cast(pa.string())
    except pa.ArrowNotImplementedError:
        raise ConfigError(f"column {field.name!r} holds {kind}, which can't be kept in output_table") from None
    return pa.string()


def _sql_type(kind: pa.DataType, *, text: bool = True) -> Any:
    import sqlalchemy as sa

    types = [
        (pa.types.is_boolean, sa.Boolean()),
        (pa.types.is_integer, sa.BigInteger()),
        (pa.types.is_floating, sa.Double()),
        (pa.types.is_date, sa.Date()),
        (pa.types.is_timestamp, sa.DateTime(timezone=getattr(kind, "tz", None) is not None)),
    ]
    return next((found for fits, found in types if fits(kind)), sa.Text() if text or pa.types.is_string(kind) else None)
