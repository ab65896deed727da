"""What is known of an error outlives its way between processes."""

import errno
import pickle

import pytest

from bakeoff import errors
from bakeoff.errors import BakeoffError, StepLostError, WriteError, disk_failed, may_pass
from bakeoff.runtime.processes import run_in_process

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BakeoffError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_the_same_in_another_process(kind):
    error = kind("why")
    assert (kind, "why") == (type(again := pickle.loads(pickle.dumps(error))), str(again))


def test_a_lost_step_says_whose_it_was():
    assert "svm: gone; what was finished is kept: start the run again" == str(StepLostError.of("svm", "gone"))


@pytest.mark.parametrize(
    ("code", "passes", "is_disk"),
    [(errno.ENOSPC, True, True), (errno.ECONNRESET, True, False), (errno.EROFS, False, False)],
)
def test_the_systems_error_below_is_known_elsewhere(code, passes, is_disk):
    """A pickled error loses its causes."""
    with pytest.raises(WriteError) as failed:
        run_in_process("tests.support.steps:fail_wrapped", code)
    assert (passes, is_disk) == (may_pass(failed.value), disk_failed(failed.value))
