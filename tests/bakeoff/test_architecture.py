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


ROOMS = sorted(path.parent for path in (ROOT / "src/bakeoff").rglob("__init__.py") if path.parent.name != "bakeoff")


@pytest.mark.parametrize("folder", ROOMS, ids=lambda folder: folder.name)
def test_a_room_is_small_and_says_what_is_in_it(folder):
    """At most fifteen files; its `__init__` is a docstring, and what users import from there."""
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 15
    assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    assert folder.name in (ROOT / "docs/architecture.md").read_text()


# Modules without a test file of their name, by the one that covers them.
COVERED_BY = {
    "bakeoff/cli/test_labels.py": "bakeoff/prediction/labels bakeoff/report/accuracy_in_use",
    "bakeoff/cli/ui/test_server.py": "bakeoff/cli/ui/pages",
    "bakeoff/cli/test_run.py": "bakeoff/local/prediction bakeoff/local/training",
    "bakeoff/config/test_training.py": "bakeoff/config/base bakeoff/config/costs"
    " bakeoff/config/race bakeoff/config/rows/dataset bakeoff/config/rows/sources bakeoff/config/rows/window"
    " bakeoff/config/signing bakeoff/config/validation",
    "bakeoff/config/unpickler/test_restricted.py": "bakeoff/config/unpickler/names bakeoff/config/unpickler/read",
    "bakeoff/data/test_fresh_rows.py": "bakeoff/data/origin",
    "bakeoff/data/test_prepare.py": "bakeoff/data/dataset_ref bakeoff/data/parts",
    "bakeoff/estimators/test_nystroem_svc.py": "bakeoff/estimators/landmark_kernel",
    "bakeoff/evaluation/test_comparison.py": "bakeoff/evaluation/results",
    "bakeoff/evaluation/test_scoring.py": "bakeoff/evaluation/predictions bakeoff/metrics",
    "bakeoff/prediction/test_checkpoint.py": "bakeoff/prediction/outputs/output_folder bakeoff/runtime/files",
    "bakeoff/prediction/test_predict.py": "bakeoff/config/prediction bakeoff/prediction/missing_columns"
    " bakeoff/prediction/publish bakeoff/prediction/score_batches bakeoff/prediction/scored_table"
    " bakeoff/prediction/scorer bakeoff/prediction/outputs/writers"
    " bakeoff/report/prediction_report bakeoff/report/prediction_summary",
    "bakeoff/report/test_version_report.py": "bakeoff/cli/show_training bakeoff/cli/terminal bakeoff/report/card_tables"
    " bakeoff/report/version_markdown bakeoff/report/write_report",
    "bakeoff/runtime/test_processes.py": "bakeoff/runtime/fork_server bakeoff/runtime/workers",
    "bakeoff/runtime/test_step_cache.py": "bakeoff/runtime/environment bakeoff/runtime/workspace",
    "bakeoff/store/copies/test_pull.py": "bakeoff/store/copies/push bakeoff/store/copies/seal"
    " bakeoff/store/copies/sealed_files",
    "bakeoff/store/test_card.py": "bakeoff/store/contents/contestants bakeoff/store/contents/settings",
    "bakeoff/store/test_hostile.py": "bakeoff/store/manifest",
    "bakeoff/store/test_integrity.py": "bakeoff/store/reader bakeoff/store/verification",
    "bakeoff/store/test_crashes.py": "bakeoff/store/files/folder_files bakeoff/store/writers/folder_writer",
    "bakeoff/store/test_journal.py": "bakeoff/store/entries bakeoff/store/layout",
    "bakeoff/store/test_keys.py": "bakeoff/store/key_files",
    "bakeoff/store/writers/test_object_writer.py": "bakeoff/store/files/model_files bakeoff/store/writers/change",
    "bakeoff/store/test_load.py": "bakeoff/calibration bakeoff/nystroem_svc bakeoff/store/contents/frozen_sample",
    "bakeoff/store/test_model_store.py": "bakeoff/store/exports bakeoff/store/history bakeoff/store/retention"
    " bakeoff/training/export",
    "bakeoff/tables/formats/test_csv_records.py": "bakeoff/tables/formats/csv_file bakeoff/tables/formats/csv_header"
    " bakeoff/tables/formats/utf8",
    "bakeoff/tables/formats/test_json_file.py": "bakeoff/tables/formats/python_columns",
    "bakeoff/tables/test_reader.py": "bakeoff/tables/batches",
    "bakeoff/tables/test_schema_validation.py": "bakeoff/tables/cells bakeoff/tables/null_where bakeoff/tables/schema",
    "bakeoff/training/test_calibrate.py": "bakeoff/training/held_out/out_of_fold",
    "bakeoff/training/test_cross_validate.py": "bakeoff/training/results",
    "bakeoff/training/test_selection.py": "bakeoff/training/pick",
    "bakeoff/drift/test_verdict.py": "bakeoff/drift/results",
    "stack/test_command_line.py": "bakeoff/training/preflight flows/local/command_line"
    " flows/local/connection flows/local/display flows/local/flow_run flows/local/interrupts",
    "flows/test_flows.py": "bakeoff/training/evaluate flows/clean flows/prediction flows/training"
    " tasks/runs/contestant_run tasks/runs/progress tasks/runs/states",
    "compose/test_sbom.py": "deployments/sbom",
    "stack/test_automations.py": "deployments/automations",
    "stack/test_tried_again.py": "deployments/rules",
    "stack/test_set_back_clock.py": "deployments/clock",
    "deployments/demo/test_stream.py": "deployments/demo/config",
    "stack/test_demo.py": "deployments/demo/days deployments/demo/server",
    "stack/test_deployments.py": "deployments/env_file deployments/register",
    "tasks/runs/test_dask.py": "bakeoff/config/dask bakeoff/runtime/transfer tasks/runs/dask_worker",
}


def test_tests_mirror_the_modules():
    """A module's tests stand under its name, or under one that is named here; tasks are run by the flows."""
    folders = ("src/bakeoff", "tasks/runs", "flows", "deployments")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if not path.name.startswith("__")]
    modules = {path.relative_to(ROOT).with_suffix("").as_posix().removeprefix("src/") for path in paths}
    tests = ROOT / "tests"
    without = {name for name in modules if not (tests / Path(name).parent / f"test_{Path(name).name}.py").exists()}
    assert without == {name for names in COVERED_BY.values() for name in names.split()}
    assert [] == [name for name in COVERED_BY if not (tests / name).exists()]


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
    pytest.importorskip("prefect")
    heavy = {"jinja2", "numpy", "pandas", "pyarrow", "scipy", "sklearn"}
    script = f"import sys, flows.training; print({heavy} & {{*sys.modules}})"
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
    pytest.importorskip("prefect")
    module, name = STEPS[task].split(":")
    assert f'@step("{STEPS[task]}"' in " ".join((ROOT / "tasks" / f"{task}.py").read_text().split()).replace("( ", "(")
    there = inspect.signature(getattr(importlib.import_module(module), name))
    here = inspect.signature(getattr(importlib.import_module(f"tasks.{task}"), task))
    assert there == here
