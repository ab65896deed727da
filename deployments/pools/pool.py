"""The work pool that BAKEOFF_POOL names: `docker`, `kubernetes` or a file like theirs; unset, that of processes."""

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
VARIABLE = "BAKEOFF_POOL"
PROCESS = "process"
ELSEWHERE = {"working_dir", "command"}  # job variables of prefect.yaml that say where the project lies on this machine


class Pool(BaseModel):
    """A work pool and what its workers need."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: str
    project: Path
    """Where the project lies for a run."""

    start_seconds: int = 300
    """A run that a worker has taken up and that has not started by then is Crashed, and tried again."""

    base_job_template: dict[str, Any] = {}
    worker_env: dict[str, str] = {}

    @classmethod
    def named(cls) -> "Pool":
        """Read the pool that the environment names.

        Raises:
            ConfigError: there is no such file, or it describes no pool.
        """
        name = os.environ.get(VARIABLE, "")
        if name in {"", PROCESS}:
            return PROCESSES
        file = FOLDER / f"{name}.yaml" if name.isidentifier() else Path(name)
        if not file.is_file():
            known = ", ".join([PROCESS, *sorted(path.stem for path in FOLDER.glob("*.yaml"))])
            raise ConfigError(f"{VARIABLE} is {name!r}; it should be {known}, or a file like {FOLDER.name}/docker.yaml")
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            return cls.model_validate(content)
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, each['loc'])) or 'its content'}: {each['msg']}" for each in error.errors()]
            raise ConfigError(f"{str(file)!r} describes no pool: {one_line('; '.join(wrong))}") from error
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise ConfigError(f"{str(file)!r} can't be read as YAML: {one_line(str(error))}") from error

    def take(self, deployments: dict[str, Any]) -> dict[str, Any]:
        """Return the content of a `prefect.yaml` with its deployments in this pool; each keeps its job variables.

        Their runs begin in the project: Prefect's runner, which hears that a run is cancelled, begins in a new folder.
        """
        moved = []
        for deployment in deployments["deployments"]:
            own = deployment.get("work_pool") or {}
            kept = {name: value for name, value in (own.get("job_variables") or {}).items() if name not in ELSEWHERE}
            moved.append({**deployment, "work_pool": {**own, "name": self.name, "job_variables": kept}})
        begin = {"prefect.deployments.steps.set_working_directory": {"directory": str(self.project)}}
        return {**deployments, "pull": [begin], "deployments": moved}


PROCESSES = Pool(name="bakeoff", type=PROCESS, project=ROOT, start_seconds=90)  # ten on an idle machine
