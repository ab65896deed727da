"""The contestants as scikit-learn Pipelines; imports data and what is below it."""
