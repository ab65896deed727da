"""Race tabular classifiers on the same folds, keep the best as a sealed version, predict with it."""
