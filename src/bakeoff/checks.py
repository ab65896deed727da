"""Everything that can be refused before a run begins, so that a mistake costs seconds and leaves nothing behind."""

from bakeoff.config import TrainingConfig
from bakeoff.errors import ConfigError
from bakeoff.files import require_writable
from bakeoff.opening import open_store
from bakeoff.preparing import check_dataset


def check_training(config: TrainingConfig) -> None:
    """Refuse a config whose rows can't be raced or whose store can't be written.

    Raises:
        UserError: in one line; nothing has been written.
        IntegrityError: the store is not in order, so nothing may be added to it.
    """
    open_store(config).require_ready()
    require_writable(config.workspace, "the workspace", ConfigError)
    check_dataset(config)
