"""Saved models name this path: never remove it. The class is in `bakeoff.estimators.nystroem_svc`."""

from bakeoff.estimators.nystroem_svc import NystroemSVC

__all__ = ["NystroemSVC"]
