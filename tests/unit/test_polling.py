"""Polling for a result: pauses, their growth, and the last attempt at the deadline; no real time passes."""

from __future__ import annotations

import pytest

from gateway_kit.common.polling import patient_s, poll_until


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_the_first_accepted_result_ends_the_wait():
    clock = Clock()
    results = iter([0, 1, 5])
    assert poll_until(
        lambda: next(results), lambda n: n > 2, timeout_s=9, clock=clock, sleep=clock.sleep
    ) == (5, True)
    assert clock.pauses == [0.2, 0.2]


def test_the_last_attempt_is_at_the_deadline():
    clock = Clock()
    looks: list[float] = []
    result = poll_until(lambda: looks.append(clock.now), timeout_s=0.5, clock=clock, sleep=clock.sleep)
    assert result == (None, False)
    assert looks == [0.0, 0.2, 0.4, 0.5]


def test_pauses_grow_up_to_the_maximum():
    clock = Clock()
    poll_until(
        lambda: False,
        timeout_s=10,
        pause_s=1,
        growth=2,
        longest_pause_s=3,
        clock=clock,
        sleep=clock.sleep,
    )
    assert clock.pauses == [1, 2, 3, 3, 1]


def test_with_no_time_there_is_one_attempt():
    looks: list[int] = []
    assert poll_until(lambda: looks.append(1), timeout_s=0) == (None, False)
    assert looks == [1]


def test_a_slow_machine_is_waited_for_so_many_times_as_long(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_PATIENCE", "3")
    clock = Clock()
    assert poll_until(lambda: False, timeout_s=2, pause_s=1, clock=clock, sleep=clock.sleep) == (False, False)
    assert clock.now == patient_s(2) == 6


def test_a_time_that_the_user_chose_is_kept_on_a_slow_machine_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GATEWAY_PATIENCE", "3")
    clock = Clock()
    poll_until(lambda: False, timeout_s=2, exactly=True, clock=clock, sleep=clock.sleep)
    assert clock.now == 2
