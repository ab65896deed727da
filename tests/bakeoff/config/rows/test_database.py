"""What a config may say of a database, and what the period of a query stands for."""

from datetime import UTC, datetime, timedelta

import pytest

from bakeoff.config import DatasetConfig, PredictionConfig, TrainingConfig
from bakeoff.config.rows.database import fill_parameters
from bakeoff.config.validation import validate
from bakeoff.errors import ConfigError

SQL = {"url_env": "WAREHOUSE_URL", "target": "y"}
NEW = "select * from t where seen >= :since and seen < :until"
UNTIL = datetime(2026, 11, 15, tzinfo=UTC)


def test_a_query_implies_its_source():
    """As a path does, and it replaces the path of a file that holds the config."""
    assert "sql" == DatasetConfig(**SQL, query="select 1").source
    assert {"target": "y"} == DatasetConfig.outlasting({"path": "a.csv", "target": "y"}, {"query": "select 1"})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"query": "select 1", "target": "y"}, "needs url_env"),
        ({**SQL, "query": NEW}, ":since needs dataset.window.last"),
        ({**SQL, "query": "select 1", "window": {"last": "1d"}}, "window.last fills in :since, and the query has none"),
        ({**SQL, "query": "select :other"}, "the parameter :other has no value"),
        ({**SQL, "query": "select :until::date"}, "instead of :until::…"),
        ({**SQL, "query": NEW, "window": {"last": 500}}, "with a query the window is a time"),
        ({"path": "a.csv", "target": "y", "window": {"until": UNTIL}}, "window.until belongs to source: sql"),
        ({"path": "a.csv", "target": "y", "url_env": "U"}, "url_env belongs to source: sql, but source is file"),
    ],
)
def test_contradictions_are_refused_in_one_line(given, problem):
    """Before any database is asked."""
    with pytest.raises(ConfigError, match=problem.replace(".", r"\.")):
        validate(TrainingConfig, {"dataset": given})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"query": "select 1"}, "query needs url_env"),
        ({"output_table": "t"}, "output_table needs url_env"),
        ({"url_env": "U"}, "url_env needs query or output_table"),
        ({"url_env": "U", "query": "select 1", "input": "a.csv"}, "leave one of them out"),
        ({"url_env": "U", "output_table": "t", "format": "csv"}, "needs format: parquet"),
        ({"window": {"last": "1d"}}, "window belongs to query"),
    ],
)
def test_contradictions_of_a_prediction_are_refused_in_one_line(given, problem):
    """Before any database is asked."""
    with pytest.raises(ConfigError, match=problem):
        validate(PredictionConfig, given)


def test_a_url_instead_of_a_variable_is_refused_without_showing_it():
    """Its password would be in the log."""
    with pytest.raises(ConfigError) as refused:
        validate(TrainingConfig, {"dataset": {**SQL, "url_env": "postgresql://me:hidden@host/db", "query": "select 1"}})
    assert "must be the name of an environment variable" in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_a_query_ends_with_the_scheduled_time():
    """Unless the config has an end; a time without a zone is UTC; a query without parameters has no end."""
    second = int(UNTIL.timestamp())
    config = TrainingConfig(dataset=DatasetConfig(**SQL, query=NEW, window={"last": "10d"})).at(second)
    assert UNTIL == config.dataset.window.until == config.at(5).dataset.window.until
    given = {"url_env": "U", "query": NEW, "window": {"last": "10d", "until": "2026-11-15T01:00:00+01:00"}}
    assert UNTIL == PredictionConfig(**given).at(5).window.until
    assert DatasetConfig(**SQL, query="select 1").at(second).window.until is None


def test_the_run_is_the_end_without_a_schedule():
    """Only once: a config that has an end keeps it."""
    config = TrainingConfig(dataset=DatasetConfig(**SQL, query=NEW, window={"last": "10d"})).at(None)
    assert config.dataset.window.until is not None
    assert config == config.at(None)


def test_since_is_as_long_before_until_as_the_window():
    """Both as UTC without a zone, and only what the query has."""
    end = UNTIL.replace(tzinfo=None)
    assert {"since": end - timedelta(days=10), "until": end} == fill_parameters(NEW, "10d", UNTIL)
    assert {"until": end} == fill_parameters("select :until", None, UNTIL)
    assert {} == fill_parameters("select '10:30', a\\:b", None, None)
