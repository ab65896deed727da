"""Opening the store that a config names, with the keys that it and the environment name."""

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.keyfiles import find_keys, find_public_keys
from bakeoff.store import ModelStore


def open_store(config: TrainingConfig | PredictionConfig) -> ModelStore:
    """The config's store.

    Raises:
        ConfigError: a key can't be read, or config and environment contradict each other.
    """
    if isinstance(config, TrainingConfig):
        keys = find_keys(config.signing.private_key, config.signing.public_key)
    else:
        keys = find_public_keys(config.signing.public_key)
    return ModelStore(config.store, config.name, keys)
