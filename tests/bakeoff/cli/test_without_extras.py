"""The command without the packages of the extras."""

import subprocess
import sys
from pathlib import Path

import pytest

HIDDEN = {"rich", "cryptography", "sklearnex", "daal4py", "onedal", "openpyxl", "prefect"}
SITE = """
import importlib.util
import sys

HIDDEN = {hidden!r}

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hide())
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in HIDDEN else found(name, package)
"""
ORDERS = Path("examples/orders.csv").resolve()
FEW = '{"random_forest": {"n_estimators": 10}, "logistic_regression": {}}'


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command in a process that, like those that it starts, finds none of the extras' packages."""
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(SITE.format(hidden=HIDDEN))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hide"))

    def start(*arguments):
        command = [sys.executable, "-m", "bakeoff.cli", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return start


def test_a_model_is_trained_and_predicts_without_extras(run, tmp_path):
    """By scikit-learn, with plain tables."""
    code, _, problem = run(
        "train", str(ORDERS), "outcome", "--classifiers", FEW, "--dataset.ignore", "order_id,ordered_on"
    )
    assert (0, "") == (code, problem if code else "")
    assert 0 == run("predict", str(ORDERS), "--output", "out")[0]
    code, shown, _ = run("models", "list")
    assert 0 == code
    assert "\n* " in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--signing.private-key", "keys/private.pem"),
        ("predict", str(ORDERS), "--signing.public-key", "k.pem"),
        ("keys", "generate", "keys"),
    ],
)
def test_signing_without_cryptography_is_refused_in_a_line(run, tmp_path, arguments):
    """Before anything is written."""
    code, shown, problem = run(*arguments)
    line = "keys need the package cryptography, which is not installed: pip install 'bakeoff[signing]'"
    assert (2, "", 1) == (code, shown, len(problem.splitlines()))
    assert problem.strip().endswith(line)
    assert ["hide"] == [path.name for path in tmp_path.iterdir()]


def test_an_engine_without_its_package_is_refused_in_a_line(run):
    code, _, problem = run("train", "--engine", "sklearnex")
    assert (2, 1) == (code, len(problem.splitlines()))
    assert "pip install 'bakeoff[sklearnex]', or leave engine: auto" in problem
