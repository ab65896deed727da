"""The config of the demonstration."""

from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, model_validator

from bakeoff.config.base import Count, LocalPath, Part, Seed


class DemoConfig(Part):
    """A stream of synthetic days, of which all from one on have drifted."""

    model_config = ConfigDict(title="Demonstration")

    folder: LocalPath = Field(
        default=Path(".bakeoff/demo"), description="The folder that gets a folder for each demonstration."
    )
    days: Count = Field(default=14, ge=2, le=60, description="How many days.")
    drift_day: Count = Field(default=8, ge=2, le=60, description="The first day whose rows have drifted.")
    rows: Count = Field(default=2000, ge=500, le=100_000, description="Rows a day.")
    random_state: Seed = Field(default=42, description="The seed of the rows.")

    @model_validator(mode="after")
    def _drift_within_the_days(self) -> Self:
        if self.drift_day > self.days:
            raise ValueError(f"drift_day ({self.drift_day}) is after the last of the {self.days} days")
        return self
