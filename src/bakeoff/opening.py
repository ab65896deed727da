"""Opening the store that a config names, with the keys that it and the environment name."""

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.signing import find_keys
from bakeoff.store import ModelStore


def open_store(config: TrainingConfig | PredictionConfig) -> ModelStore:
    """The config's store.

    Raises:
        ConfigError: a key can't be read, or config and environment contradict each other.
    """
    private_key = config.signing.private_key if isinstance(config, TrainingConfig) else None
    return ModelStore(config.store, config.name, find_keys(private_key, config.signing.public_key))
