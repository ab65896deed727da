"""The exceptions of Bakeoff, with their exit statuses."""

import errno
from typing import Self

from bakeoff.formatting import one_line

# What a disk or server may recover from.
PASSING = {
    errno.EBUSY,
    errno.ECONNABORTED,
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EDQUOT,
    errno.EHOSTUNREACH,
    errno.EIO,
    errno.ENETUNREACH,
    errno.ENOSPC,
    errno.EPIPE,
    errno.ESTALE,
    errno.ETIMEDOUT,
}
DISK = {errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.ESTALE}
LASTING = {
    errno.EACCES,
    errno.EFBIG,
    errno.EINVAL,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOSYS,
    errno.EPERM,
    errno.EROFS,
}


class BakeoffError(Exception):
    """Base class of Bakeoff's errors; the message is one line that tells the user what is wrong and what to do."""

    exit_status = 1
    errno: int | None = None  # of the system's error that caused this one, in another process

    def __str__(self) -> str:
        """Return the message in one line, even if names that it quotes contain line ends."""
        return one_line(super().__str__())


class UserError(BakeoffError):
    """The config, the input or the command is wrong; nothing was written."""

    exit_status = 2


class ConfigError(UserError):
    """A setting or argument is unknown, out of bounds, or contradicts another."""


class AwayError(ConfigError):
    """What a setting names doesn't answer: the setting is wrong, or what it names is away for a while."""


class DataError(UserError):
    """The rows can't be used as they are."""


class StoreError(UserError):
    """The store can't be written, or doesn't contain the requested model or version."""


class ChampionChangedError(StoreError):
    """Another version became champion in the meantime."""


class IntegrityError(BakeoffError):
    """A file of the store doesn't match its card."""


class ReadError(BakeoffError):
    """A file could not be read because of the system, so its content is unknown."""


class WriteError(BakeoffError):
    """A file could not be written; the files that existed before are unchanged."""


class PromotionError(BakeoffError):
    """A version was exported, but could not be compared with the champion."""


class ClusterError(BakeoffError):
    """A cluster has lost what it was to do; what it had done before is kept."""


class StepLostError(BakeoffError):
    """A step has no result for no fault of its own: its disk failed, or the server of its process, or its cluster."""

    @classmethod
    def of(cls, contestant: str, reason: str) -> Self:
        """Make the error of a contestant's step."""
        return cls(f"{contestant}: {reason}; what was finished is kept: start the run again")


class TrainingError(BakeoffError):
    """No contestant could be trained."""


class ProcessEndedError(TrainingError):
    """The process of a step ended before the step was done, perhaps for want of memory."""


class OutOfTimeError(TrainingError):
    """A step exceeded the time budget of the race."""


class DriftError(BakeoffError):
    """Rows have moved further from the training rows than the config allows; the predictions were published."""


class UnscoredError(BakeoffError):
    """No row of a table could be scored; the output folder contains the reasons."""


def may_pass(error: BaseException | None) -> bool:
    """Return whether the same may succeed later: the disk, a server or the cluster failed, and no input is at fault.

    Of Bakeoff's errors the outermost decides, unless the system's own error below it says that it lasts.
    """
    outermost, code = _outermost(error), _code(error)
    if isinstance(outermost, AwayError | ClusterError | ProcessEndedError | StepLostError):
        return True
    if isinstance(outermost, ReadError | WriteError):
        return code not in LASTING
    return not isinstance(outermost, UserError) and code in PASSING


def disk_failed(error: BaseException | None) -> bool:
    """Return whether a disk was full or broken, so that the error says nothing about who wrote to it."""
    return _code(error) in DISK


def step_lost(error: BaseException | None) -> bool:
    """Return whether the error of a step says nothing about the step, so that another attempt is fair."""
    return isinstance(error, StepLostError) or disk_failed(error)


def keep_code(error: BaseException) -> None:
    """Give an error the code of the system's error below it, since an error that is pickled loses its causes."""
    if isinstance(error, BakeoffError):
        error.errno = _code(error)


def _code(error: BaseException | None) -> int | None:
    """Return the first code of the system's errors among an error and its causes."""
    while error is not None:
        code = getattr(error, "errno", None)
        if isinstance(code, int):
            return code
        error = error.__cause__
    return None


def _outermost(error: BaseException | None) -> BaseException | None:
    """Return the first of Bakeoff's errors among an error and its causes."""
    while error is not None and not isinstance(error, BakeoffError):
        error = error.__cause__
    return error


def describe(error: BaseException) -> str:
    """Describe an error in one line; errors that are not Bakeoff's get the name of their type in front."""
    return str(error) if isinstance(error, BakeoffError) else one_line(f"{type(error).__name__}: {error}")
