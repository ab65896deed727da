"""Opening the store that a config names, with the keys that it and the environment name."""

from bakeoff.config import PredictionConfig, TrainingConfig
from bakeoff.keyfiles import find_keys, find_public_keys
from bakeoff.reading import names_in
from bakeoff.store import ModelStore


def open_store(config: TrainingConfig | PredictionConfig) -> ModelStore:
    """The config's store.

    A prediction that names no model takes the store's only one, whatever it is called.

    Raises:
        ConfigError: a key can't be read, or config and environment contradict each other.
    """
    if isinstance(config, TrainingConfig):
        keys = find_keys(config.signing.private_key, config.signing.public_key)
    else:
        keys = find_public_keys(config.signing.public_key)
        if "name" not in config.model_fields_set and len(names := names_in(config.store)) == 1:
            return ModelStore(config.store, names[0], keys)
    return ModelStore(config.store, config.name, keys)
