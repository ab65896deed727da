"""The notebook from a table of one's own to a decision threshold: it runs to its end without a warning."""

from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

import bakeoff

pytestmark = pytest.mark.xdist_group("notebook")

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "your_own_table.ipynb"


class OwnKernel(AsyncKernelManager):
    """A kernel of the interpreter that runs the tests."""

    def _kernel_spec_manager_default(self):
        return KernelSpecManager(kernel_dirs=[])


def test_it_ends_with_a_version_a_report_and_a_threshold(tmp_path, monkeypatch):
    """The version can be loaded, the report is written, and the costs are drawn; the committed file has no outputs."""
    committed = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in committed.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in code)
    monkeypatch.setenv("BAKEOFF_NOTEBOOK_ROOT", str(NOTEBOOK.parents[1]))
    monkeypatch.setenv("BAKEOFF_NOTEBOOK_OUTPUT", str(tmp_path / "models"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = deepcopy(committed)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_manager_class=OwnKernel, timeout=300, resources=resources).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert ["kept", "sent back"] == bakeoff.load("orders", store=tmp_path / "models").classes
    (report,) = [line for output in outputs for line in output.get("text", "").splitlines() if "report:" in line]
    assert Path(report.split(": ")[1]).is_file()
    assert 1 == len([output for output in outputs if "image/png" in output.get("data", {})])
    assert not [output.text for output in outputs if output.get("name") == "stderr" and "Warning" in output.text]
