"""The work pool of containers: a server and a worker on this machine, and a container for each run."""

import os

import pytest
import yaml
from compose_stack import IMAGE, docker
from prefect_stack import Stack, eventually

from deployments.pools.pool import FOLDER

ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
SECRET = "postgresql://somebody:a-secret@warehouse/rows"
SAVE = f"from prefect.blocks.system import Secret; Secret(value={SECRET!r}).save('warehouse-url')"


@pytest.fixture(scope="module")
def volumes():
    """Those of `deployments/pools/docker.yaml` under names of the test's own; gone afterwards."""
    prefix = f"bakeoffpool{os.getpid()}_"
    yield prefix
    if made := docker("volume", "ls", "-q", "--filter", f"name={prefix}").split():
        docker("volume", "rm", *made)


@pytest.fixture(scope="module")
def stack(compose, volumes, tmp_path_factory):
    """Everything is registered with the pool, whose worker runs."""
    pytest.importorskip("prefect_docker", reason="`make test-compose` installs it")
    compose("build", "training")
    folder = tmp_path_factory.mktemp("pool")
    pool = yaml.safe_load((FOLDER / "docker.yaml").read_text())
    variables = pool["base_job_template"]["variables"]["properties"]
    mounted = [each.replace("bakeoff_", volumes) for each in variables["volumes"]["default"]]
    variables["volumes"]["default"] = [each.replace("./", f"{compose.env_file.parent}/") for each in mounted]
    variables["env"]["default"]["WAREHOUSE_URL"] = "{{ prefect.blocks.secret.warehouse-url }}"
    variables["image"]["default"] = IMAGE
    (folder / "pool.yaml").write_text(yaml.safe_dump(pool))
    with Stack(folder, BAKEOFF_POOL=str(folder / "pool.yaml")) as stack:
        stack.register()
        saved = stack.run("timeit", "-n", "1", "-r", "1", SAVE, PREFECT_API_AUTH_STRING=":".join(stack.auth))
        assert 0 == saved.returncode, saved.stderr
        stack.start_worker()
        yield stack


@pytest.fixture(scope="module")
def trained(stack):
    """A training run that has ended, and how Docker saw its container."""
    run = stack.ask_for_run(stack.deployment("nightly"), dataset={"n_samples": 500})
    own = f"label=io.prefect.flow-run-id={run['id']}"
    (container,) = eventually(lambda: docker("ps", "-q", "--filter", own).split(), pause=0.1)
    seen = yaml.safe_load(docker("inspect", container))[0]
    assert eventually(lambda: stack.state(run)["type"] in ENDED)
    return run, seen


def test_a_run_trains_in_a_container(stack, trained, volumes):
    """Its version stands in the volume, owned by the image's user."""
    run, _ = trained
    assert "COMPLETED" == stack.state(run)["type"], stack.state(run)
    looked = docker(
        "run", "--rm", "-v", f"{volumes}models:/m", IMAGE, "find", "/m", "-name", "card.json", "-user", "10001"
    )
    assert 1 == len(looked.split())


def test_its_prediction_finds_the_version(stack, trained):
    """Which the training run has asked for, in a container of its own."""
    batch = stack.deployment("batch")
    (asked,) = eventually(lambda: stack.runs(batch, *ENDED))
    assert "COMPLETED" == asked["state"]["type"], asked["state"]


def test_a_container_is_confined_and_knows_its_secrets(stack, trained):
    """The template has the secret's name alone."""
    _, seen = trained
    host = seen["HostConfig"]
    assert (True, ["ALL"], 4 << 30) == (host["ReadonlyRootfs"], host["CapDrop"], host["Memory"])
    assert "10001:10001" == seen["Config"]["User"]
    assert f"WAREHOUSE_URL={SECRET}" in seen["Config"]["Env"]
    (pool,) = stack.ask("work_pools/filter")
    assert "a-secret" not in str(pool)


def test_drift_is_awaited_from_the_store_of_the_containers(stack):
    """By its path there."""
    (retrain,) = [each for each in stack.ask("automations/filter") if "retrain" in each["name"]]
    assert "/app/models" == retrain["trigger"]["match"]["bakeoff.store"]


def test_a_cancelled_run_stops(stack, trained):
    """And its container is removed."""
    run = stack.ask_for_run(stack.deployment("nightly"), dataset={"n_samples": 100000})
    assert eventually(lambda: "RUNNING" == stack.state(run)["type"])
    stack.ask(f"flow_runs/{run['id']}/set_state", state={"type": "CANCELLING"})
    assert eventually(lambda: "CANCELLED" == stack.state(run)["type"])
    own = f"label=io.prefect.flow-run-id={run['id']}"
    assert eventually(lambda: not docker("ps", "-aq", "--filter", own))
