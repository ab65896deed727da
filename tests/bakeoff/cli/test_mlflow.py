"""`bakeoff mlflow`: what is refused before anything is sent."""

import sys
from types import SimpleNamespace

import pytest

from bakeoff.cli.main import main
from bakeoff.tracking import mlflow_server


def log(version, *more):
    return main(["mlflow", version.name, "--store", str(version.parents[1]), *more])


@pytest.fixture
def installed(monkeypatch):
    """As with MLflow's client; whatever would be sent fails the test."""
    monkeypatch.setattr(mlflow_server, "missing_package", lambda: None)
    monkeypatch.setattr(mlflow_server, "_Log", lambda *_: pytest.fail("something was sent"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_without_the_package_a_line_says_how_to_install_it(version, monkeypatch, capsys):
    """Exit status 2."""
    monkeypatch.setattr(mlflow_server, "missing_package", lambda: "mlflow is not installed")
    assert 2 == log(version, "--tracking-uri", "http://127.0.0.1:9")
    assert "bakeoff: mlflow is not installed: pip install 'bakeoff[mlflow]'\n" == capsys.readouterr().err


def test_without_an_address_a_line_says_how_to_give_it(version, installed, capsys):
    """MLflow itself would write into the current folder."""
    assert 2 == log(version)
    assert "bakeoff: no MLflow server is given: add --tracking-uri" in capsys.readouterr().err


def test_an_unknown_version_is_refused(version, installed, capsys):
    """As by the other commands."""
    assert 2 == main(["mlflow", "nope", "--store", str(version.parents[1]), "--tracking-uri", "http://127.0.0.1:9"])
    assert "has no version 'nope'" in capsys.readouterr().err


def test_a_changed_version_is_not_sent(version, installed, capsys):
    """Every file is verified first, also those that would not be sent."""
    (version / "profile.json").write_text("{}")
    assert 1 == log(version, "--tracking-uri", "http://127.0.0.1:9")
    assert "nothing was sent" in (told := capsys.readouterr().err)
    assert "profile.json differs from its card" in told


def test_a_password_in_the_address_is_not_shown(version, installed, monkeypatch, capsys):
    """Neither from the address nor from MLflow's own message."""

    def refuse(*_):
        raise OSError("http://anna:secret@127.0.0.1:9: Max retries exceeded")

    monkeypatch.setattr(mlflow_server, "_Log", refuse)
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "mlflow.exceptions", SimpleNamespace(MlflowException=KeyError))
    assert 1 == log(version, "--tracking-uri", "http://anna:secret@127.0.0.1:9")
    told = capsys.readouterr().err
    assert "bakeoff: no MLflow server answers at http://127.0.0.1:9: start it, or give another address\n" == told
