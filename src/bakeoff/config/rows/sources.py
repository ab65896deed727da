"""The sources of rows, and which fields of the dataset's config belong to which."""

from collections.abc import Mapping
from typing import Any

NEEDED = {
    "path": "a file or a folder",
    "url_env": "the environment variable with the database's URL",
    "query": "a SELECT",
    "target": "the name of the column to predict",
}
SOURCES = {
    "synthetic": "Generated rows",
    "bundled": "A table of scikit-learn",
    "file": "A file or folder",
    "sql": "A query of a database",
}
TABLES = ("file", "sql")
FIELDS_OF_SOURCE = {
    "n_samples": ("synthetic",),
    "n_features": ("synthetic",),
    "n_informative": ("synthetic",),
    "n_redundant": ("synthetic",),
    "n_classes": ("synthetic",),
    "n_clusters_per_class": ("synthetic",),
    "class_sep": ("synthetic",),
    "flip_y": ("synthetic",),
    "random_state": ("synthetic",),
    "batch": ("synthetic",),
    "drift": ("synthetic",),
    "bundled": ("bundled",),
    "path": ("file",),
    "url_env": ("sql",),
    "query": ("sql",),
    "target": TABLES,
    "ignore": TABLES,
    "categories": TABLES,
    "numbers": TABLES,
    "text": TABLES,
    "dates": TABLES,
    "decimal": TABLES,
    "window": TABLES,
}


def source_of(values: Mapping[str, Any]) -> Any:
    """Return the source that plain values name, or imply by a path, a query or a bundled table; None if they don't."""
    implied = {"path": "file", "query": "sql", "bundled": "bundled"}
    return values.get("source", next((implied[name] for name in implied if values.get(name) is not None), None))
