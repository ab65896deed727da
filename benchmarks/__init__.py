"""Benchmarks; each module prints a table, and its figures as one JSON object on the last line."""
