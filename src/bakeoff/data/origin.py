"""The origin of rows, by which a later run recognizes the rows that a model was trained on."""

from dataclasses import dataclass

from bakeoff.config import DatasetConfig

FILE = "file"


@dataclass(frozen=True)
class Origin:
    """The source and batch of rows.

    Attributes:
        source: `synthetic:` and the population's digest, `bundled:` and the table's name, or `file`. All files and
            queries have the same source: they may be renamed, moved and appended to, so their rows are compared by
            contents.
        batch: the batch of synthetic rows; else 0.
        order: the settings that change only the order of the rows; positions are comparable if they are equal.
    """

    source: str
    batch: int
    order: str = ""

    @property
    def has_fixed_positions(self) -> bool:
        """Whether the same row is at a position in every run; not so in files, which change."""
        return self.source != FILE


def origin_of(config: DatasetConfig) -> Origin:
    """Return the origin of the rows that the config names."""
    if config.source == "synthetic":
        from bakeoff.data.synthetic import population_digest

        return Origin(f"synthetic:{population_digest(config)}", config.batch or 0, f"flip_y {config.flip_y}")
    return Origin(FILE if config.is_table else f"bundled:{config.bundled}", 0)
