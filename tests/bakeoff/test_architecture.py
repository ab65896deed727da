"""Imports run one way: deployments → flows → tasks → bakeoff → scikit-learn, pandas, joblib."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {  # which of the house's rooms, and of Prefect, a room may import
    "src/bakeoff": {"bakeoff"},
    "tasks": {"bakeoff", "tasks", "prefect"},
    "flows": {"bakeoff", "tasks", "flows", "prefect"},
    "deployments": {"bakeoff", "tasks", "flows", "deployments", "prefect"},
}
HOUSE = {"bakeoff", "tasks", "flows", "deployments", "tests", "benchmarks", "prefect"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module.split(".")[0]


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room):
    """No room imports from one above it; bakeoff never imports Prefect."""
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / room).rglob("*.py")
        for name in imports(path)
        if name in HOUSE and name not in ALLOWED[room]
    }
    assert set() == wrong


def test_flow_files_define_no_classes():
    """A worker loads them as scripts: what is defined there can't be unpickled elsewhere."""
    for name in ("training", "prediction"):
        tree = ast.parse((ROOT / "flows" / f"{name}.py").read_text())
        assert [] == [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_the_lock_has_hashes_and_names_no_host(lock):
    """Every package pinned and hashed."""
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
    packages = re.findall(r"^([a-zA-Z0-9._-]+)(\[.*?\])?==\S+.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[a-zA-Z]", text, re.MULTILINE)) > 0


def test_the_development_lock_agrees_with_the_runtime_lock():
    """What is tested is what runs."""

    def pins(name):
        return set(re.findall(r"^([a-zA-Z0-9._-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")
    assert pins("requirements-dev.txt") <= pins("requirements-notebook.txt") & pins("requirements-docs.txt")


def test_the_process_of_a_training_run_imports_no_library_of_the_work():
    """Its steps have processes of their own; it would import for half a second more before it could begin."""
    script = "import sys, flows.training; print({'numpy', 'pandas', 'pyarrow', 'scipy', 'sklearn'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "set()\n" == done.stdout


STEPS = {
    "calibrate": "bakeoff.calibrating:calibrate_classifier",
    "cross_validate": "bakeoff.steps:score_fold_once",
    "evaluate": "bakeoff.evaluation:evaluate_classifier",
    "export": "bakeoff.card:export_version",
    "fit": "bakeoff.steps:fit_once",
    "generate": "bakeoff.steps:prepare_once",
    "pick": "bakeoff.choosing:choose_winner",
    "promote": "bakeoff.challenge:challenge_champion",
}


@pytest.mark.parametrize("task", STEPS)
def test_a_step_takes_what_the_librarys_function_takes(task):
    """The task names the function it runs elsewhere, and can't import it: the signatures are written twice."""
    module, name = STEPS[task].split(":")
    text = (ROOT / "tasks" / f"{task}.py").read_text()
    assert f'run_apart("{STEPS[task]}"' in " ".join(text.split()).replace("( ", "(")
    there = inspect.signature(getattr(importlib.import_module(module), name))
    here = inspect.signature(getattr(importlib.import_module(f"tasks.{task}"), name))
    assert there == here
