"""The configs of split, cross-validation, selection, SVM and promotion."""

from typing import Literal, Self

from pydantic import AliasChoices, ConfigDict, Field, field_validator, model_validator

from bakeoff.classifiers import CLASSIFIERS, default_parameters
from bakeoff.config.base import (
    Count,
    Number,
    Part,
    Seed,
    Text,
)
from bakeoff.metrics import MetricName


class SplitConfig(Part):
    """How the rows are divided into training, test and hold-out rows."""

    # Prefect's server checks parameters by the schema, which would else refuse the old name; the form doesn't show it.
    model_config = ConfigDict(
        title="Split", json_schema_extra={"patternProperties": {"^validation_share$": {"type": "number"}}}
    )

    test_size: Number = Field(
        default=0.3,
        gt=0,
        lt=1,
        description="Share of test and hold-out rows together.",
    )
    holdout_share: Number = Field(
        default=0.33,
        gt=0,
        lt=1,
        validation_alias=AliasChoices("holdout_share", "validation_share"),  # the latter is its old name
        description="Share of those that are hold-out rows, for predictions.",
    )
    by: Literal["random", "time", "group"] = Field(
        default="random",
        description="random: rows are drawn by chance; time: the newest are held out, in folds too; group: rows of a "
        "group stay together, in folds too.",
    )
    column: Text | None = Field(
        default=None,
        description="Time or group: the file's column with it, not learned from. Times are numbers, Parquet dates, or "
        "text beginning with the year (2026-11-22T10:15:00Z).",
    )
    stratify: bool = Field(default=True, description="Random: keep class shares equal in all parts.")
    random_state: Seed = Field(default=42, description="Seed of the split; not used by time.")

    @model_validator(mode="after")
    def _column_belongs_to_time_and_group(self) -> Self:
        if self.by != "random" and self.column is None:
            raise ValueError(f"by: {self.by} needs column, the one that holds each row's {self.by}")
        if self.by == "random" and self.column is not None:
            raise ValueError("column belongs to by: time and by: group, but by is random; leave one of them out")
        return self


class CrossValidationConfig(Part):
    """How the contestants are compared on the training rows."""

    model_config = ConfigDict(title="Cross-validation")

    folds: Count = Field(default=5, ge=2, le=100, description="Number of folds; stratified unless split by time.")
    repeats: Count = Field(
        default=1, ge=1, le=100, description="How often folds are redrawn; more than 1 needs a random_state."
    )
    scoring: MetricName = Field(
        default="accuracy",
        description="Metric for selection and promotion (scikit-learn's names). roc_auc_ovr and neg_log_loss "
        "calibrate the SVM.",
    )
    random_state: Seed | None = Field(
        default=None, description="Seed that shuffles rows into folds. Empty: folds in row order."
    )

    @property
    def n_splits(self) -> int:
        """The number of folds over all repeats."""
        return self.folds * self.repeats

    @model_validator(mode="after")
    def _repeats_need_a_seed(self) -> Self:
        if self.repeats > 1 and self.random_state is None:
            raise ValueError(f"repeats is {self.repeats}: folds in row order repeat themselves, so set a random_state")
        return self


class SelectionConfig(Part):
    """How the winner is chosen among the contestants."""

    model_config = ConfigDict(title="Selection")

    rule: Literal["simplest_of_the_best", "best_mean"] = Field(
        default="simplest_of_the_best",
        description="simplest_of_the_best: the simplest of the leader and those tied with it; best_mean: the highest "
        "mean score.",
    )
    test: Literal["rows", "nadeau_bengio"] = Field(
        default="rows",
        description="rows: McNemar's test for accuracy, paired t for log loss, otherwise paired bootstrap; "
        "nadeau_bengio: stricter, corrected t on a repeated cross-validation (10 x 5).",
    )
    alpha: Number = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Level of the tests between contestants, Holm-corrected.",
    )
    tie_margin: Number | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Largest gap of a tie, or one standard error if larger. Empty: 0.005, for ROC AUC 0.002, for "
        "log loss 0.01.",
    )
    simplicity: tuple[str, ...] = Field(
        default=tuple(default_parameters()),
        description="Contestants, simplest first. Others follow, your own classes last.",
    )
    resamples: Count = Field(default=2000, ge=200, le=100_000, description="Bootstrap resamples, in promotion too.")

    @field_validator("simplicity")
    @classmethod
    def _each_once(cls, simplicity: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(simplicity)) < len(simplicity):
            raise ValueError(f"names a contestant twice: {', '.join(simplicity)}")
        return simplicity

    @property
    def order(self) -> list[str]:
        """All contestants from the simplest to the least simple."""
        return list(dict.fromkeys([*self.simplicity, *CLASSIFIERS]))


class SVMConfig(Part):
    """How the SVM is fitted where there are many rows."""

    model_config = ConfigDict(title="SVM")

    approximation: Literal["auto", "exact", "nystroem"] = Field(
        default="auto",
        description="auto: exact if predicted to fit within budget_seconds, otherwise nystroem; exact: scikit-learn's "
        "SVC, slow with many rows; nystroem: linear SVM on Nystroem features.",
    )
    budget_seconds: Number = Field(
        default=10.0,
        gt=0,
        le=1_000_000,
        description="Auto: predicted seconds that one exact fit may take.",
    )
    components: Count = Field(
        default=2000,
        ge=10,
        le=20_000,
        description="Nystroem: number of landmark rows; more come closer to the exact fit.",
    )


class PromotionConfig(Part):
    """When a new version takes the champion's place."""

    model_config = ConfigDict(title="Promotion")

    rule: Literal["significant", "always", "never"] = Field(
        default="significant",
        description="significant: promote if better than the champion on fresh rows, beyond chance; always: promote; "
        "never: by hand only. What doesn't beat the baseline never replaces a champion that does.",
    )
    alpha: Number = Field(
        default=0.05, gt=0, le=0.25, description="Level of the test of challenger against champion (one-sided)."
    )
    yearly: Number | None = Field(
        default=0.025,
        gt=0,
        le=0.25,
        description="Level of a false promotion over a year of nightly runs. Empty: alpha alone.",
    )
    min_gain: Number = Field(
        default=0.002,
        ge=0,
        le=1,
        description="Smallest gain worth a change, in units of cross_validation.scoring.",
    )
    min_rows: Count = Field(default=30, ge=1, le=100_000_000, description="Fresh rows needed to decide.")
