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
    store: LocalPath = Field(default=Path("models"), description="Folder of the store.")
    version: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")] = Field(
        default="champion", description="champion, latest, or a version's id."
    )
    input: LocalText | None = Field(
        default=None,
        description="Table to score: a file (.csv, .tsv, .json, .jsonl, also .gz and .zst; .parquet, .feather, "
        ".arrow, .xlsx) or a folder of them, in order of their names. Empty: the version's hold-out rows.",
    )
    output: LocalText | None = Field(
        default=None, description="Folder to write, which must not exist. Empty: predictions/<UTC stamp>."
    )
    format: Literal["parquet", "csv"] = Field(default="parquet", description="File format of the predictions.")
    keep: Names = Field(
        default=(),
        description="Input columns to copy beside each prediction, such as an id; several with commas.",
    )
    probabilities: bool = Field(
        default=True,
        description="Write class probabilities. Without them runs are faster, results smaller, and there is no log "
        "loss.",
    )
    on_unseen: AnomalyAction = Field(
        default="flag",
        description="A category that training never saw. flag: score the row, and say so in the column `warnings`; "
        "reject: reject the row; accept: score it.",
    )
    on_out_of_range: AnomalyAction = Field(
        default="flag",
        description="A number far outside the training range; choices as for on_unseen.",
    )
    range_margin: Number = Field(
        default=1.0,
        ge=0,
        le=1_000_000,
        description="How far is far, in widths of the training range.",
    )
    on_missing: AnomalyAction = Field(
        default="flag",
        description="A missing value in a column that had none in training; choices as for on_unseen; a scored one "
        "is imputed.",
    )
    max_rejected: Number | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Fail and write nothing if a larger share of rows is rejected; 1: never. Empty: fail if all are, "
        "and write the folder with the reasons.",
    )
    max_drift: Literal["stable", "watch"] | None = Field(
        default=None,
        description="Fail with exit status 1 on a worse drift verdict: stable: on watch or drifted; watch: on "
        "drifted. Predictions are still written. Empty: never.",
    )
    signing: VerifyingConfig = Field(default=VerifyingConfig(), description="Whose signatures the version must have.")
    allow_version_skew: bool = Field(
        default=False,
        description="Open a model of another scikit-learn, or another minor version of Python; its frozen sample "
        "must still be predicted alike.",
    )
