"""The fields of a version's config that are read again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """The fields of the config's `dataset` that are read."""

    source: str = "synthetic"
    flip_y: float = 0.0
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class SplitSettings:
    """The fields of the config's `split` that are read."""

    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class FoldSettings:
    """The fields of the config's `cross_validation` that are read."""

    repeats: int = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of a version's config that Bakeoff reads again, with defaults for older versions."""

    store: str = "models"
    dataset: DatasetSettings = DatasetSettings()
    split: SplitSettings = SplitSettings()
    cross_validation: FoldSettings = FoldSettings()
