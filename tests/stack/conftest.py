"""What these tests share: one server on PostgreSQL, where everything is registered."""

import asyncio
import signal

import asyncpg
import pytest
from postgres import postgres
from prefect_stack import Stack, end


class DatabaseStack(Stack):
    """A stack whose database can be reached into."""

    def date_back(self, run):
        """Make the run's state an hour older than it is."""

        async def change():
            connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
            back = "UPDATE flow_run_state SET timestamp = timestamp - interval '1 hour' WHERE flow_run_id = $1"
            assert (await connection.execute(back, run["id"])).startswith("UPDATE ")
            await connection.close()

        asyncio.run(change())


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """No worker runs: each test starts its own, and ends it."""
    folder = tmp_path_factory.mktemp("stack")
    settings = {
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",  # 30 by default
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    with (
        postgres() as (url, log),
        DatabaseStack(folder, PREFECT_SERVER_DATABASE_CONNECTION_URL=url, **settings) as stack,
    ):
        stack.database, stack.database_log = url, log
        stack.register()
        yield stack


@pytest.fixture
def copy_of_nightly(stack, tmp_path):
    """Makes deployments like `training/nightly` that export into the test's folder; ends all workers afterwards."""

    def make(name, dataset, **changes):
        nightly = stack.deployment("nightly")
        kept = ("flow_id", "entrypoint", "path", "job_variables", "work_pool_name", "concurrency_options")
        limit = nightly["global_concurrency_limit"]["limit"]
        config = {"dataset": dataset, "store": str(tmp_path / "models"), "workspace": str(tmp_path / "work")}
        copied = {key: nightly[key] for key in kept} | {"concurrency_limit": limit, "parameters": {"config": config}}
        return stack.ask("deployments/", **copied | {"name": name} | changes)

    yield make
    for process in stack.processes:
        if process is not stack.server:
            end(process, signal.SIGKILL)
