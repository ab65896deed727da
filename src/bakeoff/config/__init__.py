"""Every parameter of both flows, with its default, bounds and description."""

from bakeoff.config.dask import DaskConfig
from bakeoff.config.prediction import PredictionConfig
from bakeoff.config.race import (
    CrossValidationConfig,
    PromotionConfig,
    SelectionConfig,
    SplitConfig,
    SVMConfig,
)
from bakeoff.config.rows.dataset import DatasetConfig
from bakeoff.config.search import SearchConfig
from bakeoff.config.signing import SigningConfig, VerifyingConfig
from bakeoff.config.training import TrainingConfig

__all__ = [
    "CrossValidationConfig",
    "DaskConfig",
    "DatasetConfig",
    "PredictionConfig",
    "PromotionConfig",
    "SVMConfig",
    "SearchConfig",
    "SelectionConfig",
    "SigningConfig",
    "SplitConfig",
    "TrainingConfig",
    "VerifyingConfig",
]
