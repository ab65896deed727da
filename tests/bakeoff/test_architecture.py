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
FOLDERS = ("src/bakeoff", "tasks", "flows", "deployments")


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module.split(".")[0]


def test_bakeoff_never_imports_prefect():
    """Nor do the layers above it use tests; which room imports which is held by import-linter, in `make check`."""
    for folder, refused in zip(FOLDERS, [{"prefect", "tests", "benchmarks"}, *[{"tests", "benchmarks"}] * 3]):
        wrong = {path for path in (ROOT / folder).rglob("*.py") if refused & {*imports(path)}}
        assert set() == wrong


def test_no_module_imports_the_private_names_of_another():
    """What two modules need is public, and says what it does."""
    found = [
        f"{path.relative_to(ROOT)}: {alias.name} of {node.module}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module.split(".")[0] in {"bakeoff", "flows", "tasks", "deployments"}
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert [] == found


@pytest.mark.parametrize("room", sorted(path.parent.name for path in (ROOT / "src/bakeoff").glob("*/__init__.py")))
def test_a_room_is_small_and_says_what_is_in_it(room):
    """At most fifteen files; its `__init__` is a docstring, and what users import from there."""
    folder = ROOT / "src/bakeoff" / room
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 15
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert room in (ROOT / "docs/architecture.md").read_text()


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
    "calibrate": "bakeoff.training.calibrate:calibrate_classifier",
    "cross_validate": "bakeoff.training.cross_validate:score_fold_cached",
    "evaluate": "bakeoff.training.evaluate:evaluate_classifier",
    "export": "bakeoff.training.export:export_version",
    "fit": "bakeoff.training.fit:fit_cached",
    "generate": "bakeoff.data.prepare:prepare_cached",
    "pick": "bakeoff.training.pick:pick_winner",
    "promote": "bakeoff.training.promote:promote_if_better",
}


@pytest.mark.parametrize("task", STEPS)
def test_a_step_takes_what_the_librarys_function_takes(task):
    """The task names the function it runs elsewhere, and can't import it: the signatures are written twice."""
    module, name = STEPS[task].split(":")
    assert f'@step("{STEPS[task]}"' in " ".join((ROOT / "tasks" / f"{task}.py").read_text().split()).replace("( ", "(")
    there = inspect.signature(getattr(importlib.import_module(module), name))
    here = inspect.signature(getattr(importlib.import_module(f"tasks.{task}"), task))
    assert there == here
