"""The default job by PyCaret, in an environment of its own (`make bench-peers`): 5 folds of three, the best fitted."""

import pandas as pd
from pycaret.classification import compare_models, finalize_model, predict_model, pull, setup
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split


def main() -> None:
    """Race the three, evaluate the best on the test rows, and print what they reached."""
    X, y = make_classification(
        n_samples=10_000, n_features=10, n_informative=5, n_redundant=0, n_classes=4, n_clusters_per_class=1,
        class_sep=3.0, flip_y=0.01, random_state=42,
    )  # fmt: skip
    rows = pd.DataFrame(X, columns=[f"feature_{number}" for number in range(10)]).assign(target=y)
    train, test = train_test_split(rows, test_size=0.3, random_state=42, stratify=y)
    setup(train, target="target", test_data=test, index=False, fold=5, session_id=42, normalize=True, verbose=False)
    best = compare_models(include=["lr", "rf", "rbfsvm"], verbose=False)
    scores = pull()
    if len(scores) != 3:
        raise SystemExit(f"not all three ran:\n{scores}")
    print(scores)
    predict_model(best, verbose=False)
    print(pull())
    finalize_model(best)


if __name__ == "__main__":
    main()
