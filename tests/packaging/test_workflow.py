"""The workflow file for a public code host: YAML that calls targets which the Makefile has."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def test_the_workflow_calls_targets_of_the_makefile():
    """Each entry of the matrix has a Python that the project allows; nothing but make is run."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert {"push", "pull_request"} == set(workflow[True])  # YAML 1.1 reads the key `on` as true
    (job,) = workflow["jobs"].values()
    matrix = job["strategy"]["matrix"]
    entries = [
        *((target, python) for target in matrix["target"] for python in matrix["python"]),
        *((entry["target"], entry["python"]) for entry in matrix["include"]),
    ]
    assert {"check", "test", "test-lowest", "test-stack"} <= {target for target, _ in entries} <= TARGETS
    assert all(re.fullmatch(r"3\.1[1-9]", python) for _, python in entries)
    assert ["make ${{ matrix.target }}"] == [step["run"] for step in job["steps"] if "run" in step]


def test_each_target_that_is_no_file_is_phony():
    """A file of its name would else keep it from running."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert TARGETS == set(phony.split())


def test_the_notebook_target_offers_all_notebooks():
    """It opens JupyterLab on their folder, not on one of them."""
    (command,) = re.findall(r"^notebook:.*\n\t(.*)$", MAKEFILE, re.MULTILINE)
    assert "$(BIN)/jupyter lab notebooks" == command
