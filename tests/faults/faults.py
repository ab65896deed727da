"""Faults of the compose stack: each breaks a part of it, and mends it again if nothing else would."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compose_stack import docker
from step_clock import set_clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from compose_stack import Compose

TRAINING = {
    "name": "orders",
    "retrain": "always",
    "dataset": {"n_samples": 3000},
    "classifiers": {"logistic_regression": {}, "random_forest": {"n_estimators": 50}},
}
ON_DASK = {"runner": "dask", "dask": {"address": "tcp://scheduler:8786"}}
CLUSTER = ("scheduler", "dask-worker")
SIGNALS = {"killed": signal.SIGKILL, "terminated": signal.SIGTERM}
SERVICES = ("worker", "server", "postgres")
PAUSES = (5, 60, 180)  # seconds
OUTAGE = 20  # seconds without network, room on a disk, memory, or the right time
STEPS = {"ahead": 3600, "behind": -3600}  # seconds that a clock is stepped by
SCARCE, USUAL = "400m", "4g"  # memory of a worker
PLACES = {  # where a container's disk may be full
    "store": ("worker", "/app/models"),
    "predictions": ("worker", "/app/predictions"),
    "workspace": ("worker", "/app/.bakeoff"),
    "/tmp": ("worker", "/tmp"),
    "database": ("postgres", "/var/lib/postgresql/data"),
}


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: what happens, for the table.
        strike: breaks the stack, and returns when it has mended it, if nothing else would; returns the runs that it
            asked for, each as deployment and run.
        seconds: how long it lasts by itself.
        on_dask: whether the training run under way fits its contestants on a Dask cluster.
    """

    name: str
    strike: "Callable[[Compose, Random], list | None]"
    seconds: float = 0
    on_dask: bool = False


def main_process(container):
    """The process id, on this machine, of a container's first process."""
    return int(docker("inspect", "-f", "{{.State.Pid}}", container))


def processes(container, pattern):
    """The process ids, on this machine, of a container's processes whose command has the pattern."""
    listed = docker("top", container, "-eo", "pid,args").splitlines()[1:]
    return [int(line.split(None, 1)[0]) for line in listed if pattern in line]


def send(pid, sign):
    """Send a signal, unless the process has ended by itself."""
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def stop_service(service, sign):
    """A container's first process gets a signal; Docker starts it again, as after a crash."""

    def strike(compose, random):
        # Not `docker kill`, after which Docker would leave it down.
        send(main_process(random.choice(compose.containers(service))), sign)

    return strike


def stop_process(pattern, sign):
    """One process of a worker's container gets a signal: a flow's, or one of those that fit its contestants."""

    def strike(compose, random):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := [pid for worker in compose.containers("worker") for pid in processes(worker, pattern)]:
                return send(random.choice(found), sign)
            time.sleep(0.2)
        raise AssertionError(f"no process of {pattern} was there to be stopped")

    return strike


def pause(service, seconds):
    """A container stands still, as on a machine that sleeps."""

    def strike(compose, random):
        container = random.choice(compose.containers(service))
        docker("pause", container)
        time.sleep(seconds)
        docker("unpause", container)

    return strike


def cut_off(service):
    """A container is without network for a while."""

    def strike(compose, random):
        container, network = random.choice(compose.containers(service)), f"{compose.project}_default"
        docker("network", "disconnect", network, container)
        time.sleep(OUTAGE)
        docker("network", "connect", "--alias", service, network, container)

    return strike


def fill(service, folder):
    """A disk is full for a while: the campaign's volumes are small and in memory."""

    def strike(compose, random):
        container, file = random.choice(compose.containers(service)), f"{folder}/.full"
        # What is freed meanwhile is taken, too.
        command = f"for second in $(seq {OUTAGE}); do cat /dev/zero >> {file} 2>/dev/null; sleep 1; done; rm {file}"
        subprocess.run(["docker", "exec", container, "sh", "-c", command], check=False)
        subprocess.run(["docker", "exec", container, "rm", "-f", file], check=False)

    return strike


def set_wrong(services, seconds):
    """The clocks of services are wrong for a while, then right: they are stepped both ways."""

    def strike(compose, random):
        for off in (seconds, 0):
            for service in services:
                set_clock(compose.env_file.parent / "clocks" / service, off)
            if off:
                time.sleep(OUTAGE)

    return strike


def starve(compose, random):
    """A worker has so little memory for a while that the kernel kills what asks for more."""
    container = random.choice(compose.containers("worker"))
    for memory, seconds in ((SCARCE, OUTAGE), (USUAL, 0)):
        limit = ["docker", "update", "--memory", memory, "--memory-swap", memory, container]
        deadline = time.monotonic() + OUTAGE
        while subprocess.run(limit, check=False, capture_output=True).returncode:  # more than that is in use
            assert time.monotonic() < deadline, f"the memory of a worker could not be limited to {memory}"
            time.sleep(0.5)
        time.sleep(seconds)


def train_twice(compose, random):
    """A second run exports a version of the same name at the same time."""
    return [("nightly", compose.ask_for_run(compose.deployment("nightly"), **TRAINING))]


def lose_workspaces(compose, random):
    """The folders that runs keep their intermediate files in are deleted under them."""
    worker = random.choice(compose.containers("worker"))
    subprocess.run(["docker", "exec", worker, "sh", "-c", "rm -rf /app/.bakeoff/* /app/.bakeoff/.[!.]*"], check=False)


FAULTS = [
    *(Fault(f"{service} {how}", stop_service(service, sign)) for service in SERVICES for how, sign in SIGNALS.items()),
    *(Fault(f"flow process {how}", stop_process("prefect.engine", sign)) for how, sign in SIGNALS.items()),
    Fault("fitting process killed", stop_process("bakeoff.runtime.fork_server", signal.SIGKILL)),
    *(
        Fault(f"{service} paused {seconds} s", pause(service, seconds), seconds)
        for service in SERVICES
        for seconds in PAUSES
    ),
    *(Fault(f"{service} without network {OUTAGE} s", cut_off(service), OUTAGE) for service in SERVICES),
    Fault("workspaces deleted", lose_workspaces),
    *(Fault(f"{name} full for {OUTAGE} s", fill(*place), OUTAGE) for name, place in PLACES.items()),
    *(
        Fault(f"clock of {whose} an hour {way} for {OUTAGE} s", set_wrong(services, seconds), OUTAGE)
        for whose, services in (("workers", ("worker",)), ("the server", ("server",)), ("all", SERVICES))
        for way, seconds in STEPS.items()
    ),
    Fault(f"worker short of memory for {OUTAGE} s", starve, OUTAGE),
    Fault("two runs export one name", train_twice),
    *(
        Fault(f"{service} {how}", stop_service(service, sign), on_dask=True)
        for service in CLUSTER
        for how, sign in SIGNALS.items()
    ),
]
