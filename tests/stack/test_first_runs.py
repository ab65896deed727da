"""What a new PREFECT_HOME begins with."""

import os
import subprocess
import sys

from prefect_stack import ROOT


def test_two_first_runs_at_once_make_one_database(tmp_path):
    """In a new PREFECT_HOME their servers take turns."""
    flags = [
        "--dataset.n_samples",
        "300",
        "--classifiers",
        '{"logistic_regression": {}}',
        "--workspace",
        str(tmp_path / "work"),
    ]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "flows.training", "--store", str(tmp_path / name), *flags],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT,
            env=kept | {"PREFECT_HOME": str(tmp_path / "home")},
        )
        for name in "ab"
    ]  # fmt: skip
    errors = [process.communicate(timeout=200)[1] for process in runs]
    assert [0, 0] == [process.returncode for process in runs], errors
