"""Saved models name this path: never remove it. The classes are in `bakeoff.estimators.calibration`."""

from bakeoff.estimators.calibration import CalibratedClassifier, GivenScores

__all__ = ["CalibratedClassifier", "GivenScores"]
