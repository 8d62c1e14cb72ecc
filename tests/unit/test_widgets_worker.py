"""The thread behind a panel: order, turns, waking, waiting, and its end."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from gateway_kit.widgets.worker import Worker

PATIENCE_S = 20.0


def own_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gateway-kit")]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    assert own_threads() == []


def hold(gate: threading.Event) -> None:
    assert gate.wait(PATIENCE_S)


class Clockwork:
    """Counts its ticks, and says when there were enough."""

    def __init__(self) -> None:
        self.ticks = 0
        self.turned = threading.Semaphore(0)

    def tick(self) -> None:
        self.ticks += 1
        self.turned.release()


def test_jobs_are_done_one_after_another_in_their_order() -> None:
    worker, done, gate = Worker("test"), [], threading.Event()
    worker.submit(lambda: done.append(gate.wait(PATIENCE_S)))
    for number in range(5):
        worker.submit(lambda number=number: done.append(number))
    assert not worker.wait(0.0), "the first one waits for the gate"
    gate.set()
    assert worker.wait(PATIENCE_S)
    assert done == [True, 0, 1, 2, 3, 4]
    assert worker.close()


def test_the_thread_starts_with_the_first_job() -> None:
    worker = Worker("test")
    assert not worker.alive
    assert worker.wait(0.0)
    assert worker.close()


def test_ticks_come_at_once_and_at_intervals() -> None:
    clockwork = Clockwork()
    worker = Worker("test", tick=clockwork.tick, every_s=0.01)
    worker.start()
    for _ in range(3):
        assert clockwork.turned.acquire(timeout=PATIENCE_S)
    assert worker.close()
    ticks = clockwork.ticks
    assert ticks >= 3
    worker.wake()
    assert clockwork.ticks == ticks, "closed is closed"
    assert own_threads() == []


def test_a_wake_ticks_early_and_many_wakes_tick_once() -> None:
    clockwork, gate = Clockwork(), threading.Event()
    worker = Worker("test", tick=clockwork.tick, every_s=3600)
    worker.start()
    assert clockwork.turned.acquire(timeout=PATIENCE_S)
    worker.submit(lambda: hold(gate))
    for _ in range(10):
        worker.wake()
    gate.set()
    assert worker.wait(PATIENCE_S)
    assert clockwork.ticks == 2
    assert worker.close()


def test_closing_drops_queued_jobs() -> None:
    worker, gate, begun, done = Worker("test"), threading.Event(), threading.Event(), []
    worker.submit(lambda: begun.set() or hold(gate))
    worker.submit(lambda: done.append("never"))
    assert begun.wait(PATIENCE_S)
    assert not worker.close(timeout_s=0.0), "its job takes longer"
    gate.set()
    assert worker.close()
    worker.submit(lambda: done.append("never either"))
    assert done == []


def test_a_job_may_close_its_own_worker() -> None:
    worker, answers = Worker("test"), []
    worker.submit(lambda: answers.append(worker.close()))
    assert worker.wait(PATIENCE_S)
    assert answers == [True]
    assert worker.close()


def test_a_deleted_panel_leaves_no_thread() -> None:
    clockwork = Clockwork()
    worker = Worker("test", tick=clockwork.tick, every_s=0.01)
    worker.start()
    assert clockwork.turned.acquire(timeout=PATIENCE_S)
    thread = next(t for t in threading.enumerate() if t.name == "gateway-kit test")
    del clockwork, worker
    gc.collect()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_the_interpreter_ends_without_waiting_for_a_worker() -> None:
    worker, gate = Worker("test"), threading.Event()
    worker.submit(lambda: hold(gate))
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("gateway-kit"))
    gate.set()
    assert worker.close()
