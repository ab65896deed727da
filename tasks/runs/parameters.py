"""Read a flow's only parameter, `config`: a model from Python, JSON values from a deployment.

The flows are declared with `validate_parameters=False` and validate here: Prefect's error for an invalid parameter is
four lines of class names and a traceback. Before a run is created, the server checks single fields by the model's JSON
schema; rules across fields are checked only here.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from prefect.context import FlowRunContext
from pydantic import BaseModel

from bakeoff.config.validation import validate
from bakeoff.formatting import one_line

Model = TypeVar("Model", bound=BaseModel)


def read_parameter(model: type[Model], config: Model | Mapping[str, Any]) -> Model:
    """Return the config as a model.

    Raises:
        ConfigError: a field is invalid, or fields contradict each other.
    """
    return config if isinstance(config, model) else validate(model, dict(config))


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
        fields = vars(config) if isinstance(config, model) else config
        return one_line(template.format_map(defaults | fields if isinstance(fields, dict) else defaults))

    return name
