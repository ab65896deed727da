"""A real server, `make deploy`'s command and a real worker."""

import json

import pytest
import yaml
from prefect_stack import ROOT, Stack, end, eventually

AUTOMATIONS = [
    "bakeoff: a crashed run is tried again",
    "bakeoff: a run that crashed again is tried once more",
    "bakeoff: a run that never started has crashed",
    "bakeoff: a silent run has crashed",
    "bakeoff: retrain on drift: training/nightly",
]

FORMER = "bakeoff: predict after training"
OWN = {"id", "created", "updated", "deployment_id", "concurrency_limit_id", "version_id", "version_info", "status"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory, migrated):
    """A server where everything is registered."""
    with Stack(tmp_path_factory.mktemp("stack"), template=migrated) as stack:
        stack.register()
        yield stack


@pytest.fixture(scope="module")
def again(stack):
    """What the server holds before everything is registered again, and after it, by what is asked.

    Somebody has paused the schedule and the pool and switched an automation off, and there is one of former times.
    """
    nightly = stack.deployment("nightly")
    schedule = f"deployments/{nightly['id']}/schedules/{nightly['schedules'][0]['id']}"
    (silent,) = [
        each for each in stack.ask("automations/filter") if each["name"] == "bakeoff: a silent run has crashed"
    ]
    stack.ask("automations/", name=FORMER, **{key: silent[key] for key in ("trigger", "actions", "enabled")})
    stack.change(schedule, active=False)
    stack.change("work_pools/bakeoff", is_paused=True)
    stack.change(f"automations/{silent['id']}", enabled=False)
    asked = ("deployments/filter", "work_pools/filter", "automations/filter")
    before, _, after = (
        {path: stack.ask(path) for path in asked},
        stack.register(),
        {path: stack.ask(path) for path in asked},
    )
    stack.change(schedule, active=True)
    stack.change("work_pools/bakeoff", is_paused=False)
    stack.change(f"automations/{silent['id']}", enabled=True)
    return before, after


def test_registering_again_doubles_nothing(again):
    """Three deployments, four automations, one pool; the automation of former times would ask for predictions twice."""
    _, after = again
    assert ["batch", "nightly", "weekly"] == sorted(deployment["name"] for deployment in after["deployments/filter"])
    assert AUTOMATIONS == sorted(automation["name"] for automation in after["automations/filter"])
    assert ["bakeoff"] == [pool["name"] for pool in after["work_pools/filter"]]
    (nightly,) = [deployment for deployment in after["deployments/filter"] if deployment["name"] == "nightly"]
    (schedule,) = nightly["schedules"]
    assert ("nightly", "0 2 * * *", "UTC") == (
        schedule["slug"], schedule["schedule"]["cron"], schedule["schedule"]["timezone"],
    )  # fmt: skip
    assert ({}, 1, "ENQUEUE") == (
        nightly["parameters"],
        nightly["global_concurrency_limit"]["limit"],
        nightly["concurrency_options"]["collision_strategy"],
    )


def test_what_is_as_it_should_be_is_left_alone(again):
    """An automation that is written again loses what it waits for."""
    before, after = (
        {each["name"]: each["updated"] for each in held["automations/filter"] if each["name"] != FORMER}
        for held in again
    )
    assert before == after


def test_what_somebody_paused_stays_paused(again):
    """Neither schedule nor pool nor automation is woken by registering again."""
    _, after = again
    active = {
        each["name"]: [schedule["active"] for schedule in each["schedules"]] for each in after["deployments/filter"]
    }
    assert {"nightly": [False], "weekly": [True], "batch": []} == active
    assert [True] == [pool["is_paused"] for pool in after["work_pools/filter"]]
    enabled = {each["name"] for each in after["automations/filter"] if each["enabled"]}
    assert {"bakeoff: a silent run has crashed"} == set(AUTOMATIONS) - enabled


