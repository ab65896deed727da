"""The keys of artifacts on Prefect's pages."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.types.names import raise_on_name_alphanumeric_dashes_only

from bakeoff.runtime.files import NAME
from tasks.runs.artifact_keys import Kind, artifact_key

KINDS = get_args(Kind)
names = st.from_regex(re.compile(NAME, re.ASCII), fullmatch=True).filter(lambda name: name == name.strip())


@pytest.mark.parametrize("kind", KINDS)
def test_an_ordinary_name_stands_in_the_key_as_it_is(kind):
    """So that it can be guessed, and read."""
    assert f"{kind}-churn-2" == artifact_key(kind, "churn-2")


@given(st.lists(st.tuples(st.sampled_from(KINDS), names), min_size=2, unique=True))
def test_no_two_artifacts_have_the_same_key(several):
    """Whatever the models are called; and Prefect takes every key."""
    keys = [artifact_key(kind, name) for kind, name in several]
    assert len(several) == len(set(keys))
    assert keys == [raise_on_name_alphanumeric_dashes_only(key) for key in keys]


def test_names_that_are_nearly_the_same_have_keys_of_their_own():
    """Those that a plain replacement would lead to one key, and those that look like the mended ones."""
    alike = ["a-b", "a_b", "a.b", "A-B", "A_B", "a-b-8", "a-B", "a--b", "b" * 99 + "_", "b" * 99 + "-"]
    keys = [artifact_key("leaderboard", name) for name in alike]
    assert len(alike) == len(set(keys))
    assert ["leaderboard-a-b", "leaderboard--a-b-8"] == keys[:2]
    assert artifact_key("prediction", "summary-churn") != artifact_key("prediction-summary", "churn")
