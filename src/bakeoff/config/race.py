"""The configs of split, cross-validation, selection, SVM, Dask and promotion."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

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
    """How the rows are divided into training, test and validation rows."""

    model_config = ConfigDict(title="Split")

    test_size: Number = Field(
        default=0.3, gt=0, lt=1, description="Share of all rows that is held out from training and selection."
    )
    validation_share: Number = Field(
        default=0.33, gt=0, lt=1, description="Share of the held-out rows that is kept for the prediction flow."
    )
    by: Literal["random", "time", "group"] = Field(
        default="random",
        description="random: any row may go anywhere; time: the newest rows are held out, and folds are scored on rows "
        "newer than those they are fitted on; group: rows of one group stay together, in the folds too.",
    )
    column: Text | None = Field(
        default=None,
        description="Time or group: the column of the file that holds it; it is not learned from. Times are numbers, "
        "Parquet's dates, or text that begins with the year (2026-11-22T10:15:00Z).",
    )
    stratify: bool = Field(default=True, description="Random: keep the classes' shares alike in all parts.")
    random_state: Seed = Field(default=42, description="The seed of the split; by time nothing is drawn.")

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

    folds: Count = Field(default=5, ge=2, le=100, description="How many folds; stratified, but for a split by time.")
    repeats: Count = Field(
        default=1, ge=1, le=100, description="How often the folds are drawn anew; more than 1 needs a random_state."
    )
    scoring: MetricName = Field(
        default="accuracy",
        description="The metric by which contestants are ranked, and champion and challenger compared; scikit-learn's "
        "names. With roc_auc_ovr and neg_log_loss the SVM's scores are calibrated into probabilities.",
    )
    random_state: Seed | None = Field(
        default=None, description="Seed that shuffles the rows into folds; empty: folds in row order."
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
        description="simplest_of_the_best: of the contestants that can't be told from the leader and trail it by no "
        "more than the margin, the simplest; best_mean: the one with the highest mean score.",
    )
    test: Literal["rows", "nadeau_bengio"] = Field(
        default="rows",
        description="rows: on the rows' out-of-fold answers, for accuracy McNemar's test, for log loss the paired t, "
        "otherwise the paired bootstrap; nadeau_bengio: the corrected t on the folds of a repeated cross-validation "
        "(10 rounds of 5), which is stricter.",
    )
    alpha: Number = Field(
        default=0.05,
        gt=0,
        le=0.5,
        description="Level of the tests between all pairs of contestants, corrected for their number by Holm's method.",
    )
    tie_margin: Number | None = Field(
        default=None,
        ge=0,
        le=1,
        description="The most by which a tied contestant may trail the leader, or one standard error of the difference "
        "if that is larger; empty: 0.005 for accuracy, balanced accuracy and macro F1, 0.002 for ROC AUC, 0.01 for log "
        "loss.",
    )
    simplicity: tuple[str, ...] = Field(
        default=tuple(default_parameters()),
        description="The contestants from the simplest to the least simple; several with commas. Those left out come "
        "last, gradient boosting before those of a class that the config names.",
    )
    resamples: Count = Field(
        default=2000, ge=200, le=100_000, description="How many resamples a bootstrap draws, here and in promotion."
    )

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
        description="auto: exact where that is predicted to take no longer than the budget, else nystroem; exact: "
        "scikit-learn's SVC, which takes time with the square of the rows; nystroem: a linear SVM on Nystroem's "
        "features, which takes time in proportion to the rows.",
    )
    budget_seconds: Number = Field(
        default=10.0,
        gt=0,
        le=1_000_000,
        description="Auto: the most that one exact fit on the training rows may be predicted to take.",
    )
    components: Count = Field(
        default=2000,
        ge=10,
        le=20_000,
        description="Nystroem: how many training rows are landmarks; more come closer to the exact fit.",
    )


class DaskConfig(Part):
    """Where the fits and folds of a race run, if not here."""

    model_config = ConfigDict(title="Dask")

    address: Text | None = Field(
        default=None, pattern=r"^(tcp|tls)://.+:\d+$", description="The scheduler's, as tcp://scheduler:8786."
    )
    workspace: Literal["auto", "shared", "sent"] = Field(
        default="auto",
        description="shared: all workers see the run's workspace under the same path; sent: rows and models travel "
        "through Dask; auto: shared where it is so.",
    )


class PromotionConfig(Part):
    """When a new version takes the champion's place."""

    model_config = ConfigDict(title="Promotion")

    rule: Literal["significant", "always", "never"] = Field(
        default="significant",
        description="significant: when it is better than the champion on rows that are new to both, beyond what chance "
        "explains; always; never: only by hand. One that doesn't beat the baseline never replaces one that does. The "
        "first version of a name becomes champion by itself.",
    )
    alpha: Number = Field(
        default=0.05, gt=0, le=0.25, description="Level of the one-sided test of challenger against champion."
    )
    yearly: Number | None = Field(
        default=0.025,
        gt=0,
        le=0.25,
        description="Level over a year of nights without a true gain, in which each challenger is one more chance of a "
        "false promotion; single looks and their evidence together are held to it. Empty: alpha alone, at each look.",
    )
    min_gain: Number = Field(
        default=0.002,
        ge=0,
        le=1,
        description="The least gain that is worth a change, in the unit of cross_validation.scoring.",
    )
    min_rows: Count = Field(
        default=30, ge=1, le=100_000_000, description="How many fresh rows there must be to decide anything."
    )
