"""A flow's one parameter, `config`: a model from Python, plain values from a deployment.

The flows are declared with `validate_parameters=False` and come here instead: what Prefect makes of a broken rule is
four lines of class names and a traceback. The server checks single fields before a run exists, by the schema that it
has of the model; rules across fields are left to this.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from prefect.context import FlowRunContext
from pydantic import BaseModel

from bakeoff.config.validation import validate
from bakeoff.formatting import one_line

Model = TypeVar("Model", bound=BaseModel)


def read_parameter(model: type[Model], config: Model | Mapping[str, Any]) -> Model:
    """The config as a model.

    Raises:
        ConfigError: a field or a rule across fields is broken; one sentence.
    """
    return config if isinstance(config, model) else validate(model, dict(config))


def named(template: str, model: type[BaseModel]) -> Callable[[], str]:
    """A flow run's name, made of the config's fields; those that can't be read show as their defaults.

    Args:
        template: as `"train {name}"`, with fields of the model that have defaults.
        model: the flow's config.
    """
    defaults = {name: field.default for name, field in model.model_fields.items()}

    def name() -> str:
        context = FlowRunContext.get()
        parameters = context.parameters if context else None
        config = (parameters or {}).get("config", {})
        given = vars(config) if isinstance(config, model) else config
        return one_line(template.format_map(defaults | given if isinstance(given, dict) else defaults))

    return name
