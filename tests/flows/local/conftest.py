"""What tests of single modules start from."""

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A PREFECT_HOME of the test's own, and nothing that the environment says of servers."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    for name in ("PREFECT_API_AUTH_STRING", "PREFECT_SERVER_CORS_ALLOWED_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
