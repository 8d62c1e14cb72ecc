"""When the hub starts a seat's services again, and when it leaves them alone."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.spawner import LocalProcessSpawner

from gateway_kit.common.processes import birth
from gateway_kit.stack.seats import spawner as module
from gateway_kit.stack.seats.options import ServeOptions
from gateway_kit.stack.seats.place import Place, find_place
from gateway_kit.stack.seats.spawner import FAILED_PAUSE_S, HEAL_PAUSE_S, SeatError, SeatSpawner


class Hub:
    """A seat's spawner whose JupyterLab runs, whose stack is a list, and whose clock is set by hand."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.ended, self.starts, self.fails = 1000.0, list[str](), 0, False
        self.go_on = asyncio.Event()
        self.go_on.set()
        hub = self

        class Spawner(SeatSpawner):
            ready = True

            @property
            def place(self) -> Place:
                return find_place(folder, "seat-01", ServeOptions())

            async def _bring_up(self, place: Place) -> None:
                hub.starts += 1
                await hub.go_on.wait()
                if hub.fails:
                    raise SeatError("The disk is full")
                hub.ended = []

        async def lives(_: Any) -> None:
            return None

        monkeypatch.setattr(LocalProcessSpawner, "poll", lives)
        monkeypatch.setattr(module, "ended_services", lambda _: self.ended)
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))
        self.spawner = Spawner(workshop=str(folder), user=SimpleNamespace(name="seat-01", id=1))

    async def look(self, after_s: float = 0) -> int | None:
        self.now += after_s
        status = await self.spawner.poll()
        for _ in range(5):
            await asyncio.sleep(0)
        return status


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    return Hub(tmp_path, monkeypatch)


async def test_what_ended_is_started_once_and_only_while_the_seat_runs(hub: Hub):
    await hub.look()
    assert hub.starts == 0
    hub.ended = ["gateway"]
    hub.spawner.ready = False
    await hub.look(5)
    assert hub.starts == 0
    hub.spawner.ready = True
    hub.go_on.clear()
    for _ in range(3):
        assert await hub.look(5) is None
    assert hub.starts == 1  # it is at it
    hub.go_on.set()
    await hub.look(5)
    assert (hub.starts, hub.ended) == (1, [])


async def test_what_ends_again_and_again_or_cannot_start_keeps_no_core_busy(hub: Hub):
    hub.ended = ["redis"]
    await hub.look()
    hub.ended = ["redis"]
    await hub.look(HEAL_PAUSE_S - 1)
    assert hub.starts == 1
    hub.fails = True
    await hub.look(1)
    assert hub.starts == 2
    await hub.look(FAILED_PAUSE_S - 1)
    assert hub.starts == 2
    await hub.look(1)
    assert hub.starts == 3


async def test_a_process_of_another_time_is_not_taken_for_the_seats(hub: Hub):
    hub.spawner.load_state({"pid": os.getpid(), "born": birth(os.getpid())})
    assert await hub.look() is None
    hub.spawner.load_state({"pid": os.getpid(), "born": "before the last boot/1"})
    assert await hub.look() == 0
    assert hub.spawner.pid == 0


async def test_the_facilitator_has_no_seat_and_says_so(tmp_path: Path):
    spawner = SeatSpawner(workshop=str(tmp_path), user=SimpleNamespace(name="facilitator", id=1))
    with pytest.raises(SeatError, match="has no seat") as refused:
        await spawner.start()
    assert "Admin" in refused.value.jupyterhub_message
    await spawner.stop()  # the hub does that after a failed start
