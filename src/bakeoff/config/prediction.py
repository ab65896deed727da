"""The config of the prediction flow."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from bakeoff.config.base import (
    ModelName,
    Names,
    Number,
    Place,
    RunConfig,
    StorePlace,
)
from bakeoff.config.dask import ClusterConfig, Runner, check_runner
from bakeoff.config.rows.database import (
    URL_ENV,
    PeriodConfig,
    Query,
    TableName,
    Variable,
    check_parameters,
    end_period,
)
from bakeoff.config.signing import VerifyingConfig

AnomalyAction = Literal["flag", "reject", "accept"]
MOST_WORKERS = 256


def _auto_or_count(value: Any) -> Any:
    """Refuse everything else in one sentence; pydantic would say one for each of the two types."""
    text = str(value).strip()
    if text == "auto" or (text.isdecimal() and len(text) < 10 and 1 <= int(text) <= MOST_WORKERS):
        return text if text == "auto" else int(text)
    raise ValueError(f"must be auto, or a whole number from 1 to {MOST_WORKERS}, not {text[:80] or 'empty'}")


Workers = Annotated[Literal["auto"] | Annotated[int, Field(ge=1, le=MOST_WORKERS)], BeforeValidator(_auto_or_count)]


class PredictionConfig(RunConfig):
    """One table scored with one saved version."""

    model_config = ConfigDict(title="Prediction")

    name: ModelName = Field(
        default="classifier", description="The model's name; if not given, that of the store's only model."
    )
    store: StorePlace = Field(default=Path("models"), description="Folder, or s3://bucket/models.")
    version: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")] = Field(
        default="champion", description="champion, latest, or a version's id."
    )
    input: Place | None = Field(
        default=None,
        description="Table to score: a file (.csv, .tsv, .json, .jsonl, also .gz and .zst; .parquet, .feather, "
        ".arrow, .xlsx) or a folder of them; also s3://, gs://, az://. Empty: the version's hold-out rows.",
    )
    url_env: Variable | None = Field(default=None, description=f"For query and output_table: {URL_ENV}")
    query: Query | None = Field(
        default=None,
        description="Rows to score, instead of input: a SELECT; :since and :until in it are filled in by window.",
    )
    window: PeriodConfig = Field(default=PeriodConfig(), description="The period of the query.")
    output: Place | None = Field(
        default=None,
        description="New folder; also s3://, gs://, az://. Empty: predictions/<UTC stamp>.",
    )
    output_table: TableName | None = Field(
        default=None,
        description="Also write the predictions to this table, as predictions or schema.predictions; made if missing. "
        "A repeated run replaces its rows.",
    )
    format: Literal["parquet", "csv"] = Field(default="parquet", description="File format of the predictions.")
    keep: Names = Field(
        default=(),
        description="Input columns to copy beside each prediction, such as an id; several with commas.",
    )
    probabilities: bool = Field(
        default=True,
        description="Write class probabilities. Without them runs are faster; there is no log loss.",
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
        description="A missing value in a column that had none in training; choices as for on_unseen.",
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
    workers: Workers = Field(
        default="auto",
        description=f"Batches scored at once. auto: one per core, or two per cluster thread; or 1 to "
        f"{MOST_WORKERS}. The files are the same.",
    )
    runner: Runner = Field(
        default="threads",
        description="threads: batches are scored here; dask: on a Dask cluster.",
    )
    dask: ClusterConfig = Field(default=ClusterConfig(), description="Runner dask: which cluster.")
    signing: VerifyingConfig = Field(default=VerifyingConfig(), description="Whose signatures the version must have.")
    allow_version_skew: bool = Field(
        default=False,
        description="Open a model of another scikit-learn or Python minor version, if it predicts its frozen sample "
        "as it did.",
    )

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        """Refuse settings of a database or a cluster that contradict each other."""
        if self.query is not None and self.input is not None:
            raise ValueError("input and query both name the rows; leave one of them out")
        if (self.query or self.output_table) and self.url_env is None:
            raise ValueError(f"{'query' if self.query else 'output_table'} needs url_env")
        if self.url_env and not (self.query or self.output_table):
            raise ValueError("url_env needs query or output_table")
        if self.output_table and self.format != "parquet":
            raise ValueError("output_table needs format: parquet")
        if self.query is not None:
            check_parameters(self.query, self.window.last, "window")
        elif self.window != PeriodConfig():
            raise ValueError("window belongs to query; leave it out")
        check_runner(self.runner, self.dask)
        return self

    @property
    def shown(self) -> str | None:
        """The table's name in messages; None for the hold-out rows."""
        return "query" if self.query else self.input

    def at(self, second: int | None) -> Self:
        """Return the config with the `until` of the query, if it is empty."""
        until = end_period(self.query, self.window.until, second)
        return self.model_copy(update={"window": self.window.model_copy(update={"until": until})})
