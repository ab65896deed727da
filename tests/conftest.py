"""Tests never touch the Prefect of the person who runs them."""

import logging
import os
import tempfile

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from bakeoff.runtime.objects.address import PACKAGES

# Before anything imports Prefect, which reads them once.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="bakeoff-prefect-")
os.environ["DO_NOT_TRACK"] = "1"
for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE", "PREFECT_API_AUTH_STRING"):
    os.environ.pop(name, None)

PACKAGES["memory"] = "fsspec"  # of tests alone

# A busy machine takes its time over an example; what is to be found is what the example shows.
settings.register_profile("bakeoff", deadline=None)
settings.load_profile("bakeoff")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Several processes of tests share the cores: threads of BLAS and OpenMP that wait for each other would spin."""
    with threadpool_limits(1):
        yield


@pytest.fixture(autouse=True)
def same_log_level():
    """A command that a test runs in its own process sets the level of its log."""
    logger = logging.getLogger("bakeoff")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.fixture(scope="session")
def prefect_server():
    """A server of the tests' own, on a temporary database."""
    from prefect.testing.utilities import prefect_test_harness  # late: it reads the environment

    with prefect_test_harness(server_startup_timeout=180):
        yield
