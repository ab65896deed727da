"""Everything that can be refused before a run begins, so that a mistake costs seconds and leaves nothing behind."""

import importlib.util
import socket
from urllib.parse import urlsplit

from bakeoff.config import TrainingConfig
from bakeoff.engines import require_engine
from bakeoff.errors import ConfigError
from bakeoff.files import require_writable
from bakeoff.opening import open_store

SCHEDULER_SECONDS = 5  # to answer


def check_places(config: TrainingConfig) -> None:
    """Refuse a config whose store or workspace can't be written.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    open_store(config).require_ready()
    require_engine(config.engine)
    if config.dask.address is not None:
        require_scheduler(config.dask.address)
    require_writable(config.workspace, "the workspace", ConfigError)


def require_scheduler(address: str) -> None:
    """Refuse a Dask cluster that can't be reached, or for which packages are missing.

    Raises:
        ConfigError: saying what to do.
    """
    if importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError(
            "runner: dask needs the package prefect-dask, which is not installed: pip install prefect-dask"
        )
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname or "", place.port or 0), SCHEDULER_SECONDS).close()
    except OSError as error:
        raise ConfigError(
            f"no Dask scheduler answers at {address} ({error.strerror or error}); start one, or leave runner: threads"
        ) from None


def check_training(config: TrainingConfig) -> None:
    """As `check_places`, and refuse rows that can't be raced.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    from bakeoff.preparing import remember_dataset

    check_places(config)
    remember_dataset(config)
