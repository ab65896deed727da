"""Where rows come from, so that a later run can tell which of its rows a model has been trained on."""

from dataclasses import dataclass

from bakeoff.config import DatasetConfig

FILE = "file"


@dataclass(frozen=True)
class Origin:
    """Rows of one source and batch are told apart by their position.

    Attributes:
        source: `synthetic:` and the population's digest, `bundled:` and the table's name, or `file`. Files are told
            apart by what is in them, since they are renamed, moved and added to.
        batch: of synthetic rows; else 0.
        order: what changes the order of the rows, and nothing of what they are.
    """

    source: str
    batch: int
    order: str = ""

    @property
    def has_fixed_positions(self) -> bool:
        """Whether the row at a position is always the same."""
        return self.source != FILE


def origin_of(config: DatasetConfig) -> Origin:
    """The origin of the rows that the config names."""
    if config.source == "synthetic":
        from bakeoff.data.synthetic import population_digest

        return Origin(f"synthetic:{population_digest(config)}", config.batch or 0, f"flip_y {config.flip_y}")
    return Origin(FILE if config.source == "file" else f"bundled:{config.bundled}", 0)
