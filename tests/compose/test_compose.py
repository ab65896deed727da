"""The whole product under docker-compose, in the order in which a person meets it."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import httpx
import pytest
from browser import Browser
from compose_stack import IMAGE, ROOT, docker
from prefect_stack import eventually

from bakeoff.store.key_files import generate_keys

SMALL = {"dataset": {"n_samples": 500}}


def versions(compose):
    return [version["version"] for version in json.loads(compose.models())]


def completed(compose, run):
    done = eventually(lambda: compose.state(run)["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
    return done and "COMPLETED" == compose.state(run)["type"]


def ended(compose):
    """The training runs that are history; those to come are made again by every deploy."""
    runs = compose.runs(compose.deployment("nightly"), "COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    return {run["id"] for run in runs}


def test_without_env_every_command_says_what_to_do(compose, tmp_path):
    """In one line, and nothing is started."""
    (tmp_path / "empty").write_text("")
    command = [*compose.command[: compose.command.index("--env-file")], "--env-file", str(tmp_path / "empty"), "up"]
    refused = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert 0 != refused.returncode
    assert 'run "make env" first' in refused.stderr
    assert 1 == len(refused.stderr.strip().splitlines())


def test_the_image_is_lean_and_runs_as_nobody_special(compose):
    """From an empty state: the versions of the lock, no compiler, no cache, no root; under 1.1 GB over its base."""
    fresh = () if os.environ.get("BAKEOFF_TEST_CACHE") else ("--no-cache",)
    compose("build", *fresh, "training")
    image = json.loads(docker("image", "inspect", IMAGE))[0]
    base = json.loads(docker("image", "inspect", "python:3.13-slim-bookworm"))[0]
    size = (image["Size"] - base["Size"]) / 1e9
    print(f"{size:.2f} GB over the base")
    assert size < 1.1
    assert "bakeoff" == image["Config"]["User"]
    assert image["Config"]["Healthcheck"]["Test"]
    labels = image["Config"]["Labels"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == labels["org.opencontainers.image.version"]
    assert "10001" == inside("sh", "id -u; command -v gcc cc uv; ls -A ~/.cache /build; touch x && echo written; true")
    assert "" == inside("sh", "find /app -name .git -o -name .env -o -name tests -o -name '*.log'")
    pins = (line.split(" ")[:3] for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line)
    locked = {pin for pin, *marker in pins if marker[:1] != [";"]}
    assert locked - set(inside("python", INSTALLED).split()) == set()


INSTALLED = """
from importlib.metadata import distributions
for found in distributions():
    print(f"{found.name.lower().replace('_', '-').replace('.', '-')}=={found.version}")
