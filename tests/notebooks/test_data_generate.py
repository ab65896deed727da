"""The notebook that explores the data generator: it runs, and the committed file shows its pictures."""

import ast
import json
import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from bakeoff.classifiers import default_parameters, title
from bakeoff.config import DatasetConfig, TrainingConfig
from bakeoff.config.flags import read_config

pytestmark = pytest.mark.xdist_group("notebook")  # which is run once for all tests

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "data_generate.ipynb"
MAX_BYTES = 1_000_000
FIGURES = (
    9  # one for each of the five parameters, one with the clouds closer together, and three maps of two parameters
)

# Appended to the notebook: what the maps show, as JSON.
READ_MAPS = """
import json
figures = [draw_maps(*NOISE), draw_maps(*NOISE, below_ceiling=True), draw_maps(*CLOUDS)]
plt.close("all")
print(json.dumps([
    [
        {"title": ax.get_title(), "limits": ax.images[0].get_clim(), "cells": [text.get_text() for text in ax.texts]}
        for ax in figure.axes if ax.images
    ]
    for figure in figures
]))
print(json.dumps([[[config and config.model_dump(), config and score(config)] for config in pairs.values()]
                  for _, _, pairs in (NOISE, CLOUDS)]))
"""


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


@pytest.fixture(scope="module")
def executed(committed, tmp_path_factory):
    """The notebook as it ran on small sizes from a folder notebooks/, with a cell behind it that reads the maps."""
    root = tmp_path_factory.mktemp("project")
    folder = root / "notebooks"
    folder.mkdir()
    notebook = deepcopy(committed)
    for cell in code_cells(notebook):
        cell.outputs = []
    notebook.cells.append(nbformat.v4.new_code_cell(READ_MAPS))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("BAKEOFF_NOTEBOOK_SAMPLES", "500")
        monkeypatch.setenv("BAKEOFF_NOTEBOOK_FOLDS", "2")
        monkeypatch.setenv("BAKEOFF_NOTEBOOK_TREES", "10")
        monkeypatch.setenv("OMP_NUM_THREADS", "1")  # other tests run beside it
        monkeypatch.delenv("BAKEOFF_NOTEBOOK_OUTPUT", raising=False)
        monkeypatch.setenv("IPYTHONDIR", str(root / "ipython"))  # not the profile of whoever runs the tests
        run(notebook, folder)
    return notebook, root


def test_a_run_writes_the_chosen_parameters_as_a_config_that_training_takes(committed, executed):
    """Run from notebooks/, it draws every figure without a warning and writes the choice to the project's root."""
    notebook, root = executed
    config = read_config(TrainingConfig, ["--config", str(root / "chosen.yaml")], "test")
    chosen = chosen_parameters(committed)
    assert chosen
    assert config == TrainingConfig(dataset=DatasetConfig(**chosen))
    assert sum(len(pictures(cell)) for cell in code_cells(notebook)) == FIGURES
    assert not [output for output in outputs(notebook) if output.get("name") == "stderr"]


def test_the_maps_show_every_pair_of_values_for_every_classifier(executed):
    """A figure has a map per classifier on one scale; each cell holds its score, or a dash for what can't be made."""
    notebook, _ = executed
    printed = "".join(output.text for output in notebook.cells[-1].outputs)
    figures, grids = (json.loads(line) for line in printed.splitlines())
    noise, clouds = grids
    assert all(config for config, _ in noise)
    assert {True, False} == {config is None for config, _ in clouds}
    for figure, pairs, below in zip(figures, [noise, noise, clouds], [False, True, False], strict=True):
        assert [title(name) for name in default_parameters()] == [panel["title"] for panel in figure]
        assert len({tuple(panel["limits"]) for panel in figure}) == 1
        for name, panel in zip(default_parameters(), figure, strict=True):
            shown = [shown_value(config, scores and scores[name], below) for config, scores in pairs]
            assert shown == panel["cells"]


def shown_value(config, score, below_ceiling):
    if config is None:
        return "–"
    ceiling = 1 - config["flip_y"] * (1 - 1 / config["n_classes"])
    return f"{ceiling - score if below_ceiling else score:z.2f}"


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
