"""The Job that prefect-kubernetes makes of deployments/pools/kubernetes.yaml; there is no cluster to send it to."""

import asyncio
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_AUTH_STRING, temporary_settings

from deployments.pools.pool import VARIABLE, Pool

worker = pytest.importorskip("prefect_kubernetes.worker", reason="`make test-stack` installs it")
AUTH = "admin:a-secret"


@pytest.fixture
def pool(monkeypatch):
    monkeypatch.setenv(VARIABLE, "kubernetes")
    return Pool.named()


@pytest.fixture
def configuration(pool):
    """What a worker that has an auth string makes of the template for a run whose deployment has job variables."""
    variables = {"image": "registry.example.org/bakeoff:1", "memory": "16Gi", "env": {"MINE": "1"}}
    kind = worker.KubernetesWorkerJobConfiguration
    with temporary_settings({PREFECT_API_AUTH_STRING: AUTH}):
        made = asyncio.run(kind.from_template_and_values(pool.base_job_template, variables, client=object()))
        made.prepare_for_flow_run(FlowRun(id=uuid4(), flow_id=uuid4(), name="a-run"))
    return made


def pod_of(manifest):
    return manifest["spec"]["template"]["spec"]


def test_the_job_is_the_templates(configuration, pool):
    """But for the variables that stand in it."""
    made, template = (
        pod_of(configuration.job_manifest),
        pod_of(pool.base_job_template["job_configuration"]["job_manifest"]),
    )
    (container,), (given,) = made["containers"], template["containers"]
    same = ("securityContext", "volumes", "automountServiceAccountToken")
    assert [template[key] for key in same] == [made[key] for key in same]
    same = ("securityContext", "volumeMounts", "workingDir")
    assert [given[key] for key in same] == [container[key] for key in same]
    assert "registry.example.org/bakeoff:1" == container["image"]
    assert {"requests": {"cpu": "2", "memory": "16Gi"}, "limits": {"memory": "16Gi"}} == container["resources"]
    assert ["prefect", "flow-run", "execute"] == container["args"]
    names = [each["name"] for each in container["env"]]
    assert len(names) == len({*names})
    assert {"MINE", "BAKEOFF_ROOTS", "WAREHOUSE_URL", "AWS_SECRET_ACCESS_KEY"} <= {*names}


def test_the_workers_auth_string_is_not_written_into_a_job(configuration, pool, monkeypatch):
    """prefect-kubernetes puts it there in clear, unless `worker_env` names the Secret: then it is a reference."""
    from prefect_kubernetes.settings import KubernetesSettings

    for name, value in pool.worker_env.items():
        monkeypatch.setenv(name, value)
    settings = KubernetesSettings().worker
    assert AUTH in str(configuration.job_manifest)
    replaced = worker.KubernetesWorker._replace_env_variable_with_secret(
        None,
        env_variable_name="PREFECT_API_AUTH_STRING",
        configuration=configuration,
        secret_name=settings.api_auth_string_secret_name,
        secret_key=settings.api_auth_string_secret_key,
    )
    asyncio.run(replaced)
    assert AUTH not in str(configuration.job_manifest)
    reference = {"secretKeyRef": {"name": "bakeoff", "key": "auth-string"}}
    (container,) = pod_of(configuration.job_manifest)["containers"]
    entries = [each for each in container["env"] if each["name"] == "PREFECT_API_AUTH_STRING"]
    assert [{"name": "PREFECT_API_AUTH_STRING", "valueFrom": reference}] == entries
