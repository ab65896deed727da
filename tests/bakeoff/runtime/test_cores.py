"""Steps share the cores: the fast ones first, and none is kept out by one that has outrun its prediction."""

import itertools
import signal
import threading
import time
from pathlib import Path

import pytest

from bakeoff.errors import OutOfTimeError
from bakeoff.runtime.cores import Cores, Expectation
from bakeoff.runtime.processes import run_in_process
from bakeoff.runtime.threads import cpu_count
from bakeoff.runtime.workers import start_fork_server
from tests.bakeoff.runtime.test_processes import STEPS, wait_until_gone


class Machine:
    """Some cores, a clock, and the signals that processes got."""

    def __init__(self, cores):
        self.now, self.signals = 0.0, []
        self.cores = Cores(cores, lambda: self.now, lambda process, number: self.signals.append((process, number)))
        self._processes = itertools.count(1)

    def claim(self, group=None, seconds=0.0):
        """A step's claim, with a process."""
        claim = self.cores.claim(None if group is None else Expectation(group, seconds))
        self.cores.attach(claim, next(self._processes))
        return claim

    def pass_seconds(self, seconds):
        """Let time pass, and a step look."""
        self.now += seconds
        with self.cores._changed:
            self.cores._assign()


def running(*claims):
    return [claim.since is not None for claim in claims]


@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_step_that_is_expected_to_be_fastest_is_first(number):
    """The earlier one of equals; one without expectation before all others."""
    machine = Machine(number)
    held = [machine.claim("held", 0.1) for _ in range(number)]
    slow, fast, fast_too, plain = (machine.claim("a", 9), machine.claim("b", 2), machine.claim("c", 2), machine.claim())
    order = []
    for _ in range(4):
        machine.cores.release(held.pop())
        began = [claim for claim in (slow, fast, fast_too, plain) if claim.since is not None and claim not in order]
        order += began
        held.append(began[0])
    assert [plain, fast, fast_too, slow] == order
    assert [] == machine.signals


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_step_that_has_outrun_its_expectation_makes_way_for_a_faster_one(number):
    """Also where all cores are held by such steps; it goes on when no step goes before it, and nothing is lost."""
    machine = Machine(number)
    slow = [machine.claim("slow", 1) for _ in range(number + 2)]
    fast = machine.claim("fast", 3)
    assert [True] * number + [False] * 3 == running(*slow, fast)
    machine.pass_seconds(5.9)  # outrun, but not yet twice as long as the other one would take
    assert [True] * number + [False] * 3 == running(*slow, fast)
    machine.pass_seconds(0.1)
    assert running(fast) == [True]
    assert number - 1 == sum(running(*slow))
    assert [(1, signal.SIGSTOP)] == machine.signals
    machine.cores.release(fast)
    assert [True] * number + [False] * 2 == running(*slow)
    assert [(1, signal.SIGSTOP), (1, signal.SIGCONT)] == machine.signals
    machine.pass_seconds(1)
    assert [7.0] * number == [claim.ran + machine.now - claim.since for claim in slow[:number]][:1] * number


def test_a_step_that_keeps_to_its_expectation_is_not_paused():
    """However fast the one that waits; and none is that was given no expectation."""
    machine = Machine(1)
    step, fast = machine.claim("a", 100), machine.claim("b", 1)
    machine.pass_seconds(199)
    assert [True, False] == running(step, fast)
    machine.pass_seconds(1)
    assert [False, True] == running(step, fast)
    machine.cores.release(step)
    machine.cores.release(fast)
    plain, fast = machine.claim(), machine.claim("b", 1)
    machine.pass_seconds(1e6)
    assert [True, False] == running(plain, fast)


def test_what_one_step_has_taken_is_expected_of_its_group():
    """The other folds of a contestant that has outrun its prediction don't get the same chance again."""
    machine = Machine(1)
    first, second, other = machine.claim("slow", 1), machine.claim("slow", 1), machine.claim("other", 5)
    machine.pass_seconds(10)
    assert [False, False, True] == running(first, second, other)
    later = machine.claim("other", 5)
    machine.cores.release(other)
    assert [False, False, True] == running(first, second, later)
    machine.cores.release(later)
    assert [True, False] == running(first, second)


def test_two_that_have_outrun_their_expectations_take_turns():
    """Each time for twice as long, so none holds the core for ever and they seldom change."""
    machine = Machine(1)
    steps = machine.claim("a", 1), machine.claim("b", 1)
    changes = 0
    for _ in range(1_000):
        before = running(*steps)
        machine.pass_seconds(1)
        changes += before != running(*steps)
        assert 1 == sum(running(*steps))
    assert 5 <= changes <= 10


def test_a_process_that_may_take_another_step_goes_on_and_is_not_paused_any_more():
    machine = Machine(1)
    slow, fast = machine.claim("slow", 1), machine.claim("fast", 1)
    machine.pass_seconds(2)
    assert [False, True] == running(slow, fast)
    machine.cores.detach(slow)
    assert [(1, signal.SIGSTOP), (1, signal.SIGCONT)] == machine.signals
    machine.cores.release(slow)
    machine.cores.release(fast)
    assert 2 == len(machine.signals)


def test_a_step_without_a_core_by_its_deadline_is_out_of_time():
    machine = Machine(1)
    machine.claim()
    with pytest.raises(OutOfTimeError), machine.cores.hold(deadline=time.time() + 0.05):
        raise AssertionError
    with pytest.raises(OutOfTimeError), Machine(1).cores.hold(deadline=time.time()):
        raise AssertionError


def test_fast_steps_end_while_slow_ones_hold_all_cores(tmp_path):
    """Real processes: the slow ones are paused and, at their deadline, ended; nothing waits for them."""
    server = start_fork_server()
    run_in_process(f"{STEPS}:double", 1)  # what the server may still have to import is no step's time
    deadline = time.time() + 10
    ended = []

    def run_slow(number):
        with pytest.raises(OutOfTimeError):
            run_in_process(
                f"{STEPS}:sleep", tmp_path / str(number), 600, deadline=deadline, expected=Expectation("slow", 0)
            )
        ended.append("slow")

    slow = [threading.Thread(target=run_slow, args=(number,)) for number in range(cpu_count() + 1)]
    for thread in slow:
        thread.start()
    while sum(path.stat().st_size > 0 for path in tmp_path.iterdir()) < cpu_count():
        assert time.time() < deadline, "the slow steps did not begin"
        time.sleep(0.02)
    for _ in range(3):
        run_in_process(f"{STEPS}:double", 1, deadline=deadline, expected=Expectation("fast", 0.1))
        ended.append("fast")
    assert ["fast"] * 3 == ended
    for thread in slow:
        thread.join()
    for path in tmp_path.iterdir():
        wait_until_gone(Path("/proc", path.read_text()))
    assert [] == server.cores._running == server.cores._waiting
