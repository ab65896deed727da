"""The prediction flow: a saved version → a scored table → its evaluation, published as one folder."""

from bakeoff.config import PredictionConfig

if __name__ == "__main__":
    # Ahead of the slow imports below, so that the embedded server comes up meanwhile: `main` imports this module.
    from bakeoff.report import show_prediction
    from flows.command import main

    raise SystemExit(main("prediction", PredictionConfig, "bakeoff.prediction:check_input", show_prediction))

from typing import Any

from prefect import flow
from prefect.states import Failed, State

from bakeoff.errors import UserError
from bakeoff.prediction import check_input, output_folder, staged
from bakeoff.threads import one_thread_each
from tasks.load import load
from tasks.predict import predict
from tasks.publish import publish


@flow(name="prediction", flow_run_name="predict {config.name} {config.version}")
def prediction(config: PredictionConfig = PredictionConfig()) -> str | State[Any]:
    """Score a table with a saved version and evaluate it where the target is present; returns the output folder."""
    try:
        check_input(config)
        output = output_folder(config)
    except UserError as error:
        return Failed(message=str(error), data=error)
    with staged(output) as folder, one_thread_each():
        version = load(config)
        scored = predict(config, version, folder)
        published = publish(config, version, scored, output)
    return str(published)
