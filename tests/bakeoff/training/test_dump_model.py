"""Equal models give equal bytes."""

import joblib
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from bakeoff.training.dump_model import dump_model


def test_a_model_gives_the_same_bytes_whichever_strings_are_one_object(tmp_path):
    """Imports and earlier unpickling decide that: a worker that has loaded a model interns what it held."""
    name = "categories"
    for file, category in (("one", name), ("two", name.encode().decode())):
        pipeline = make_pipeline(OneHotEncoder(categories=[[category]]), verbose=False)
        pipeline.set_params(memory={name: category})
        dump_model(pipeline, tmp_path / file)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    joblib.dump(pipeline, tmp_path / "plain")
    assert joblib.load(tmp_path / "two").get_params()["memory"] == {name: name}
    assert (tmp_path / "plain").read_bytes() != (tmp_path / "two").read_bytes()
