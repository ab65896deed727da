"""One real Prefect server for the tests that ask for it."""

import pytest
from prefect.testing.utilities import prefect_test_harness


@pytest.fixture(scope="session")
def prefect_server():
    """A server of the tests' own, on a temporary database."""
    with prefect_test_harness(server_startup_timeout=180):
        yield
