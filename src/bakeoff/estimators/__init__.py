"""The contestants as scikit-learn Pipelines; imports data and the rooms below it."""
