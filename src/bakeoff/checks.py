"""Everything that can be refused before a run begins, so that a mistake costs seconds and leaves nothing behind."""

from bakeoff.config import TrainingConfig
from bakeoff.engines import require_engine
from bakeoff.errors import ConfigError
from bakeoff.files import require_writable
from bakeoff.opening import open_store


def check_places(config: TrainingConfig) -> None:
    """Refuse a config whose store or workspace can't be written.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    open_store(config).require_ready()
    require_engine(config.engine)
    require_writable(config.workspace, "the workspace", ConfigError)


def check_training(config: TrainingConfig) -> None:
    """As `check_places`, and refuse rows that can't be raced.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    from bakeoff.preparing import check_dataset

    check_places(config)
    check_dataset(config)
