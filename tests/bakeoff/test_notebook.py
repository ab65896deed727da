"""The notebook that explores the data generator: it runs, and the committed file shows its pictures."""

import ast
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from bakeoff.config import DatasetConfig, TrainingConfig
from bakeoff.flags import read_config

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "data_generate.ipynb"
MAX_BYTES = 1_000_000
FIGURES = 6  # one for each of the five parameters, and one with the clouds closer together


@pytest.fixture(scope="module")
def committed():
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def chosen_parameters(notebook):
    """The dict that the reader edits, from the source of its cell."""
    (cell,) = [cell for cell in code_cells(notebook) if "chosen" in cell.metadata.get("tags", [])]
    (assignment,) = ast.parse(cell.source).body
    return ast.literal_eval(assignment.value)


class OwnKernel(AsyncKernelManager):
    """A kernel of the interpreter that runs the tests.

    Without folders to look in, the only one left is ipykernel's own, which starts sys.executable.
    """

    def _kernel_spec_manager_default(self):
        return KernelSpecManager(kernel_dirs=[])


def run(notebook, folder):
    """Execute the notebook in `folder` and end its kernel."""
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_manager_class=OwnKernel, timeout=120, resources=resources).execute()


def test_a_run_writes_the_chosen_parameters_as_a_config_that_training_takes(committed, tmp_path, monkeypatch):
    """Run from notebooks/, it draws every figure without a warning and writes the choice to the project's root."""
    monkeypatch.setenv("BAKEOFF_NOTEBOOK_SAMPLES", "500")
    monkeypatch.setenv("BAKEOFF_NOTEBOOK_FOLDS", "2")
    monkeypatch.setenv("BAKEOFF_NOTEBOOK_TREES", "10")
    monkeypatch.delenv("BAKEOFF_NOTEBOOK_OUTPUT", raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))  # not the profile of whoever runs the tests
    folder = tmp_path / "notebooks"
    folder.mkdir()
    notebook = deepcopy(committed)
    for cell in code_cells(notebook):
        cell.outputs = []

    run(notebook, folder)

    config = read_config(TrainingConfig, ["--config", str(tmp_path / "chosen.yaml")], "test")
    chosen = chosen_parameters(committed)
    assert chosen
    assert config == TrainingConfig(dataset=DatasetConfig(**chosen))
    assert sum(len(pictures(cell)) for cell in code_cells(notebook)) == FIGURES
    assert not [output for output in outputs(notebook) if output.get("name") == "stderr"]


def test_the_committed_notebook_carries_its_pictures(committed):
    """Every cell that draws holds a PNG, all cells ran once from top to bottom, and none failed or warned."""
    drawing = [cell for cell in code_cells(committed) if re.search(r"^(show\(|plt\.show\()", cell.source, re.MULTILINE)]
    assert len(drawing) == FIGURES
    assert all(pictures(cell) for cell in drawing)
    assert [cell.execution_count for cell in code_cells(committed)] == list(range(1, len(code_cells(committed)) + 1))
    assert not [output for output in outputs(committed) if output.output_type == "error"]
    assert not [output for output in outputs(committed) if output.get("name") == "stderr"]


def test_the_committed_notebook_names_no_machine_and_is_small():
    """The file holds no absolute path and stays below 1 MB."""
    content = NOTEBOOK.read_bytes()
    assert len(content) < MAX_BYTES
    # A picture's base64 may spell such a path by accident.
    text = re.sub(r'"image/png": "[^"]*"', "", content.decode("utf-8"))
    assert not re.findall(r"/(?:tmp|work|root|home)\b", text)


def test_the_chosen_parameters_differ_from_the_defaults(committed):
    """What the notebook offers as a choice is a change in every field: the config it writes repeats no default."""
    default = DatasetConfig()
    assert all(getattr(default, name) != value for name, value in chosen_parameters(committed).items())
