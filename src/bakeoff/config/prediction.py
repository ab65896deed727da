"""The config of the flow `prediction`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bakeoff.config.parts import ModelName, Part, Text
from bakeoff.config.signing import VerifyingConfig


class PredictionConfig(Part):
    """One table scored with one saved version."""

    model_config = ConfigDict(title="Prediction")

    name: ModelName = "classifier"
    store: Path = Field(default=Path("models"), description="The store's folder.")
    version: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")] = Field(
        default="champion", description="champion, latest, or a version's id."
    )
    input: Text | None = Field(
        default=None, description="The .csv or .parquet file to score; empty: the version's own validation rows."
    )
    output: Text | None = Field(
        default=None, description="The folder to write, which must not exist yet; empty: predictions/<UTC stamp>."
    )
    format: Literal["parquet", "csv"] = Field(default="parquet", description="The predictions' file format.")
    keep: tuple[str, ...] = Field(
        default=(),
        description="Columns of the input that are copied beside each prediction, an id say; several with commas.",
    )
    signing: VerifyingConfig = Field(
        default=VerifyingConfig(), description="Whose signatures the version must have to be opened."
    )
    allow_version_skew: bool = Field(
        default=False,
        description="Open a model that was written under another scikit-learn or Python minor version; its frozen "
        "sample of rows must be predicted as it was then.",
    )
