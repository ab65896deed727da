"""A port is checked before the system is asked for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("port", ["99999", "-1", "x"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    """The system would take another."""
    done = subprocess.run(
        [sys.executable, "-m", "deployments.server", f"--port={port}"],
        check=False, capture_output=True, text=True, timeout=60, cwd=ROOT,
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
    )  # fmt: skip
    assert (2, 1) == (done.returncode, done.stderr.count("\n")), done.stderr
    assert f"'{port}' is no port: 0 to 65535" in done.stderr
