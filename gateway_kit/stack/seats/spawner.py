"""Starting a seat: its own stack first, then its JupyterLab; and ending both."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Unicode

from gateway_kit.common.processes import birth, runs
from gateway_kit.errors import KitError
from gateway_kit.stack.lab import FIRST_PAGE
from gateway_kit.stack.seats.options import ServeOptions, read_options
from gateway_kit.stack.seats.place import Place, find_place, make_place
from gateway_kit.stack.seats.running import ended_services
from gateway_kit.stack.seats.signing_in import FACILITATOR
from gateway_kit.stack.seats.starts import STARTS_AT_ONCE, seat_program, seat_up
from gateway_kit.workshop.membership import join_code
from gateway_kit.workshop.record import load

# What ends again and again, or cannot start, must not keep a core busy.
HEAL_PAUSE_S, FAILED_PAUSE_S = 15.0, 60.0


class SeatError(KitError):
    """A seat did not start; the page of its start shows the sentence."""

    def __init__(self, sentence: str) -> None:
        self.jupyterhub_message = sentence
        super().__init__(sentence)


class SeatSpawner(LocalProcessSpawner):  # type: ignore[misc]  # JupyterHub has no types
    """A seat's server is a JupyterLab of its own on a stack of its own, which goes down with it and keeps its data.

    What ends of a running seat's stack is started again within seconds.
    """

    workshop = Unicode(help="The workshop's folder.").tag(config=True)

    _starts: ClassVar = asyncio.Semaphore(STARTS_AT_ONCE)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._lines: list[str] = []
        self._born = ""
        self._healing: asyncio.Task[None] | None = None
        self._heal_from = 0.0
        self.default_url = FIRST_PAGE

    @property
    def place(self) -> Place:
        """The seat's place. Raises SeatError for a user that has none."""
        folder = Path(self.workshop)
        if self.user.name == FACILITATOR:
            raise SeatError("The facilitator has no seat. The page Admin starts, stops and opens the seats")
        try:
            load(folder).seat(self.user.name)
            return find_place(folder, self.user.name, read_options(folder) or ServeOptions())
        except KitError as exc:
            raise SeatError(str(exc)) from exc

    async def start(self) -> Any:
        """Bring the seat's stack up, then its JupyterLab; its address."""
        place = self.place
        make_place(place)
        self._lines = []
        if self._starts.locked():
            self._lines.append("Other seats are starting; this one is next or soon.")
        async with self._starts:
            self._lines.append("Starting this seat's own gateway, which takes up to a minute.")
            await self._bring_up(place)
        self._lines.append("Opening JupyterLab.")
        self.port = place.port("lab")
        self.cmd = seat_program("seat_lab")
        with self._log(place) as log:
            self.popen_kwargs = {**place.process(), "stdout": log, "stderr": log, "stdin": DEVNULL}
            address = await super().start()
        self._born = birth(self.pid)
        return address

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The lines of the start, each once; the bar fills with them."""
        shown = 0
        while True:
            for line in self._lines[shown:]:
                shown += 1
                yield {"progress": min(95, 5 * shown), "message": line}
            await asyncio.sleep(0.2)

    async def poll(self) -> int | None:
        """None while the seat's JupyterLab runs; on the way, what has ended of its stack is started again."""
        # A process id is used again, after a reboot for one.
        if self.proc is None and self.pid and self._born and not runs(self.pid, self._born):
            self.clear_state()
            return 0
        status: int | None = await super().poll()
        if status is None and self.ready and time.monotonic() >= self._heal_from:
            place = self.place
            if ended := ended_services(place.home):
                self.log.warning("%s: %s ended, starting again", place.seat, ", ".join(ended))
                self._heal_from = math.inf  # not while it is at it
                self._healing = asyncio.ensure_future(self._heal(place))
        return status

    async def stop(self, now: bool = False) -> None:
        """End the seat's JupyterLab, then its stack; data and copies stay."""
        await super().stop(now)
        if self._healing is not None:
            self._healing.cancel()
        try:
            place = self.place
        except SeatError:  # the facilitator's, which never started
            return
        if place.home.is_dir():
            down = await self._program(place, str(Path(sys.executable).parent / "gateway-kit"), "down")
            await down.communicate()

    def make_preexec_fn(self, name: str) -> None:
        """Nothing: the process starts as the seat's user by what `Place.process` says."""

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The hub's own variables and those of the seat; nothing of the facilitator's."""
        return {**env, **self.place.environ()}

    def get_state(self) -> dict[str, Any]:
        """What a hub that is started again needs to find the seat's JupyterLab."""
        return {**super().get_state(), "born": self._born}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `get_state` kept."""
        super().load_state(state)
        self._born = state.get("born", "")

    async def _bring_up(self, place: Place) -> None:
        """Run the seat's `seat_up`, its lines being the progress. Raises SeatError with its sentence."""
        code = join_code(load(Path(self.workshop)), place.seat)
        up = await self._program(place, *seat_up(place))
        assert up.stdin is not None and up.stdout is not None and up.stderr is not None  # noqa: S101, PT018
        up.stdin.write(code.encode())
        up.stdin.close()
        sentence = asyncio.ensure_future(up.stderr.read())
        try:
            async for line in up.stdout:
                self._lines.append(line.decode(errors="replace").strip())
            status = await up.wait()
        except asyncio.CancelledError:
            up.terminate()
            raise
        if status != 0:
            said = (await sentence).decode(errors="replace").strip()
            raise SeatError(said or f"The seat's stack did not start: its program ended with {status}")

    async def _heal(self, place: Place) -> None:
        pause_s = HEAL_PAUSE_S
        try:
            async with self._starts:
                await self._bring_up(place)
        except SeatError as exc:
            self.log.error("%s did not come up again: %s", place.seat, exc)
            pause_s = FAILED_PAUSE_S
        finally:
            self._heal_from = time.monotonic() + pause_s

    async def _program(self, place: Place, *argv: str) -> Process:
        return await asyncio.create_subprocess_exec(
            *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=place.environ(), **place.process()
        )

    def _log(self, place: Place) -> Any:
        """Where the seat's JupyterLab writes: beside the hub's log, so that the facilitator finds it."""
        path = Path(self.workshop) / "hub" / "logs" / f"{place.seat}.log"
        return open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab")
