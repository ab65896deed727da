"""A database's URL is taken from the environment, or from Prefect's Secret block of its name."""

import os

import pytest
from prefect.blocks.system import Secret

from tasks.runs.secrets import take_secret


@pytest.fixture(autouse=True)
def blocks(monkeypatch):
    """The only block is `warehouse-url`."""

    def load(name):
        if name != "warehouse-url":
            raise ValueError(f"Unable to find block document named {name}")
        return Secret(value="sqlite:///rows.db")

    monkeypatch.setattr(Secret, "load", load)
    for name in ("WAREHOUSE_URL", "OTHER_URL"):
        monkeypatch.setenv(name, "")  # to be restored afterwards
        monkeypatch.delenv(name)


@pytest.mark.parametrize("empty", [False, True])
def test_a_variable_that_is_not_set_is_taken_from_its_block(monkeypatch, empty):
    """Or is empty, as compose sets those that its `.env` doesn't have."""
    if empty:
        monkeypatch.setenv("WAREHOUSE_URL", "")
    take_secret("WAREHOUSE_URL")
    assert "sqlite:///rows.db" == os.environ["WAREHOUSE_URL"]


def test_the_environment_comes_first(monkeypatch):
    monkeypatch.setenv("WAREHOUSE_URL", "sqlite:///mine.db")
    take_secret("WAREHOUSE_URL")
    assert "sqlite:///mine.db" == os.environ["WAREHOUSE_URL"]


@pytest.mark.parametrize("variable", [None, "OTHER_URL"])
def test_without_a_block_nothing_is_set(variable):
    """Reading the variable is an error that names it."""
    before = dict(os.environ)
    take_secret(variable)
    assert before == dict(os.environ)