def test_a_bare_prefect_deploy_makes_the_same_deployments(stack):
    """In a folder where `prefect.yaml` lies, once the pool exists."""

    def made():
        found = stack.ask("deployments/filter")
        return {each["name"]: {key: content(each[key]) for key in each if key not in OWN} for each in found}

    def content(value):
        """A part without its ids and times; a concurrency limit has the deployment's id as its name."""
        if isinstance(value, list):
            return [content(each) for each in value]
        return {key: value[key] for key in value if key not in {*OWN, "name"}} if isinstance(value, dict) else value

    expected = made()
    for name in expected:
        stack.drop(f"deployments/{stack.deployment(name)['id']}")
    deployed = stack.run("prefect", "deploy", "--all")
    assert 0 == deployed.returncode, deployed.stdout + deployed.stderr
    assert expected == made()
    stack.register()  # the automation runs a deployment by its id


def test_a_training_run_by_hand_asks_for_its_prediction(stack, tmp_path):
    """One that is told of a server."""
    flags = {"name": "by-hand", "store": str(tmp_path / "models"), "workspace": str(tmp_path / "work")}
    given = [text for flag, value in flags.items() for text in (f"--{flag}", value)]
    trained = stack.run("flows.training", *given, "--dataset.n_samples", "300", "--quiet")
    assert 0 == trained.returncode, trained.stderr
    (asked,) = stack.runs(stack.deployment("batch"))
    wanted = {"version": "latest", "name": "by-hand", "store": flags["store"]}
    assert ("SCHEDULED", wanted) == (asked["state"]["type"], asked["parameters"]["config"])


@pytest.mark.parametrize("name", ["nightly", "weekly"])
def test_the_schedule_creates_runs(stack, name):
    """With the pinned versions the scheduler works at all."""
    assert eventually(lambda: stack.runs(stack.deployment(name), "SCHEDULED"))


def test_what_killed_runs_left_behind_is_removed(stack, tmp_path):
    """By a worker, where the run says; its other fields are the deployment's."""
    (tmp_path / "bakeoff-run-killed").mkdir()
    (tmp_path / "bakeoff-run-killed" / "bakeoff.lock").write_text("")
    worker = stack.start_worker()
    run = stack.ask_for_run(stack.deployment("weekly"), workspace=str(tmp_path), predictions=str(tmp_path))
    assert eventually(lambda: "COMPLETED" == stack.state(run)["type"]), stack.state(run)
    end(worker)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ('{"dataset": {"n_sample": 2000}}', "'n_sample' was unexpected"),
        ('{"dataset": {"n_samples": 3}}', "3 is less than the minimum of 10"),
    ],
)
def test_a_wrong_override_is_refused_before_a_run_exists(stack, config, sentence):
    """By the name of the field."""
    refused = stack.run("prefect", "deployment", "run", "training/nightly", "--param", f"config={config}")
    assert 0 != refused.returncode
    assert sentence in " ".join((refused.stdout + refused.stderr).split())
    # The schedule makes runs of its own meanwhile, and another test may have asked for one that is right.
    runs = stack.runs(stack.deployment("nightly"))
    assert not [
        run for run in runs if not run["auto_scheduled"] and run["parameters"] == {"config": json.loads(config)}
    ]


def test_a_server_that_is_not_there_or_refuses_is_one_line(stack):
    """No address, nobody at the address, and a server that asks for another auth string."""
    refused = stack.run("deployments.register", PREFECT_API_URL="")
    assert (2, 1) == (refused.returncode, len(refused.stderr.splitlines()))
    assert "set PREFECT_API_URL" in refused.stderr


def test_another_pool_takes_the_deployments_and_gives_them_back(stack):
    """As its file says, also after somebody has changed the pool; it stays paused."""

    def pools():
        return {each["name"]: each["work_pool_name"] for each in stack.ask("deployments/filter")}

    def register():
        registered = stack.run("deployments.register", BAKEOFF_POOL="kubernetes")
        assert 0 == registered.returncode, registered.stdout + registered.stderr

    before = pools()
    register()
    stack.change("work_pools/bakeoff-kubernetes", is_paused=True, base_job_template={})
    register()
    assert dict.fromkeys(before, "bakeoff-kubernetes") == pools()
    (pool,) = [each for each in stack.ask("work_pools/filter") if "bakeoff-kubernetes" == each["name"]]
    expected = yaml.safe_load((ROOT / "deployments/pools/kubernetes.yaml").read_text())
    assert (True, expected["base_job_template"]) == (pool["is_paused"], pool["base_job_template"])
    stack.register()
    assert before == pools()
