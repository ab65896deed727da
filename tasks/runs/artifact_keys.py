"""Keys of artifacts on Prefect's pages; they hold the model's name, so that models don't share artifacts."""

import re
from typing import Literal

Kind = Literal[
    "leaderboard", "classification-report", "model-card", "cross-validation", "prediction", "prediction-summary"
]
CHANGED = {"_": 2, ".": 3}  # codes of the characters that become a dash; the code of a capital is 1


def artifact_key(kind: Kind, name: str) -> str:
    """Return the key of an artifact, such as `leaderboard-churn`; different names have different keys.

    Prefect's keys hold only lowercase letters, digits and dashes. In other names capitals become lowercase and other
    characters dashes; a double dash before the name, which no plain key has, marks the change, and a number after it
    encodes it: the key of `a_b` is `leaderboard--a-b-8`. Names that make one kind look like another are marked, too:
    `prediction` of `summary-churn`.

    Args:
        kind: the kind of the artifact.
        name: the name of the model.
    """
    if re.fullmatch("[a-z0-9-]+", name) and not (kind == "prediction" and name.startswith("summary-")):
        return f"{kind}-{name}"
    changes = sum(
        CHANGED.get(character, character.isupper()) << 2 * position for position, character in enumerate(name)
    )
    return f"{kind}--{re.sub('[._]', '-', name.lower())}-{changes:x}"