"""


def inside(program, text):
    return docker("run", "--rm", "--entrypoint", program, IMAGE, "-c", text)


def test_a_container_writes_to_its_volumes_alone(compose):
    """The root filesystem is read-only; and a config leads to no other folder."""
    tried = "touch /app/x /opt/x /home/bakeoff/x; touch /tmp/x /app/models/.x && rm /app/models/.x && echo written"
    command = ("run", "--rm", "--no-deps", "--entrypoint", "sh", "training", "-c", tried)
    done = compose(*command)
    assert 3 == done.stderr.count("Read-only file system")
    assert "written" == done.stdout.strip()
    refused = compose("run", "--rm", "prediction", "--input", "/etc/passwd", check=False)
    assert 2 == refused.returncode
    assert "'/etc/passwd' lies outside of /app/models" in refused.stderr + refused.stdout


def test_prediction_on_an_empty_store_says_train_first(compose):
    """The server it needs is started; exit 2."""
    refused = compose("run", "--rm", "prediction", check=False)
    assert 2 == refused.returncode
    assert "train first" in refused.stderr + refused.stdout


def test_training_and_prediction_by_hand(compose):
    """Each starts what it needs; results outlive the containers."""
    trained = compose("run", "--rm", "training", "--dataset.n_samples", "500")
    assert trained.stdout.strip().splitlines()[-1].startswith("models/classifier/")
    assert "deadlock" not in trained.stderr  # Python's warning of forks
    predicted = compose("run", "--rm", "prediction")
    assert predicted.stdout.strip().splitlines()[-1].startswith("predictions/")
    assert 1 == len(versions(compose))


def test_who_trains_signs_and_who_predicts_asks_for_it(compose, monkeypatch):
    """With the keys that .env names; the prediction service is not given the private one."""
    private, public, _ = generate_keys(Path(compose.environment["BAKEOFF_SECRETS"]))
    private.chmod(0o644)  # the container's user is another one
    shutil.move(public, compose.environment["BAKEOFF_KEYS"])
    monkeypatch.setitem(compose.environment, "BAKEOFF_SIGNING_PRIVATE_KEY", "secrets/private.pem")
    monkeypatch.setitem(compose.environment, "BAKEOFF_SIGNING_PUBLIC_KEY", "keys/public.pem")
    compose("run", "--rm", "training", "--name", "signed", "--dataset.n_samples", "500")
    predicted = compose("run", "--rm", "prediction", "--name", "signed")
    assert predicted.stdout.strip().splitlines()[-1].startswith("predictions/")
    refused = compose("run", "--rm", "prediction", check=False)
    assert 1 == refused.returncode
    assert "is not signed" in refused.stderr + refused.stdout
    looked = compose(
        "run", "--rm", "--no-deps", "--entrypoint", "sh", "prediction", "-c", "env; ls secrets keys", check=False
    )
    assert "BAKEOFF_SIGNING_PUBLIC_KEY=keys/public.pem" in looked.stdout
    assert "private" not in looked.stdout.lower()


def test_a_worker_takes_up_what_is_asked_for(up):
    """Registered, scheduled, behind the auth string; one training run to COMPLETED, and the prediction after it."""
    assert 401 == httpx.post(f"{up.url}/deployments/filter", json={}, timeout=10).status_code
    ports = docker("inspect", "-f", "{{json .NetworkSettings.Ports}}", *up.containers("server"))
    assert {"127.0.0.1"} == {bound["HostIp"] for several in json.loads(ports).values() for bound in several or []}
    nightly, batch = up.deployment("nightly"), up.deployment("batch")
    assert eventually(lambda: up.runs(nightly, "SCHEDULED"))
    # Tests that run at two in the morning count versions too.
    up.change(f"deployments/{nightly['id']}/schedules/{nightly['schedules'][0]['id']}", active=False)
    asked = up(
        "run", "--rm", "--entrypoint", "prefect", "training",
        "deployment", "run", "training/nightly", "--param", f"config={json.dumps(SMALL)}",
    )  # fmt: skip
    run = {"id": re.search(r"UUID: (\S+)", asked.stdout)[1]}
    assert completed(up, run), up.state(run)
    assert 2 == len(versions(up))
    assert eventually(lambda: up.runs(batch, "COMPLETED"))
    keys = {artifact["key"] for artifact in up.ask("artifacts/filter")}
    shown = ("leaderboard", "classification-report", "model-card", "prediction-summary")
    assert {f"{each}-classifier" for each in shown} <= keys


def test_the_pages_show_runs_and_artifacts(up, tmp_path):
    """Both sets of pages, in a browser, to who has the auth string; they ask the server at BAKEOFF_PORT."""
    pages = up.url.removesuffix("/api")
    (trained, *_) = up.runs(up.deployment("nightly"), "COMPLETED")
    ids = {artifact["key"]: artifact["id"] for artifact in up.ask("artifacts/filter")}
    with Browser(tmp_path) as browser:
        assert [] == browser.sees(f"{pages}/", "Login")
        browser.sign_in(up.settings["BAKEOFF_AUTH"])
        for version in ("", "v2/"):
            run, artifact = f"{pages}/{version}runs/flow-run/{trained['id']}", f"{pages}/{version}artifacts/artifact"
            assert [] == browser.sees(f"{pages}/{version}dashboard", "Dashboard", "Active Work Pools", "bakeoff")
            assert [] == browser.sees(run, "train classifier", "Completed", "Task runs")
            assert [] == browser.sees(f"{artifact}/{ids['leaderboard-classifier']}", "Winner", "★", "random forest")
            assert [] == browser.sees(f"{artifact}/{ids['model-card-classifier']}", "How it was made")


def test_a_server_needs_no_place_to_write_its_pages(compose):
    """The image alone, read-only."""
    scratch = ("--tmpfs", "/tmp", "--tmpfs", "/home/bakeoff/.prefect:uid=10001,gid=10001")
    name = f"{compose.project}-alone"
    docker("run", "-d", "--rm", "--name", name, "--read-only", *scratch, IMAGE, "prefect", "server", "start")
    try:
        command = ["docker", "exec", name, "python", "-c", OPEN_PAGES]
        assert eventually(lambda: 0 == subprocess.run(command, check=False, capture_output=True).returncode)
    finally:
        docker("stop", name)


OPEN_PAGES = """
from urllib.request import Request, urlopen
for path in ("", "dashboard", "v2/"):
    request = Request(f"http://127.0.0.1:4200/{path}", headers={"Accept": "text/html"})
    assert b"<title>" in urlopen(request).read()
