"""The keys of the artifacts on Prefect's pages, each with the model's name in it, so that no model hides another's."""

import re
from typing import Literal

Kind = Literal[
    "leaderboard", "classification-report", "model-card", "cross-validation", "prediction", "prediction-summary"
]
CHANGED = {"_": 2, ".": 3}  # what a key can't hold and becomes a dash; 1 is a capital


def artifact_key(kind: Kind, name: str) -> str:
    """As `leaderboard-churn`; no two names have the same key.

    A key holds lowercase letters, digits and dashes alone. Of any other name capitals become small and the rest
    dashes; a second dash in front, where no name has one, and a number behind tell which: `leaderboard--a-b-8` is that
    of `a_b`. The same is done to a name with which one kind would look like another, `prediction` of `summary-churn`.

    Args:
        name: of a model.
    """
    if re.fullmatch("[a-z0-9-]+", name) and not (kind == "prediction" and name.startswith("summary-")):
        return f"{kind}-{name}"
    changes = sum(CHANGED.get(letter, letter.isupper()) << 2 * place for place, letter in enumerate(name))
    return f"{kind}--{re.sub('[._]', '-', name.lower())}-{changes:x}"
