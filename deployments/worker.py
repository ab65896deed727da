"""Start a worker that picks up runs from the server at PREFECT_API_URL.

python -m deployments.worker      # `make worker`; flags are those of `prefect worker start`

BAKEOFF_POOL names another work pool than that of processes: see deployments/pools.
"""

import importlib.util
import os
import signal
import sys
from typing import NoReturn

from bakeoff.errors import BakeoffError, ConfigError
from deployments.pools.pool import PROCESS, Pool
from flows.local.auth_string import CLIENT_VARIABLE, authorized, find_auth_string
from flows.local.preflight import check_home, configured_api_url
from flows.local.server import enter_server, wait_for_server

COMMAND = ["-m", "prefect", "worker", "start"]
RUNS = 2  # most concurrent runs, unless `--limit` says otherwise


def main() -> NoReturn:
    """Replace this process with Prefect's worker, or exit with one line if the server can't be used."""
    try:
        check_home()
        pool = Pool.named()
        check_installed(pool)
        url = configured_api_url()
        wait_for_server(url)
        with authorized(url):
            enter_server(url)
        if auth := find_auth_string(url):
            os.environ[CLIENT_VARIABLE] = auth
    except BakeoffError as error:
        print(f"worker: {error}", file=sys.stderr)
        raise SystemExit(error.exit_status) from error
    os.environ.update(pool.worker_env)
    flags = {flag.partition("=")[0] for flag in sys.argv[1:]}
    limit = [] if flags & {"--limit", "-l"} else ["--limit", str(RUNS)]  # Prefect refuses duplicate flags
    command = [*COMMAND, "--pool", pool.name, "--type", pool.type]
    # A command in the background of a script ignores SIGINT, by which Prefect ends a worker on SIGTERM, too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, *command, *limit, *sys.argv[1:]])  # noqa: S606  no shell is wanted


def check_installed(pool: Pool) -> None:
    """Refuse a pool whose type's package is missing: Prefect would ask whether to install one, of any version.

    Raises:
        ConfigError: it is missing.
    """
    if pool.type != PROCESS and not importlib.util.find_spec(f"prefect_{pool.type}"):
        raise ConfigError(f"the work pool {pool.name} needs prefect-{pool.type}: install bakeoff[{pool.type}]")


if __name__ == "__main__":
    main()
