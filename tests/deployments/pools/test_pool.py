"""The files of work pools: what Prefect makes of them for a run."""

import asyncio
from uuid import uuid4

import pytest
import yaml
from prefect.client.schemas.objects import FlowRun
from prefect.workers.base import BaseJobConfiguration
from pydantic import Field

from bakeoff.errors import ConfigError
from deployments.pools.pool import FOLDER, PROCESSES, ROOT, VARIABLE, Pool


class Rendered(BaseJobConfiguration):
    """What Prefect's own code makes of any template: fields of all types."""

    image: str | None = None
    volumes: list[str] = Field(default_factory=list)
    network_mode: str | None = None
    container_create_kwargs: dict = Field(default_factory=dict)
    job_manifest: dict = Field(default_factory=dict)


def render(pool, **job_variables):
    """What the worker does before a run."""
    made = Rendered.from_template_and_values(pool.base_job_template, job_variables, client=object())  # no server
    rendered = asyncio.run(made)
    rendered.prepare_for_flow_run(FlowRun(id=uuid4(), flow_id=uuid4(), name="a-run"))
    return rendered


def named(monkeypatch, name):
    monkeypatch.setenv(VARIABLE, str(name))
    return Pool.named()


@pytest.fixture
def docker(monkeypatch):
    return named(monkeypatch, "docker")


@pytest.fixture
def kubernetes(monkeypatch):
    return named(monkeypatch, "kubernetes")


@pytest.fixture
def job(kubernetes):
    """The Job of a run, as Prefect renders any template; tests/stack has prefect-kubernetes do it."""
    return render(kubernetes, image="registry.example.org/bakeoff:1", memory="16Gi").job_manifest


def pod(job):
    return job["spec"]["template"]["spec"]


def test_without_a_name_runs_are_processes(monkeypatch):
    """As in prefect.yaml, which a bare `prefect deploy --all` reads."""
    assert [PROCESSES] * 2 == [named(monkeypatch, ""), named(monkeypatch, "process")]
    file = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    assert {PROCESSES.name} == {deployment["work_pool"]["name"] for deployment in file["deployments"]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "it should be process, docker, kubernetes, or a file like pools/docker.yaml"),
        ("name: [", "expected the node content"),
        ("name: mine", "describes no pool: type: Field required; project: Field required"),
    ],
)
def test_a_file_that_is_none_of_a_pool_is_one_line(monkeypatch, tmp_path, content, sentence):
    """A wrong name, no YAML, a field that is missing."""
    file = tmp_path / "mine.yaml"
    if content:
        file.write_text(content)
    with pytest.raises(ConfigError) as refused:
        named(monkeypatch, file)
    assert sentence in str(refused.value)
    assert 1 == len(str(refused.value).splitlines())


def test_deployments_move_and_keep_their_own_job_variables(docker):
    """But for where the project lies on the machine that deploys."""
    variables = {"working_dir": "/here", "command": "/here/python", "env": {"A": "b"}}
    own = {"work_queue_name": "own", "job_variables": variables}
    moved = docker.take({"pull": [], "deployments": [{"name": "one", "work_pool": own}]})
    pool = {"name": "bakeoff-docker", "work_queue_name": "own", "job_variables": {"env": {"A": "b"}}}
    assert [{"name": "one", "work_pool": pool}] == moved["deployments"]
    assert [{"prefect.deployments.steps.set_working_directory": {"directory": "/app"}}] == moved["pull"]


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_a_run_finds_what_compose_gives_it(monkeypatch, name):
    """A user of no rights, the same folders, and no way out of them; its own env comes on top."""
    monkeypatch.setenv("PREFECT_HOME", "/of/the/worker")
    rendered = render(named(monkeypatch, name), env={"MINE": "1"})
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-verifying"]["BAKEOFF_ROOTS"]
    assert f"${{BAKEOFF_ROOTS:-{rendered.env['BAKEOFF_ROOTS']}}}" == compose
    assert ("1", "/home/bakeoff/.prefect") == (rendered.env["MINE"], rendered.env["PREFECT_HOME"])
    assert "prefect flow-run execute" == rendered.command


def test_a_container_is_confined_as_composes_are(docker):
    """What docker-compose.yml says of all services, and the same volumes."""
    rendered = render(docker, image="other:1")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert "other:1" == rendered.image
    mounted = {volume.split(":", 1)[1] for volume in compose["x-run"]["volumes"][:3]}
    assert mounted == {volume.split(":", 1)[1] for volume in rendered.volumes[:3]}
    assert all(volume.endswith(":ro") for volume in rendered.volumes[3:])
    service = {key: compose["x-bakeoff"][key] for key in ("init", "cap_drop", "security_opt", "read_only")}
    assert service == {key: rendered.container_create_kwargs[key] for key in service}
    tmpfs = {f"{folder}:{options}" for folder, options in rendered.container_create_kwargs["tmpfs"].items()}
    assert {*compose["x-bakeoff"]["tmpfs"]} == tmpfs


def test_every_service_of_compose_is_confined():
    """The database, too: its image needs a few capabilities until it has become its own user."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert service["read_only"], name
    added = {name: set(service["cap_add"]) for name, service in services.items() if "cap_add" in service}
    assert {"postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}} == added


def test_a_jobs_image_and_resources_are_the_deployments(job):
    """What its job variables say."""
    (container,) = pod(job)["containers"]
    assert "registry.example.org/bakeoff:1" == container["image"]
    assert {"requests": {"cpu": "2", "memory": "16Gi"}, "limits": {"memory": "16Gi"}} == container["resources"]


def test_a_job_is_confined(job):
    """No root, no token of the cluster, a root filesystem that can't be written, and a place for what is."""
    (container,) = pod(job)["containers"]
    assert {"runAsNonRoot": True, "runAsUser": 10001}.items() <= pod(job)["securityContext"].items()
    assert pod(job)["automountServiceAccountToken"] is False
    expected = {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert expected == container["securityContext"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert {volume["name"] for volume in pod(job)["volumes"]} == set(mounts)
    claims = {each["name"]: each.get("persistentVolumeClaim", {}).get("claimName") for each in pod(job)["volumes"]}
    assert ("bakeoff-models", "/app/models") == (claims["models"], mounts["models"])


def test_a_job_takes_secrets_from_a_secret(job):
    """By reference, or as files; the template holds no value."""
    (container,) = pod(job)["containers"]
    references = {
        each["name"]: each["valueFrom"]["secretKeyRef"]["name"] for each in container["env"] if "valueFrom" in each
    }
    secret = {"PREFECT_API_AUTH_STRING", "WAREHOUSE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert dict.fromkeys(secret, "bakeoff") == references
    (files,) = [volume["secret"] for volume in pod(job)["volumes"] if "secret" in volume]
    assert ("bakeoff", 0o440) == (files["secretName"], files["defaultMode"])
