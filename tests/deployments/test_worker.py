"""What `make worker` starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bakeoff.errors import ConfigError
from deployments.pools.pool import Pool
from deployments.worker import check_installed

ROOT = Path(__file__).parents[2]
BECOMES_A_PROBE = """
import signal
from deployments import worker
signal.signal(signal.SIGINT, signal.SIG_IGN)
worker.wait_for_server = worker.enter_server = lambda url: None
worker.COMMAND = ["-c", "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"]
worker.main()
"""


def test_a_worker_in_a_scripts_background_hears_ctrl_c(tmp_path):
    """Such a command inherits that SIGINT is ignored, by which Prefect would end its worker on SIGTERM."""
    settings = {"PREFECT_HOME": str(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    done = subprocess.run(
        [sys.executable, "-c", BECOMES_A_PROBE],
        check=False, capture_output=True, text=True, timeout=60, cwd=ROOT, env=os.environ | settings,
    )  # fmt: skip
    assert (0, "True\n") == (done.returncode, done.stdout), done.stderr


def test_a_worker_without_its_pools_package_is_one_line():
    """Prefect would ask whether to install it."""
    pool = Pool(name="mine", type="unheard_of", project=ROOT)
    with pytest.raises(
        ConfigError, match=r"^the work pool mine needs prefect-unheard_of: install bakeoff\[unheard_of]$"
    ):
        check_installed(pool)
