"""The config of the training flow."""

from math import ceil, comb
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from bakeoff.classifiers import (
    CLASS,
    CLASSIFIERS,
    check_name,
    check_parameters,
    default_parameters,
    gives_probabilities,
    needs_exact_svm,
    unknown_name,
)
from bakeoff.config.allowed_modules import check_path
from bakeoff.config.base import (
    LocalPath,
    ModelName,
    Number,
    RunConfig,
    StorePlace,
)
from bakeoff.config.costs import Costs
from bakeoff.config.dask import DaskConfig, Runner, check_runner
from bakeoff.config.race import (
    CrossValidationConfig,
    PromotionConfig,
    SelectionConfig,
    SplitConfig,
    SVMConfig,
)
from bakeoff.config.rows.dataset import DatasetConfig
from bakeoff.config.search import SearchConfig, find_mistakes
from bakeoff.config.signing import SigningConfig
from bakeoff.metrics import METRICS

EngineChoice = Literal["auto", "scikit-learn", "sklearnex"]

CalibrationChoice = Literal["auto", "none", "sigmoid", "isotonic", "temperature"]


class TrainingConfig(RunConfig):
    """One race: the rows, the split, the contestants, and where the winner goes."""

    model_config = ConfigDict(title="Training")

    name: ModelName = "classifier"
    store: StorePlace = Field(default=Path("models"), description="Folder, or s3://bucket/models.")
    workspace: LocalPath = Field(default=Path(".bakeoff"), description="Folder for the run's intermediate files.")
    dataset: DatasetConfig = Field(default=DatasetConfig(), description="Where the rows come from.")
    retrain: Literal["new_rows", "always"] = Field(
        default="new_rows",
        description="new_rows: end before fitting if a version has the same rows, split, settings and library "
        "versions; always: train anyway.",
    )
    strict: bool = Field(
        default=False,
        description="Refuse a table that would otherwise be cleaned.",
    )
    split: SplitConfig = Field(default=SplitConfig(), description="Training, test and hold-out rows.")
    cross_validation: CrossValidationConfig = Field(
        default=CrossValidationConfig(), description="How the contestants are compared."
    )
    selection: SelectionConfig = Field(default=SelectionConfig(), description="How the winner is chosen.")
    promotion: PromotionConfig = Field(
        default=PromotionConfig(), description="When the winner takes the champion's place."
    )
    preprocessing: Literal["auto", "none"] = Field(
        default="auto",
        description="auto: impute, scale and one-hot encode inside every fold; none: use numbers as they are.",
    )
    classifiers: dict[str, dict[str, Any]] = Field(
        default=default_parameters(),
        min_length=1,
        description="Contestants and their parameters, instead of the default list: logistic_regression, svm, "
        "random_forest, hist_gradient_boosting, or your own, as mine: {class: lightgbm.LGBMClassifier, "
        "n_estimators: 300}, from scikit-learn, LightGBM, XGBoost, CatBoost or a module in "
        "BAKEOFF_CLASSIFIER_MODULES. random_state is 42 unless set.",
    )
    search: SearchConfig = Field(
        default=SearchConfig(),
        description="Parameter values to search per contestant, as svm: {C: [0.1, 1, 10], gamma: [scale, 0.1]}: "
        "inside every fold, and again on all training rows.",
    )
    svm: SVMConfig = Field(default=SVMConfig(), description="How the SVM is fitted to many rows.")
    time_budget: Number | None = Field(
        default=None,
        gt=0,
        le=10_000_000,
        description="Seconds for all fits and folds; contestants that need more are skipped. Empty: no limit.",
    )
    runner: Runner = Field(
        default="threads",
        description="threads: fits and folds run on this machine, one per core; dask: on a Dask cluster.",
    )
    dask: DaskConfig = Field(default=DaskConfig(), description="Runner dask: which cluster.")
    engine: EngineChoice = Field(
        default="auto",
        description="Library that fits. auto: scikit-learn-intelex, if installed, for random forests and, from 100,000 "
        "training rows, logistic regressions; sklearnex: always for these two. The saved model is scikit-learn's.",
    )
    class_weight: Literal["none", "balanced"] = Field(
        default="none",
        description="balanced: all classes weigh the same in fits, where contestants take class_weight and don't set "
        "it; none: all rows do.",
    )
    calibration: CalibrationChoice = Field(
        default="auto",
        description="How probabilities are calibrated. auto: only where there are none (SVM), by isotonic with 1,000 "
        "out-of-fold rows of every class, otherwise temperature from 10 classes, sigmoid below; sigmoid, "
        "isotonic, temperature: for all (isotonic with the same fallback, sigmoid instead of temperature for two "
        "classes); none: for none.",
    )
    costs: Costs = Field(
        default={},
        description="Cost of wrong predictions, 0 to 1,000,000,000: per true class a number, or one per predicted "
        "class. Default: 1 if wrong, 0 if right. Predictions become the classes of least expected cost.",
    )
    report: Literal["plain", "deep"] = Field(
        default="plain",
        description="deep: add the learning curve (some thirty more fits) and permutation importance in any case.",
    )
    drift_cooldown: Number = Field(
        default=24,
        gt=0,
        le=8760,
        description="Hours after a run started by drift in which drift starts no other.",
    )
    signing: SigningConfig = Field(default=SigningConfig(), description="What the version is signed with.")

    @field_validator("classifiers")
    @classmethod
    def _known_parameters(cls, classifiers: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        problems = []
        for name, parameters in classifiers.items():
            try:
                check_name(name, parameters)
                if CLASS in parameters:
                    check_path(parameters[CLASS])
                else:
                    check_parameters(name, parameters)
            except ValueError as error:
                problems.append(str(error) if CLASS not in parameters else f"{name}: {error}")
        if problems:
            raise ValueError("; ".join(problems))
        return classifiers

    @model_validator(mode="after")
    def _simplicity_names_contestants(self) -> Self:
        """Refuse unknown names in the order of simplicity, and add the contestants that only this config has."""
        own = [name for name in self.classifiers if name not in CLASSIFIERS]
        for name in self.selection.simplicity:
            if name not in CLASSIFIERS and name not in own:
                raise ValueError(f"selection.simplicity: {unknown_name(name, [*CLASSIFIERS, *own])}")
        if own:
            order = tuple(dict.fromkeys([*self.selection.order, *own]))
            self.__dict__["selection"] = self.selection.model_copy(update={"simplicity": order})
        return self

    @model_validator(mode="after")
    def _search_fits(self) -> Self:
        if mistakes := list(find_mistakes(self.search, self.classifiers)):
            raise ValueError(f"search: {'; '.join(mistakes)}")
        return self

    @model_validator(mode="after")
    def _split_fits(self) -> Self:
        """Refuse splits and tests that don't go with the dataset or the folds."""
        split, folds = self.split, self.cross_validation
        if split.by != "random" and not self.dataset.is_table:
            raise ValueError(
                f"split.by: {split.by} needs dataset.source: file or sql, whose column {split.column!r} it reads; "
                f"source is {self.dataset.source}"
            )
        if split.column is not None and split.column == self.dataset.target:
            raise ValueError(f"split.column can't be the target {split.column!r}")
        if split.by == "time" and (folds.repeats > 1 or folds.random_state is not None):
            raise ValueError(
                "with split.by: time the folds follow the time: leave cross_validation.repeats and random_state out"
            )
        if self.selection.test == "nadeau_bengio" and folds.repeats == 1:
            raise ValueError(
                "selection.test: nadeau_bengio has hardly any power on single folds; set cross_validation.repeats: 10 "
                "and a cross_validation.random_state, or selection.test: rows"
            )
        return self

    @model_validator(mode="after")
    def _enough_resamples(self) -> Self:
        """Refuse levels that a bootstrap can't reach: its smallest p-value is about 1 / resamples.

        A two-sided test doubles it, and Holm's method multiplies it by the number of comparisons: of pairs of
        contestants, and of the baseline with each contestant.
        """
        if METRICS[self.cross_validation.scoring].is_mean_over_rows:
            return self
        levels = {"promotion.alpha": self.promotion.alpha} if self.promotion.rule == "significant" else {}
        if self.selection.test == "rows":
            count = len(self.classifiers)
            levels["selection.alpha"] = self.selection.alpha / (2 * max(comb(count, 2), count))
        for name, level in levels.items():
            if self.selection.resamples * level < 2:
                raise ValueError(
                    f"selection.resamples ({self.selection.resamples}) is too few for this {name}: "
                    f"{self.cross_validation.scoring} needs {ceil(2 / level):,}, and 100,000 is the most; use more, or "
                    f"raise {name}"
                )
        return self

    @model_validator(mode="after")
    def _dask_has_an_address(self) -> Self:
        check_runner(self.runner, self.dask)
        return self

    @model_validator(mode="after")
    def _approximation_has_what_is_asked(self) -> Self:
        parameter = needs_exact_svm(self.classifiers.get("svm", {}))
        if self.svm.approximation == "nystroem" and parameter:
            raise ValueError(
                f"svm.approximation: nystroem has no {parameter}; leave that out of classifiers.svm, or set "
                "svm.approximation: exact"
            )
        return self

    @model_validator(mode="after")
    def _probabilities_where_needed(self) -> Self:
        """Refuse contestants without probabilities if the metric or the costs need them."""
        if self.calibration == "none":
            reason = self.needs_probabilities
            for name, parameters in self.classifiers.items() if reason else ():
                if CLASS not in parameters and not gives_probabilities(name, parameters):
                    raise ValueError(
                        f"{reason} needs probabilities, {name} gives none, and calibration is none; set calibration: "
                        f"auto or take {name} out of classifiers"
                    )
        elif self.classifiers.get("svm", {}).get("decision_function_shape") == "ovo" and (
            self.calibration != "auto" or not gives_probabilities("svm", self.classifiers["svm"])
        ):
            raise ValueError(
                "svm gives scores of pairs of classes with decision_function_shape: ovo, which can't be calibrated; "
                "leave it out (its predictions don't depend on it) or set calibration: none"
            )
        return self

    @property
    def needs_probabilities(self) -> str | None:
        """What needs probabilities: the metric or the costs; None if nothing does."""
        scoring = self.cross_validation.scoring
        return scoring if METRICS[scoring].of_probabilities else "costs" if self.costs else None

    def with_folds(self, folds: int) -> Self:
        """Return the config with the number of folds that the rows allow."""
        if folds == self.cross_validation.folds:
            return self
        return self.model_copy(update={"cross_validation": self.cross_validation.model_copy(update={"folds": folds})})

    def at(self, second: int | None) -> Self:
        """Return the config with the `batch` of synthetic rows and the `until` of a query, if they are empty."""
        dataset = self.dataset.at(second)
        if second is not None and dataset.source == "synthetic" and dataset.batch is None:
            dataset = dataset.model_copy(update={"batch": second})
        return self.model_copy(update={"dataset": dataset})
