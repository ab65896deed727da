"""Warnings of a dataset and its split; imported by `prepare`, imports the datasets and the split."""
