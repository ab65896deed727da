"""The prediction flow: a saved version → a scored table → its evaluation, published as one folder."""

from bakeoff.config import PredictionConfig

if __name__ == "__main__":
    # Before the slow imports below, so that the embedded server starts in the meantime: `main` imports this module.
    from bakeoff.report.prediction_summary import show_prediction
    from flows.local.command_line import exit_process, lazy_call, main

    check = lazy_call("bakeoff.prediction.preflight:check_prediction")
    exit_process(main("prediction", PredictionConfig, check, show_prediction))

from prefect import flow
from prefect.runtime import flow_run

from bakeoff.prediction.drift_check import require_undrifted
from bakeoff.prediction.outputs.output_folder import output_folder, work_folder
from bakeoff.prediction.outputs.published import published_before
from bakeoff.prediction.preflight import check_prediction
from bakeoff.prediction.publish import require_predictions
from bakeoff.runtime.threads import limit_blas_threads
from tasks.load import load
from tasks.predict import predict
from tasks.publish import publish
from tasks.runs.cancellation import published, require_wanted
from tasks.runs.follow_up import catch_up
from tasks.runs.heartbeat import send_heartbeats
from tasks.runs.logs import follow_library
from tasks.runs.parameters import named, read_parameter
from tasks.runs.schedule import scheduled_second
from tasks.runs.secrets import take_secret
from tasks.runs.states import failed_state_on_error, result_of
from tasks.runs.tried_again import crash_on_outage, is_of_deployment


@flow(
    name="prediction",
    flow_run_name=named("predict {name} {version}", PredictionConfig),
    validate_parameters=False,  # `read_parameter` does it, with a one-line error
)
@failed_state_on_error
@send_heartbeats
@crash_on_outage
def prediction(config: PredictionConfig = PredictionConfig()) -> str:
    """Score a table with a saved version, and evaluate the predictions if the target is present.

    A run that can't score any row, or whose rows have drifted more than `max_drift` allows, fails, but still
    publishes its folder, which names each rejected row with the reason.

    Returns:
        The output folder.
    """
    follow_library()
    config = read_parameter(PredictionConfig, config).at(scheduled_second())
    take_secret(config.url_env)
    catch_up()
    if flow_run.run_count > 1 and (before := published_before(config, str(flow_run.id))) is not None:
        return str(before)
    check_prediction(config)
    output = output_folder(config)
    with work_folder(config, output) as work, limit_blas_threads():
        version = result_of(load.submit(config))
        scored = result_of(predict.submit(config, version, work, str(flow_run.id)))
        require_wanted("nothing was published")
        folder = result_of(publish.submit(config, version, scored, output, is_of_deployment()))
        published[:] = [folder]
    require_predictions(config, scored, folder)
    require_undrifted(config, scored.drift.to_dict() if scored.drift else None, folder)
    return str(folder)
