"""The flow that removes what killed runs left behind, and old outputs: `bakeoff clean` as a deployment."""

from prefect import flow

from bakeoff.formatting import format_count, format_size
from bakeoff.local.clean import CleanConfig, clean_up
from tasks.runs.logs import follow_library
from tasks.runs.parameters import read_parameter
from tasks.runs.states import failed_state_on_error


@flow(
    name="clean",
    flow_run_name="clean",
    validate_parameters=False,  # `read_parameter` does it, with a one-line error
)
@failed_state_on_error
def clean(config: CleanConfig = CleanConfig()) -> str:
    """Remove what runs left behind, or list it in the log.

    Returns:
        How much was found.
    """
    follow_library()
    found = clean_up(read_parameter(CleanConfig, config))
    return f"{format_count(len(found), 'folder')}, {format_size(sum(each.bytes for each in found))}"
