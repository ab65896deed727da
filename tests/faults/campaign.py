"""Break the compose stack at random moments while it trains and predicts, and count what is lost.

    make faults ARGS="--faults 200 --seed 1"      # builds the image, and prints a table

Each round asks for a training run and a prediction of a table, strikes at a random moment, and waits until every run
that was asked for has ended and all services are well. Then nothing may be lost: see `findings`.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from random import Random

import httpx
from compose_stack import IMAGE, Compose
from faults import CLUSTER, FAULTS, ON_DASK, SERVICES, TRAINING
from prefect_stack import eventually
from step_clock import build_clock, set_clock

from deployments import env_file

ROWS = 5000  # of the table that is predicted; every hundredth can't be scored
LONGEST_MOMENT = 15  # seconds from the request to the fault
PATIENCE = 300  # seconds
UNDER_WAY = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED")

# Runs in a worker's container: what stands in its volumes.
LOOK = """
import json, pathlib
import pyarrow.parquet as pq
found = {"outputs": {}, "left": [], "folders": []}
for folder in pathlib.Path("predictions").iterdir():
    summary = folder / "summary.json"
    if not summary.exists():
        found["left"].append(str(folder))
        continue
    said = json.loads(summary.read_text())
    rows = pq.read_table(folder / "predictions.parquet", columns=["row"])["row"].to_pylist()
    refused = folder / "rejected.parquet"
    if refused.exists():
        rows += sorted(set(pq.read_table(refused, columns=["row"])["row"].to_pylist()))
    found["outputs"][folder.name] = {"rows": said["rows"], "once": sorted(rows) == list(range(said["rows"]))}
for folder in pathlib.Path("models").iterdir():
    for version in folder.iterdir():
        if version.is_dir() and not (version / "card.json").exists():
            found["left"].append(str(version))
found["folders"] = [str(folder) for folder in pathlib.Path(".bakeoff").glob("bakeoff-run-*")]
print(json.dumps(found))
"""


class Campaign:
    """A stack under load, and what became of it."""

    def __init__(self, compose, seed, on_dask=False):
        self.compose, self.on_dask = compose, on_dask
        self.random = Random(seed)
        self.asked = []
        self.recovered = defaultdict(list)
        self.lost = defaultdict(list)
        self.crashed_before = set()
        self.folders_before = set()

    def start(self):
        """Bring up two workers, and train a first version."""
        data = Path(self.compose.environment["BAKEOFF_DATA"])
        (data / "orders.csv").write_text(table(self.random))
        self.compose("up", "-d", "--scale", "worker=2", "worker")
        if self.on_dask:
            self.compose("--profile", "scale", "up", "-d", "--no-recreate", "--scale", "worker=2", *CLUSTER)
        assert eventually(self.well, seconds=PATIENCE), "the stack did not come up"
        self.ask("nightly", **TRAINING)
        assert eventually(self.at_rest, seconds=PATIENCE), "the first run did not end"

    def well(self):
        """Whether every service says that it is well."""
        return 2 == len(self.compose.containers("worker")) and self.compose.healthy("worker", "server", "postgres")

    def ask(self, deployment, **config):
        """Ask for a run of a deployment."""
        run = patiently(lambda: self.compose.ask_for_run(self.compose.deployment(deployment), **config))
        self.asked.append((deployment, run))

    def at_rest(self):
        """Whether nothing is under way but the schedule's runs to come, and no run is left to be tried again.

        Both are asked in one question: a run that has crashed is scheduled again at any moment.
        """
        try:
            runs = self.runs(*UNDER_WAY, "CRASHED")
        except httpx.HTTPError:
            return False
        return not [run for run in runs if not run["auto_scheduled"] and run["id"] not in self.crashed_before]

    def settled(self):
        """Whether the stack is well and at rest."""
        return self.well() and self.at_rest()

    def runs(self, *states):
        """The runs in one of the states, whether asked for here or by a training run."""
        names = ("nightly", "batch")
        return [run for name in names for run in self.compose.runs(self.compose.deployment(name), *states)]

    def round(self, number, fault):
        """Strike once under load; returns what was found lost. The number names the prediction's folder."""
        self.asked.clear()
        self.crashed_before = {run["id"] for run in patiently(lambda: self.runs("CRASHED"))}
        self.ask("nightly", **TRAINING, **(ON_DASK if fault.on_dask else {}))
        self.ask("batch", name="orders", version="champion", input="data/orders.csv", output=f"predictions/{number}")
        time.sleep(self.random.uniform(0, LONGEST_MOMENT))
        struck = time.monotonic()
        self.asked += fault.strike(self.compose, self.random) or []
        found = [] if eventually(self.settled, seconds=PATIENCE, pause=1) else [f"not at rest after {PATIENCE} s"]
        self.recovered[fault.name].append(time.monotonic() - struck - fault.seconds)
        if not found or self.well():
            found += patiently(lambda: self.findings(number))
        self.lost[fault.name] += found
        return found

    def findings(self, number):
        """What was lost: runs, rows, versions, predictions; empty if nothing was."""
        found = []
        for deployment, run in self.asked:
            state = self.compose.state(run)
            if state["type"] != "COMPLETED":
                found.append(f"a run of {deployment} is {state['name']}: {state['message']}")
        predictions = self.compose.runs(self.compose.deployment("batch"))
        for deployment, run in self.asked:
            if deployment == "nightly":
                follow = [other["state"] for other in predictions if run["id"] in (other["idempotency_key"] or "")]
                if "COMPLETED" not in [state["type"] for state in follow]:
                    states = [f"{state['name']}: {state['message']}" for state in follow]
                    found.append(f"no prediction followed the training run {run['id']}: {states}")
        worker = self.compose.containers("worker")[0]
        looked = json.loads(execute(worker, "python", "-c", LOOK).stdout)
        output = looked["outputs"].get(str(number))
        if output != {"rows": ROWS, "once": True}:
            found.append(f"of the table's {ROWS} rows not each was accounted for once: {output}")
        # The folder of a killed run is removed when the next run starts: none may outlive a round.
        left = [*looked["left"], *self.folders_before.intersection(looked["folders"])]
        found += [f"left behind: {path}" for path in left]
        self.folders_before = set(looked["folders"])
        verified = execute(worker, "bakeoff", "models", "verify", "--name", "orders")
        if verified.returncode:
            found.append(f"the store does not verify: {verified.stdout}{verified.stderr}")
        return found

    def table(self):
        """Fault, times, recovered in (median, worst), what was lost; as markdown."""
        lines = ["| Fault | Times | Recovered in (median, worst) | Lost |", "|---|---|---|---|"]
        for name, seconds in sorted(self.recovered.items()):
            median, worst = statistics.median(seconds), max(seconds)
            lines.append(f"| {name} | {len(seconds)} | {median:.0f} s, {worst:.0f} s | {len(self.lost[name])} |")
        everything = [second for seconds in self.recovered.values() for second in seconds]
        lines.append(
            f"| all | {len(everything)} | {statistics.median(everything):.0f} s, {max(everything):.0f} s "
            f"| {sum(map(len, self.lost.values()))} |"
        )
        return "\n".join(lines)


