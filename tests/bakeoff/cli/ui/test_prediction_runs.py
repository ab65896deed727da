"""Prediction folders are found, and what isn't one is left out."""

import os
from datetime import UTC, datetime

import pytest

from bakeoff.cli.ui.prediction_runs import find_runs
from tests.bakeoff.cli.ui.conftest import write_run


def test_runs_are_found_in_folders_and_by_name(tmp_path):
    """The newest first, by the time in the name; folders of one name have keys of their own."""
    for folder in ("a/20261201T100000Z", "a/20261203T100000Z", "b/20261202T100000Z", "c/20261201T100000Z"):
        write_run(tmp_path / folder, "v")
    write_run(tmp_path / "a/20261204T100000Z", "v", name="another")
    runs = find_runs([tmp_path / "a", tmp_path / "b/20261202T100000Z", tmp_path / "c", tmp_path / "none"], "classifier")
    assert ["20261203T100000Z", "20261202T100000Z", "20261201T100000Z", "20261201T100000Z (2)"] == [
        run.key for run in runs
    ]
    assert datetime(2026, 12, 3, 10, tzinfo=UTC) == runs[0].at


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"name": "classifier"}',
        b'{"name": "classifier", "version": ["v"], "rows": 1, "predicted": 1, "rejected": 0}',
        b'{"name": "classifier", "version": "v", "rows": -1, "predicted": 1, "rejected": 0}',
        b'{"name": "classifier", "version": "v", "rows": 1, "predicted": 1, "rejected": 0, "drift": {"verdict": "x"}}',
    ],
)  # fmt: skip
def test_a_summary_that_cant_be_read_is_left_out(tmp_path, content):
    """The others are found."""
    write_run(tmp_path / "good", "v")
    write_run(tmp_path / "bad", "v")
    (tmp_path / "bad" / "summary.json").write_bytes(content)
    assert ["good"] == [run.key for run in find_runs([tmp_path], "classifier")]


def test_links_and_pipes_are_left_out(tmp_path):
    """As folders and as summaries; and hidden folders, which runs write to."""
    write_run(tmp_path / "outside", "v")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    for name in ("linked", "pipe", ".bakeoff-1"):
        write_run(tmp_path / "in" / name, "v")
    for name in ("linked", "pipe"):
        (tmp_path / "in" / name / "summary.json").unlink()
    (tmp_path / "in" / "linked" / "summary.json").symlink_to(tmp_path / "outside" / "summary.json")
    os.mkfifo(tmp_path / "in" / "pipe" / "summary.json")
    assert [] == find_runs([tmp_path / "in"], "classifier")
