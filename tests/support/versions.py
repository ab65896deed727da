"""What the lowest versions of the libraries can't do."""

import json

import pyarrow as pa
import pytest
import sklearn

VIEW = pa.string_view() if int(pa.__version__.split(".")[0]) >= 18 else pa.large_string()  # 17 writes no views
RELEASE = tuple(map(int, sklearn.__version__.split(".")[:2]))

needs_temperature = pytest.mark.skipif(RELEASE < (1, 8), reason="scikit-learn 1.7 has no temperature")


def require_scikit_learn(folder):
    """Skip the test if a version below the folder was saved by a newer scikit-learn, which an older one can't open."""
    for path in folder.rglob("card.json"):
        saved = json.loads(path.read_text())["environment"]["scikit-learn"]
        if tuple(map(int, saved.split(".")[:2])) > RELEASE:
            pytest.skip(f"saved by scikit-learn {saved}")
