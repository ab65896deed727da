"""A run that is tried again finds what it has published."""

from pathlib import Path

import pandas as pd
import pytest

from bakeoff.config import PredictionConfig
from bakeoff.errors import DriftError, UnscoredError
from bakeoff.prediction.outputs.published import published_before
from tests.bakeoff.conftest import predict

ROWS = Path("examples/orders.csv").read_text()


@pytest.fixture
def config(orders, tmp_path, monkeypatch):
    """Makes configs; the working directory is empty but for the rows."""
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text(ROWS)
    return lambda **values: PredictionConfig(store=orders, input="rows.csv", **values)


@pytest.mark.parametrize("output", ["out", None, "memory://bucket/out"])
def test_the_output_of_the_same_run_is_found(config, memory, output):
    """Wherever it is; not that of another run, nor of none."""
    settings = config(output=output)
    assert published_before(settings, "mine") is None
    folder = predict(settings, run="mine")
    assert published_before(settings, "other") is None
    assert published_before(settings, "") is None
    if output is None:
        predict(settings, run="other")
    assert folder == published_before(settings, "mine")


def test_an_output_that_names_no_run_is_nobodys(config):
    """As that of a command without Prefect, or of another program."""
    predict(config(output="out"))
    assert published_before(config(output="out"), "") is None
    Path("out/summary.json").write_text("[]")
    assert published_before(config(output="out"), "mine") is None


def test_a_run_that_failed_after_it_had_published_fails_again(config):
    """By its summary: since no row could be scored, or for its drift."""
    strict = config(output="drifted", max_drift="stable")
    moved = pd.read_csv("rows.csv")
    moved["amount"] = 1.0
    moved.to_csv("rows.csv", index=False)
    with pytest.raises(DriftError) as first:
        predict(strict, run="mine")
    with pytest.raises(DriftError) as again:
        published_before(strict, "mine")
    assert str(first.value) == str(again.value)
    moved.assign(items="x").to_csv("rows.csv", index=False)
    with pytest.raises(UnscoredError, match="none of"):
        predict(config(output="none"), run="mine")
    with pytest.raises(UnscoredError, match=r"none of .* could be scored: 'none/rejected.parquet' names each"):
        published_before(config(output="none"), "mine")
    assert published_before(config(output="none", max_rejected=1), "mine") == Path("none")
    with pytest.raises(UnscoredError):
        predict(config(), run="mine")
    assert published_before(config(), "mine") is None  # scored again, for the table may have been mended
