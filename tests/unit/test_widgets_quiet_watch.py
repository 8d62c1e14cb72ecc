from __future__ import annotations

from gateway_kit.widgets.quiet_watch import LIVELY_S, QUIET_EVERY_S, QuietWatch


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def looks(watch: QuietWatch, clock: Clock, seen: object, *, for_s: float) -> int:
    """How many close looks are due at ticks every 2 s."""
    due = 0
    for _ in range(int(for_s / 2)):
        clock.now += 2
        due += watch.is_due(seen)
    return due


def test_it_looks_at_each_tick_after_a_change_and_seldom_once_nothing_happens():
    clock = Clock()
    watch = QuietWatch(clock)
    assert watch.is_due("a")
    assert looks(watch, clock, "a", for_s=LIVELY_S - 2) == (LIVELY_S - 2) / 2
    assert looks(watch, clock, "a", for_s=20 * QUIET_EVERY_S) == 20
    assert watch.is_due("b"), "a change is looked at, at once"
    assert looks(watch, clock, "b", for_s=LIVELY_S - 2) == (LIVELY_S - 2) / 2
    assert looks(watch, clock, "b", for_s=10 * QUIET_EVERY_S) == 10


def test_the_same_as_before_the_last_change_is_a_change_too():
    clock = Clock()
    watch = QuietWatch(clock)
    looks(watch, clock, "a", for_s=2 * LIVELY_S)
    looks(watch, clock, "b", for_s=2 * LIVELY_S)
    assert watch.is_due("a")
