"""Datasets, split, folds, and the parts of a prepared dataset; imports store and the rooms below it."""
