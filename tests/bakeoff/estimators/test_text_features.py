"""Free text becomes components, as scikit-learn's transformers do it."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from bakeoff.estimators.text_features import TextFeatures

TEXTS = pd.Series(["the cat sat", "the dog sat down", None, "a cat and a dog", "cat cat cat", "down with the dog"])


def test_clones_and_pickles_do_the_same():
    """And a text alone as in a batch; a missing one has no words."""
    model = TextFeatures(n_components=3)
    numbers = model.fit_transform(TEXTS)
    assert (6, 3) == numbers.shape
    assert not numbers[2].any()
    np.testing.assert_allclose(numbers, model.transform(TEXTS), atol=1e-12)
    np.testing.assert_array_equal(model.transform(TEXTS), pickle.loads(pickle.dumps(model)).transform(TEXTS))
    np.testing.assert_array_equal(numbers, clone(model).fit_transform(TEXTS))
    np.testing.assert_allclose(numbers[3:4], model.transform(TEXTS[3:4]), atol=1e-12)
    assert {"n_components": 3, "random_state": 42} == model.get_params()
    with pytest.raises(NotFittedError):
        clone(model).transform(TEXTS)


@pytest.mark.parametrize("texts", [["", None], ["?", "!"], ["word", "word"], ["one"], ["p q", "r s"]])
def test_few_words_give_few_components(texts):
    """No error, and the same number of columns for other texts."""
    model = TextFeatures()
    numbers = model.fit_transform(pd.Series(texts))
    assert np.isfinite(numbers).all()
    assert (6, numbers.shape[1]) == model.transform(TEXTS).shape
    assert [f"textfeatures{number}" for number in range(numbers.shape[1])] == model.get_feature_names_out().tolist()
