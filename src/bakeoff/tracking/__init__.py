"""Versions on an MLflow server: their figures, and the model as it is loaded there; imports prediction and report."""
