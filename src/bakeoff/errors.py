"""What can go wrong, each error with its own sentence and exit status."""

from bakeoff.formatting import one_line


class BakeoffError(Exception):
    """Anything that Bakeoff itself refuses or fails at; its text is one line that a person can act on."""

    exit_status = 1

    def __str__(self) -> str:
        """In one line, whatever names from a table, a config or a store are quoted in it."""
        return one_line(super().__str__())


class UserError(BakeoffError):
    """The config, the input or the command is wrong: nothing was written, and changing it is the way out."""

    exit_status = 2


class ConfigError(UserError):
    """A setting is unknown, out of bounds, or contradicts another."""


class DataError(UserError):
    """The rows can't be used as they are."""


class StoreError(UserError):
    """The store can't be written, or doesn't hold what was asked for."""


class ChampionChangedError(StoreError):
    """Somebody made another version the champion meanwhile."""


class IntegrityError(BakeoffError):
    """A file of the store is not what its card says."""


class ReadError(BakeoffError):
    """The system did not let a file be read, which says nothing of what is in it."""


class WriteError(BakeoffError):
    """The disk refused a write; what was there before is there still."""


class PromotionError(BakeoffError):
    """A version was exported, and whether it is to be champion could not be decided."""


class TrainingError(BakeoffError):
    """No contestant could be trained."""


class OutOfTimeError(TrainingError):
    """A step was not done when the race's time was over."""


class UnscoredError(BakeoffError):
    """No row of a table could be scored; what was wrong with each stands in the output folder."""


def describe(error: BaseException) -> str:
    """The error in one line: Bakeoff's own sentences as they are, others with the name of their type."""
    return str(error) if isinstance(error, BakeoffError) else one_line(f"{type(error).__name__}: {error}")
