"""Versions, journal and signatures; imports tables, config, evaluation and runtime."""

from bakeoff.store.model_store import ModelStore

__all__ = ["ModelStore"]