def patiently(question):
    """What the server answers, which may be starting again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return question()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def execute(container, *command):
    """Run a command in a container."""
    return subprocess.run(
        ["docker", "exec", container, *command], check=False, capture_output=True, text=True, timeout=120
    )


def table(random):
    """Rows of the generator's columns as CSV; every hundredth has a word for a number."""
    lines = [",".join(f"feature_{column}" for column in range(10))]
    for row in range(ROWS):
        cells = [f"{random.gauss(0, 2):.4f}" for _ in range(10)]
        lines.append(",".join(["many", *cells[1:]] if row % 100 == 99 else cells))
    return "\n".join(lines) + "\n"


def make_compose(folder):
    """A compose project of its own, with settings in the folder, small volumes that can be filled, clocks to step."""
    env_file.ENV = folder / ".env"
    env_file.MOUNTED = [folder / "data", folder / "keys", folder / "secrets"]
    assert 0 == env_file.main()
    files = {"small-volumes.yml": small_volumes(), "clocks.yml": clocks(folder / "clocks")}
    for name, what in files.items():
        (folder / name).write_text(json.dumps(what))
    return Compose(folder, *(folder / name for name in files))


def small_volumes():
    """The volumes that can be filled; without a service that holds them they would be lost when nobody uses them."""
    options = {
        name: {"driver": "local", "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": f"size={size},uid={user}"}}
        for name, size, user in (
            ("models", "500m", 10001),
            ("predictions", "500m", 10001),
            ("workspace", "500m", 10001),
            ("database", "1g", 0),
        )
    }
    holder = {
        "image": IMAGE,
        "command": ["sleep", "infinity"],
        "healthcheck": {"disable": True},
        "volumes": [f"{name}:/{name}" for name in options],
    }
    return {
        "services": {"holder": holder, "worker": {"depends_on": {"holder": {"condition": "service_started"}}}},
        "volumes": options,
    }


def clocks(folder):
    """A clock for each service, which a fault can step; a container has that of its machine otherwise."""
    folder.mkdir()
    build_clock(library := folder / "clock.so")
    services = {}
    for service in SERVICES:
        set_clock(offset := folder / service, 0)
        services[service] = {
            "environment": {"LD_PRELOAD": "/clock.so", "CLOCK_OFFSET": "/clock"},
            "volumes": [f"{library}:/clock.so:ro", f"{offset}:/clock:ro"],
        }
    return {"services": services}


def main():
    """Run the campaign; status 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faults", type=int, default=200, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the faults, their targets and moments")
    parser.add_argument("--only", default="", help="faults whose name has a match of this expression")
    options = parser.parse_args()
    chosen = [fault for fault in FAULTS if re.search(options.only, fault.name)]
    with tempfile.TemporaryDirectory(prefix="bakeoff-faults-") as folder:
        compose = make_compose(Path(folder))
        try:
            compose("build", "training", timeout=1800)
            campaign = Campaign(compose, options.seed, any(fault.on_dask for fault in chosen))
            campaign.start()
            for number in range(options.faults):
                fault = campaign.random.choice(chosen)
                found = campaign.round(number, fault)
                print(
                    f"{number}: {fault.name}, {campaign.recovered[fault.name][-1]:.0f} s",
                    *found,
                    sep="\n   ",
                    flush=True,
                )
            print(campaign.table())
        finally:
            compose("down", "--volumes", "--remove-orphans")
    return int(any(campaign.lost.values()))


if __name__ == "__main__":
    sys.exit(main())
