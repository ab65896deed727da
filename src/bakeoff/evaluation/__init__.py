"""Scores, tests, intervals, curves and costs of predictions; imports only the vocabulary modules."""
