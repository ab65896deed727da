"""The config of the prediction flow."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bakeoff.config.base import (
    LocalPath,
    LocalText,
    ModelName,
    Names,
    Number,
    Part,
)
from bakeoff.config.signing import VerifyingConfig

AnomalyAction = Literal["flag", "reject", "accept"]


class PredictionConfig(Part):
    """One table scored with one saved version."""

    model_config = ConfigDict(title="Prediction")

    name: ModelName = "classifier"
    store: LocalPath = Field(default=Path("models"), description="The store's folder.")
    version: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")] = Field(
        default="champion", description="champion, latest, or a version's id."
    )
    input: LocalText | None = Field(
        default=None,
        description="What to score: a file (.csv, .tsv, .json, .jsonl, also .gz and .zst; .parquet, .feather, .arrow, "
        ".xlsx) or a folder of such files, in the order of their names; empty: the version's own validation rows.",
    )
    output: LocalText | None = Field(
        default=None, description="The folder to write, which must not exist yet; empty: predictions/<UTC stamp>."
    )
    format: Literal["parquet", "csv"] = Field(default="parquet", description="The predictions' file format.")
    keep: Names = Field(
        default=(),
        description="Columns of the input that are copied beside each prediction, an id say; several with commas.",
    )
    probabilities: bool = Field(
        default=True,
        description="Write each class's probability, where the model has them; without, a run is faster and its "
        "result smaller, and there is no log loss.",
    )
    on_unseen: AnomalyAction = Field(
        default="flag",
        description="What happens to a row with a category that no training row had. flag: it is scored, and the "
        "column `warnings` says so; reject: it is named among the rejected; accept: it is scored.",
    )
    on_out_of_range: AnomalyAction = Field(
        default="flag",
        description="What happens to a row with a number far outside the training range: flag, reject or accept, as "
        "for on_unseen.",
    )
    range_margin: Number = Field(
        default=1.0,
        ge=0,
        le=1_000_000,
        description="What far is to on_out_of_range: further outside than so many times the training range's width.",
    )
    on_missing: AnomalyAction = Field(
        default="flag",
        description="What becomes of a row with a missing value in a column in which no training row had one: flag "
        "(it is imputed), reject or accept, as for on_unseen.",
    )
    max_rejected: Number | None = Field(
        default=None,
        ge=0,
        le=1,
        description="The run fails, and writes nothing, when a larger share of the rows is rejected; at 1 never. "
        "Empty: it fails when all are, and still writes the folder, which names each.",
    )
    max_drift: Literal["stable", "watch"] | None = Field(
        default=None,
        description="The run fails, with exit status 1, when its rows have moved further from the training rows: at "
        "stable by any verdict of watch or drifted, at watch by drifted. The predictions are published all the same.",
    )
    signing: VerifyingConfig = Field(
        default=VerifyingConfig(), description="Whose signatures the version must have to be opened."
    )
    allow_version_skew: bool = Field(
        default=False,
        description="Open a model that was written under another scikit-learn or Python minor version; its frozen "
        "sample of rows must be predicted as it was then.",
    )
