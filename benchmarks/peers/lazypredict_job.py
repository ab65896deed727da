"""The default job by LazyPredict, in an environment of its own: fits and 5 folds of the three (`make bench-peers`)."""

from lazypredict.Supervised import LazyClassifier
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC


def main() -> None:
    """Race the three and print what they reached."""
    X, y = make_classification(
        n_samples=10_000, n_features=10, n_informative=5, n_redundant=0, n_classes=4, n_clusters_per_class=1,
        class_sep=3.0, flip_y=0.01, random_state=42,
    )  # fmt: skip
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)
    race = LazyClassifier(classifiers=[LogisticRegression, RandomForestClassifier, SVC], cv=5, random_state=42)
    scores, _ = race.fit(X_train, X_test, y_train, y_test)
    if len(scores) != 3:
        raise SystemExit(f"not all three ran:\n{scores}")
    print(scores)


if __name__ == "__main__":
    main()
