"""Scoring a table with a version, batch by batch; imports estimators and the rooms below it."""
