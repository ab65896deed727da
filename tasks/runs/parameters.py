"""Read a flow's only parameter, `config`: a model from Python, JSON values from a deployment.

What a run of a deployment is given is merged with the deployment's own config, which Prefect would replace as a whole.
The result is written back, so that the run's page and its follow-up show what it ran with.

The flows are declared with `validate_parameters=False` and validate here: Prefect's error for an invalid parameter is
four lines of class names and a traceback. Before a run is created, the server checks single fields by the model's JSON
schema; rules across fields are checked only here.
"""

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.context import FlowRunContext
from pydantic import BaseModel

from bakeoff.config.validation import merge, validate
from bakeoff.errors import ConfigError
from bakeoff.formatting import one_line

Model = TypeVar("Model", bound=BaseModel)


def read_parameter(model: type[Model], config: Model | Mapping[str, Any]) -> Model:
    """Return the config as a model.

    Raises:
        ConfigError: a field is invalid, or fields contradict each other.
    """
    return config if isinstance(config, model) else validate(model, _merge_with_deployment(model, dict(config)))


def named(template: str, model: type[BaseModel]) -> Callable[[], str]:
    """Make a `flow_run_name`: a function that names the current run by fields of its config, or by their defaults.

    Args:
        template: the name with fields of the model that have defaults, such as `"train {name}"`.
        model: the model of the flow's config.
    """
    defaults = {name: field.default for name, field in model.model_fields.items()}

    def name() -> str:
        context = FlowRunContext.get()
        parameters = context.parameters if context else None
        config = (parameters or {}).get("config", {})
        if isinstance(config, Mapping):
            with contextlib.suppress(ConfigError):  # `read_parameter` raises it again
                config = _merge_with_deployment(model, config)
        fields = vars(config) if isinstance(config, model) else config
        return one_line(template.format_map(defaults | fields if isinstance(fields, dict) else defaults))

    return name


def _merge_with_deployment(model: type[BaseModel], config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Merge the config with that of the current run's deployment, and write it back if it differs from what was given.

    Raises:
        ConfigError: a nested part of the deployment's config is not a mapping.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if context is None or run is None or run.deployment_id is None:
        return config
    assert isinstance(context.client, SyncPrefectClient)
    merged = merge(model, _deployed_config(context.client, run.deployment_id, run.id), config, "the deployment")
    if merged != run.parameters.get("config"):
        run.parameters = {**run.parameters, "config": merged}
        context.client.update_flow_run(run.id, parameters=run.parameters)
    return merged


@functools.lru_cache(maxsize=1)
def _deployed_config(client: SyncPrefectClient, deployment: UUID, run: UUID) -> Mapping[str, Any]:  # noqa: ARG001  each run asks once
    """Read the deployment's config; empty if it has none."""
    config = client.read_deployment(deployment).parameters.get("config")
    return config if isinstance(config, Mapping) else {}