"""


@pytest.mark.parametrize("service", ["postgres", "server", "worker"])
def test_a_service_that_is_restarted_loses_nothing(up, service):
    """The next run goes through, and what was there is there."""
    nightly = up.deployment("nightly")
    before, history = versions(up), ended(up)
    up("restart", service)
    assert eventually(lambda: up.healthy("postgres", "server", "worker"))
    run = up.ask_for_run(nightly, **SMALL)
    assert completed(up, run), up.state(run)
    assert len(before) + 1 == len(versions(up))
    assert history | {run["id"]} == ended(up)


def test_a_run_outlives_a_restart_of_the_server(up):
    """It goes on meanwhile, and reports when the server is back."""
    run = up.ask_for_run(up.deployment("nightly"), dataset={"n_samples": 30000})
    assert eventually(lambda: "RUNNING" == up.state(run)["type"])
    before = versions(up)
    up("restart", "server")
    assert eventually(lambda: up.healthy("server"))
    assert completed(up, run), up.state(run)
    assert len(before) + 1 == len(versions(up))


def test_several_workers_share_the_work(up):
    """Predictions have no limit of one: more than one of three workers takes them up."""
    up("up", "-d", "--scale", "worker=3")
    assert eventually(lambda: 3 == len(up.containers("worker")) and up.healthy("worker"))
    batch = up.deployment("batch")
    runs = [up.ask_for_run(batch, version="latest") for _ in range(6)]
    assert all(completed(up, run) for run in runs)
    workers = {up.worker_of(run) for run in runs}
    print(f"{len(workers)} workers")
    assert len(workers) > 1
    up("up", "-d", "--scale", "worker=1", "worker")


def test_a_dask_cluster_fits_what_it_is_asked_to(up):
    """The profile `scale`: two workers, which read the rows from the shared workspace."""
    up("--profile", "scale", "up", "-d", "--scale", "dask-worker=2", "scheduler", "dask-worker")
    assert eventually(lambda: 2 == up("logs", "scheduler").stdout.count("Register worker"))
    flags = ("--runner", "dask", "--dask.address", "tcp://scheduler:8786", "--dataset.n_samples", "2000")
    trained = up("run", "--rm", "training", *flags, "--name", "scaled")
    assert trained.stdout.strip().splitlines()[-1].startswith("models/scaled/")
    told = trained.stdout + trained.stderr
    assert "fits and folds run on 2 threads of the Dask cluster at tcp://scheduler:8786" in told
    assert "the rows are read from the shared workspace" in told
    assert "random forest, fold 5 of 5" in "".join(
        line["message"] for line in up.ask("logs/filter", limit=200, sort="TIMESTAMP_DESC")
    )
    up("--profile", "scale", "rm", "--stop", "--force", "scheduler", "dask-worker")


def test_down_and_up_again_keeps_models_and_history(up):
    """And what was registered is not doubled."""
    nightly = up.deployment("nightly")
    before, history = versions(up), ended(up)
    automations = up.ask("automations/count")
    up("down")
    up("up", "-d", "worker")
    assert eventually(lambda: up.healthy("postgres", "server", "worker"))
    assert before == versions(up)
    assert history == ended(up)
    assert nightly["id"] == up.deployment("nightly")["id"]
    assert automations == up.ask("automations/count")
    run = up.ask_for_run(nightly, **SMALL)
    assert completed(up, run), up.state(run)
