"""Scores, tests, intervals, curves and costs: numbers in, numbers out; imports only the vocabulary."""
