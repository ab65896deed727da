"""Log a version to an MLflow server, and register it; a second call completes what a first one left out."""

import contextlib
import io
import json
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bakeoff.errors import BakeoffError, ConfigError, IntegrityError
from bakeoff.formatting import one_line
from bakeoff.report.write_report import render_version
from bakeoff.store.card import Card
from bakeoff.store.load import load_model
from bakeoff.store.manifest import REPORT
from bakeoff.store.model_store import ModelStore
from bakeoff.store.reader import ADVICE
from bakeoff.tables.read_table import read_parquet_bytes
from bakeoff.tracking.figures import input_columns, metrics, missing_package, parameters, requirements
from bakeoff.tracking.pyfunc_model import CARD, FILES, PROBABILITIES

URI = "MLFLOW_TRACKING_URI"
VERSION, SEAL = "bakeoff.version", "bakeoff.card_sha256"  # tags, by which a version is found again
ALIAS = "champion"
EXAMPLE_ROWS = 5
BATCH = 100  # most parameters in a request; of metrics MLflow takes more
ROWS, LEADERBOARD = "validation.parquet", "leaderboard.csv"
# So that a server that isn't there is noticed within seconds, and MLflow's makers get no statistics; yours win.
DEFAULTS = {
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class TrackingError(BakeoffError):
    """The MLflow server can't be reached, or refuses; what it has already, a second call completes."""


@dataclass(frozen=True)
class Logged:
    """A version on an MLflow server.

    Attributes:
        version: the version's id.
        run_id: the id of the run.
        model: the name of the registered model.
        model_version: its version there.
        is_champion: whether it has the alias `champion`.
        is_new: whether this call added anything.
    """

    version: str
    run_id: str
    model: str
    model_version: int
    is_champion: bool
    is_new: bool


def log_version(store: ModelStore, version: str, uri: str | None) -> Logged:
    """Log a version's parameters, metrics, report and model, register it, and set the alias as the journal says.

    The version is verified before anything is sent.

    Args:
        store: the version's store.
        version: the version's id.
        uri: the address of the server; by default that of MLFLOW_TRACKING_URI.

    Raises:
        ConfigError: MLflow's client is not installed, or no address is given.
        IntegrityError: a file differs from what was sealed.
        TrackingError: the server can't be reached, or refuses.
    """
    if missing := missing_package():
        raise ConfigError(f"{missing}: pip install 'bakeoff[mlflow]'")
    uri = uri or os.environ.get(URI)
    if not uri:
        raise ConfigError(f"no MLflow server is given: add --tracking-uri http://HOST:PORT, or set {URI}")
    if findings := store.verify(version):
        raise IntegrityError(f"nothing was sent: {findings[0].version or store.name}: {findings[0].text}; {ADVICE}")
    label_type = "long" if load_model(store, version).classes_.dtype.kind == "i" else "string"
    with _quiet(), _errors_of(uri):
        return _Log(store, version, uri, label_type).complete()


class _Log:
    """The calls to the server for one version."""

    def __init__(self, store: ModelStore, version: str, uri: str, label_type: str) -> None:
        import mlflow

        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        self.client = mlflow.MlflowClient()
        self.store, self.version, self.history = store, version, store.history()
        self.card: Card = store.card(version, self.history)
        self.seal: str = self.history.exports[version]["card_sha256"]
        self.label_type = label_type
        self.tags = {VERSION: version, SEAL: self.seal}

    def complete(self) -> Logged:
        """Add what the server lacks."""
        experiment = self._experiment()
        run = self._run(experiment)
        registered = self._registered(self.version)
        is_new = run is None or run.info.status != "FINISHED" or registered is None
        if is_new:
            run_id = run.info.run_id if run else self._create_run(experiment)
            self._log_run(experiment, run_id)
            registered = self._registered(self.version) or self._register(experiment, run_id)
        else:
            run_id = run.info.run_id
        is_champion = self._set_alias()
        return Logged(self.version, run_id, self.store.name, int(registered.version), is_champion, is_new)

    def _experiment(self) -> str:
        found = self.client.get_experiment_by_name(self.store.name)
        if found is None:
            return str(self.client.create_experiment(self.store.name))
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"the experiment {self.store.name!r} was deleted on the MLflow server: restore it there first"
            )
        return str(found.experiment_id)

    def _run(self, experiment: str) -> Any:
        """Return the version's first run, or None."""
        wanted = f"tags.`{VERSION}` = '{self.version}' and tags.`{SEAL}` = '{self.seal}'"
        found = self.client.search_runs([experiment], wanted, order_by=["attributes.start_time ASC"], max_results=1)
        return found[0] if found else None

    def _create_run(self, experiment: str) -> str:
        tags = {**self.tags, "mlflow.note.content": self.card.selection.why, "mlflow.source.name": "bakeoff"}
        return str(self.client.create_run(experiment, tags=tags, run_name=self.version).info.run_id)

    def _log_run(self, experiment: str, run_id: str) -> None:
        """Log everything to a run; the same again changes nothing."""
        import mlflow
        from mlflow.entities import Metric, Param

        created = int(datetime.fromisoformat(self.card.created).timestamp() * 1000)
        params = [Param(name, value) for name, value in parameters(self.card).items()]
        with mlflow.start_run(run_id=run_id), tempfile.TemporaryDirectory() as folder:
            for start in range(0, len(params), BATCH):
                self.client.log_batch(run_id, params=params[start : start + BATCH])
            figures = [Metric(name, value, created, step) for name, value, step in metrics(self.card)]
            self.client.log_batch(run_id, metrics=figures)
            for name, content in self._artifacts().items():
                (Path(folder) / name).write_bytes(content)
            self.client.log_artifacts(run_id, folder)
            if self._logged_model(experiment, run_id) is None:
                self._log_model()

    def _artifacts(self) -> dict[str, bytes]:
        """Return the files to show with the run; the report is drawn anew, since the store's is not sealed."""
        page = render_version(self.store, self.version).encode()
        leaderboard = self.store.read(self.version, LEADERBOARD, self.history)
        return {REPORT: page, LEADERBOARD: leaderboard, CARD: self._card_bytes()}

    def _card_bytes(self) -> bytes:
        return self.store.card_bytes(self.version, self.history)

    def _logged_model(self, experiment: str, run_id: str) -> Any:
        """Return the run's model, or None; one whose upload did not end is removed."""
        found = self.client.search_logged_models([experiment], filter_string=f"source_run_id = '{run_id}'")
        ready = [model for model in found if str(model.status) == "READY"]
        for model in found:
            if model not in ready:
                self.client.delete_logged_model(model.model_id)
        return ready[0] if ready else None

    def _log_model(self) -> None:
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import ParamSchema, ParamSpec, Schema

        raw = read_parquet_bytes(self.store.read(self.version, ROWS, self.history))
        raw = raw.select([feature.name for feature in self.card.features])
        signature = ModelSignature(
            inputs=Schema.from_json(json.dumps(input_columns(self.card, raw))),
            outputs=Schema.from_json(json.dumps([{"type": self.label_type}])),
            params=ParamSchema([ParamSpec(PROBABILITIES, "boolean", default=False)]),
        )
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "version"
            data.mkdir()
            (data / CARD).write_bytes(self._card_bytes())
            for name in FILES:
                if name in self.card.files:
                    (data / name).write_bytes(self.store.read(self.version, name, self.history))
            mlflow.pyfunc.log_model(
                name=re.sub(r"[/:.%\"']", "_", self.store.name),
                loader_module="bakeoff.tracking.pyfunc_model",
                data_path=str(data),
                code_paths=[str(Path(__file__).parents[1])],
                pip_requirements=requirements(self.card),
                signature=signature,
                input_example=raw.slice(0, EXAMPLE_ROWS).to_pandas() if raw.num_rows else None,
                metadata=self.tags,
                tags=self.tags,
            )

    def _registered(self, version: str) -> Any:
        """Return the registered model's version that was made from a version of the store, or None."""
        found = self.client.search_model_versions(f"name = '{self.store.name}'")
        seal = self.history.exports[version]["card_sha256"]
        made = [each for each in found if each.tags.get(VERSION) == version and each.tags.get(SEAL) == seal]
        return min((each for each in made if each.status == "READY"), key=lambda each: int(each.version), default=None)

    def _register(self, experiment: str, run_id: str) -> Any:
        import mlflow

        model = self._logged_model(experiment, run_id)
        return mlflow.register_model(f"models:/{model.model_id}", self.store.name, tags=self.tags)

    def _set_alias(self) -> bool:
        """Set the alias to the journal's champion, if it is registered, and remove it from a former champion.

        Returns:
            Whether this version has it.
        """
        champion = self.store.champion()
        chosen = self._registered(champion) if champion in self.history.exports else None
        present = self.client.get_registered_model(self.store.name).aliases.get(ALIAS)
        if chosen is not None and str(chosen.version) != present:
            self.client.set_registered_model_alias(self.store.name, ALIAS, str(chosen.version))
        elif chosen is None and present is not None:
            self.client.delete_registered_model_alias(self.store.name, ALIAS)
        return chosen is not None and champion == self.version


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's own messages from standard error, and set its defaults."""
    added = [name for name in DEFAULTS if name not in os.environ]
    os.environ.update({name: DEFAULTS[name] for name in added})
    try:
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _errors_of(uri: str) -> Iterator[None]:
    """Turn MLflow's errors into one line, without the password that an address may have."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:  # those of requests are OSErrors
        shown = _without_password(uri)
        reason = _without_password(one_line(str(error)))
        if "Max retries exceeded" in reason or "Connection refused" in reason:
            raise TrackingError(f"no MLflow server answers at {shown}: start it, or give another address") from error
        raise TrackingError(f"{shown} refused; the same command goes on from here: {reason[:300]}") from error


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", text)
