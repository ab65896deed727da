"""Keys of artifacts on Prefect's pages; they hold the model's name, so that models don't share artifacts."""

import re
from typing import Literal

Kind = Literal[
    "leaderboard", "classification-report", "model-card", "cross-validation", "prediction", "prediction-summary"
]
CHANGED = {"_": 2, ".": 3}  # codes of the characters that become dashes; a capital has 1, others 0


def artifact_key(kind: Kind, name: str) -> str:
    """Return the key of an artifact, such as `leaderboard-churn`; different names have different keys.

    Prefect's keys hold only lowercase letters, digits and dashes. A name with other characters is put in lower case,
    with dashes for underscores and dots. A double dash before it, which other keys don't have, since names don't begin
    with a dash, marks the change; a hexadecimal number after it encodes the change, two bits for each character: the
    key of `a_b` is `leaderboard--a-b-8`. Names that would make one kind look like another are marked too, such as
    `summary-churn` for `prediction`.

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
