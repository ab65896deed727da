"""`bakeoff mlflow`: log a version to an MLflow server; returns the exit status."""

import argparse
import json
from dataclasses import asdict

from bakeoff.store.model_store import ModelStore


def log_to_mlflow(store: ModelStore, options: argparse.Namespace) -> int:
    """Log a version to an MLflow server and register it, and print where it is."""
    version = store.resolve(options.version)
    from bakeoff.tracking.mlflow_server import log_version

    logged = log_version(store, version, options.tracking_uri)
    if options.json:
        print(json.dumps(asdict(logged)))
        return 0
    print(f"{logged.version}: run {logged.run_id}{'' if logged.is_new else ' (already)'}")
    alias = "alias champion" if logged.is_champion else "not the champion"
    print(f"models:/{logged.model}/{logged.model_version}, {alias}")
    return 0
