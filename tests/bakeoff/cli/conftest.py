"""Commands as a terminal gives them."""

import pytest

from bakeoff.cli.main import main


@pytest.fixture
def run(capsys):
    """Run a command; returns status, output and errors."""

    def command(*arguments):
        status = main([*map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return command


@pytest.fixture
def run_models(run, store):
    """Run `bakeoff models …` on the store of three versions; returns status, output and errors."""
    return lambda *arguments: run("models", *arguments, "--store", store.folder.parent)
