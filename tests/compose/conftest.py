"""The compose stack from an empty state; its volumes are gone afterwards."""

import shutil

import pytest
from compose_stack import Compose
from prefect_stack import eventually

from deployments import env_file


@pytest.fixture(scope="session")
def compose(tmp_path_factory):
    """Nothing is built and nothing runs yet."""
    assert shutil.which("docker"), "there is no Docker here"
    folder = tmp_path_factory.mktemp("compose")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(env_file, "ENV", folder / ".env")
        patch.setattr(env_file, "MOUNTED", [folder / "data", folder / "keys", folder / "secrets"])
        assert 0 == env_file.main()
    compose = Compose(folder)
    try:
        yield compose
    finally:
        compose("down", "--volumes", "--remove-orphans")


@pytest.fixture
def up(compose):
    """Everything runs, as after `docker-compose up worker`."""
    compose("up", "-d", "worker")
    assert eventually(lambda: compose.healthy("postgres", "server", "worker"))
    return compose
