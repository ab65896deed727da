"""The compose stack under a project name of its own."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

from prefect_stack import Api

ROOT = Path(__file__).parents[2]
IMAGE = "bakeoff-test"
HEALTH = "{{.State.Status}} {{.State.Health.Status}}"


class Compose(Api):
    """`docker-compose`, or what COMPOSE says, or `docker compose`; and the server that it starts."""

    def __init__(self, folder, *files):
        """Take the folder with .env, and files that change what docker-compose.yml says."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.env_file = folder / ".env"
        self.settings = dict(line.split("=", 1) for line in self.env_file.read_text().splitlines() if "=" in line)
        super().__init__(f"http://127.0.0.1:{port}/api", tuple(self.settings["BAKEOFF_AUTH"].split(":", 1)))
        program = os.environ.get("COMPOSE", "docker-compose" if shutil.which("docker-compose") else "docker compose")
        self.project = f"bakeofftest{os.getpid()}"
        chosen = [word for file in ("docker-compose.yml", *files) for word in ("-f", str(file))]
        self.command = [*program.split(), *chosen, "--env-file", str(self.env_file), "--project-name", self.project]
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("BAKEOFF_")} | {
            "BAKEOFF_PORT": str(port),
            "BAKEOFF_DATA": str(folder / "data"),
            "BAKEOFF_KEYS": str(folder / "keys"),
            "BAKEOFF_SECRETS": str(folder / "secrets"),
            "BAKEOFF_IMAGE": IMAGE,
        }

    def __call__(self, *arguments, check=True, timeout=600):
        done = subprocess.run(
            [*self.command, *arguments],
            check=False, capture_output=True, text=True, timeout=timeout, cwd=ROOT, env=self.environment,
        )  # fmt: skip
        assert not check or 0 == done.returncode, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def containers(self, service):
        return self("ps", "-q", service).stdout.split()

    def healthy(self, *services):
        """Whether every container of the services is up and says that it is well."""
        ids = [container for service in services for container in self.containers(service)]
        states = {docker("inspect", "-f", HEALTH, container) for container in ids}
        return len(ids) >= len(services) and states == {"running healthy"}

    def models(self):
        """The versions in the store, by the command that lists them."""
        listed = self(
            "run",
            "--rm",
            "--no-deps",
            "--entrypoint",
            "bakeoff",
            "prediction",
            "models",
            "list",
            "--json",
            "--name",
            "classifier",
        )
        return listed.stdout


def docker(*arguments):
    return subprocess.run(
        ["docker", *arguments], check=True, capture_output=True, text=True, timeout=120
    ).stdout.strip()  # fmt: skip
