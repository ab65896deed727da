"""The default job as a plain script, which the flow is compared with.

Cross-validation, fit and report of the three classifiers, one after another, on the default rows.
"""

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def main() -> None:
    """Race the three and print their scores."""
    X, y = make_classification(
        n_samples=10_000, n_features=10, n_informative=5, n_redundant=0, n_classes=4, n_clusters_per_class=1,
        class_sep=3.0, flip_y=0.01, random_state=42,
    )  # fmt: skip
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=42, stratify=y)
    for classifier in (LogisticRegression(max_iter=1000), RandomForestClassifier(random_state=42), SVC()):
        model = make_pipeline(StandardScaler(), classifier)
        scores = cross_val_score(model, X_train, y_train, cv=5)
        print(type(classifier).__name__, scores, scores.mean())
        print(classification_report(y_test, model.fit(X_train, y_train).predict(X_test), digits=4))


if __name__ == "__main__":
    main()
