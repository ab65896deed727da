"""Scores a table with a version, batch by batch; imports estimators and what is below it."""
