"""One value is remembered, for one key."""

import threading
import weakref

import pytest

from bakeoff.runtime.one_slot import OneSlot


class Value:
    """Something that a weak reference may follow."""


def test_a_value_is_made_once_for_a_key():
    """Another key's takes its place; what is forgotten is made again."""
    made = []
    slot = OneSlot()

    def make():
        made.append(len(made))
        return made[-1]

    assert [0, 0, 1, 2] == [slot.get(key, make) for key in ("a", "a", "b", "a")]
    slot.forget()
    assert 3 == slot.get("a", make)


def test_the_old_value_is_let_go_before_the_new_one_is_made():
    """Memory holds one of them at most."""
    slot = OneSlot()
    old = weakref.ref(slot.get("a", Value))
    assert old() is not None
    assert slot.get("b", lambda: old() is None)


def test_a_value_that_cannot_be_made_is_not_remembered():
    """Nor is the one before it."""
    slot = OneSlot()
    slot.get("a", lambda: 1)
    with pytest.raises(ZeroDivisionError):
        slot.get("b", lambda: 1 // 0)
    assert 2 == slot.get("a", lambda: 2)


def test_threads_that_ask_at_once_get_one_value():
    """One of them makes it, the others wait."""
    slot, found = OneSlot(), []

    def make():
        second.start()
        second.join(0.05)  # it waits for this one
        return object()

    second = threading.Thread(target=lambda: found.append(slot.get("a", object)))
    found.append(slot.get("a", make))
    second.join()
    assert found[0] is found[1]
