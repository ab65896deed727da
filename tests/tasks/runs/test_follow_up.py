"""Which training runs lack their prediction: a pure function over what the server knows of them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from prefect.client.schemas.objects import FlowRun

from tasks.runs.follow_up import key, model_of, unfollowed

FIRST = datetime(2026, 11, 1, 2, tzinfo=UTC)


def run(day, **config):
    return FlowRun(flow_id=uuid4(), parameters={"config": config}, end_time=FIRST + timedelta(days=day), run_count=1)


def test_a_run_that_asked_lacks_nothing():
    asked, lost = run(0, name="a"), run(0, name="b")
    assert [lost] == unfollowed([asked, lost], {key(asked)})


def test_of_each_model_the_newest_counts():
    """An older one would be followed by a prediction with the same latest version."""
    runs = [run(2, name="a"), run(3, name="b"), run(1, name="a")]
    assert runs[:2] == unfollowed(runs, set())
    assert [runs[1]] == unfollowed(runs, {key(runs[0])})


def test_a_model_is_its_name_in_its_store():
    """What a run was not given is the default."""
    runs = [run(0), run(1, name="classifier", store="models"), run(0, store="elsewhere")]
    assert {runs[1].id, runs[2].id} == {found.id for found in unfollowed(runs, set())}


def test_name_and_store_are_always_given():
    """What is left out would take the prediction deployment's."""
    assert {"name": "classifier", "store": "elsewhere"} == model_of(run(0, store="elsewhere"))


def test_a_run_that_is_tried_again_lacks_another_prediction():
    first = run(0)
    again = first.model_copy(update={"run_count": 2})
    assert [again] == unfollowed([again], {key(first)})


def test_a_run_without_a_readable_config_is_one_of_the_default_model():
    broken = FlowRun(flow_id=uuid4(), parameters={}, end_time=FIRST, run_count=1)
    assert [broken] == unfollowed([broken], set())
